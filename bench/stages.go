package bench

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"ipcbench/bench/internal/meter"
	"ipcbench/results"
	"ipcbench/transports"
)

// A timed transport makes its links stage by stage, each of which is timed.
type timed struct {
	transports.Transport
	stages *meter.Stages
}

func (t timed) Create(s transports.Spec) (transports.Link, error) {
	runtime.LockOSThread() // whose faults are counted
	defer runtime.UnlockOSThread()
	link, err := t.Transport.Create(t.stages.Watch(s, transports.Creating))
	t.stages.End()
	if err != nil {
		return nil, err
	}
	return &timedLink{Link: link, stages: t.stages}, nil
}

// A timedLink is one whose first Close is timed: the later ones find nothing to do.
type timedLink struct {
	transports.Link
	stages *meter.Stages
	closed bool
}

func (l *timedLink) Close() error {
	if l.closed {
		return l.Link.Close()
	}
	l.closed = true
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	l.stages.Begin(results.ReleaseStage)
	defer l.stages.End()
	return l.Link.Close()
}

// openTurn makes what the ends lock in turn while they open: two that fault in the
// same pages at once wait for each other, and on one CPU each has the time of both.
func (l *launch) openTurn() error {
	fd, err := unix.MemfdCreate("ipcbench-turn", unix.MFD_CLOEXEC)
	if err != nil {
		return fmt.Errorf("make what the ends open in turn by (memfd_create): %w: allow it in the sandbox (seccomp)", err)
	}
	l.turn = os.NewFile(uintptr(fd), "memfd")
	return nil
}

// nameOf is a name that the workers can open a file of the driver's by, "" of none.
func nameOf(f *os.File) string {
	if f == nil {
		return ""
	}
	return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), f.Fd())
}

// takeTurn waits until no other end opens, and returns what to close when this one
// has. It is nil where the ends take no turns.
func takeTurn(name string) (*os.File, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("open what the ends open in turn by: %w: mount /proc", err)
	}
	for err = unix.EINTR; errors.Is(err, unix.EINTR); {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock what the ends open in turn by (flock): %w", err)
	}
	return f, nil
}

package pipe

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/internal/descriptor"
	"ipcbench/transports/internal/links"
	"ipcbench/transports/internal/pipes"
	"ipcbench/transports/internal/remedy"
	"ipcbench/transports/internal/stream"
	"ipcbench/transports/internal/unbroken"
)

func init() { transports.Register(fifo{}) }

// fifo is a pair of named pipes, one in each direction. Once open it is a pipe
// with an inode of a filesystem's. See fifo(7), mkfifo(3).
type fifo struct{}

var fifoInfo = transports.Info{
	Name:    "fifo",
	Also:    []string{"named-pipe", "mkfifo"},
	Doc:     "a named pipe in each direction (mkfifo)",
	Kind:    transports.Stream,
	Group:   group,
	Caps:    transports.SeesPeerDeath | transports.NeedsDir,
	MaxSize: transports.LargestMessage,
	Options: []transports.Option{pipes.CapacityOption(), descriptor.WaitOption()},
}

func (fifo) Info() transports.Info { return fifoInfo }

func (fifo) Probe(s transports.Spec) error { return transports.ProbeSize(s) }

func (t fifo) Create(s transports.Spec) (transports.Link, error) {
	if err := t.Probe(s); err != nil {
		return nil, err
	}
	there, err := newFIFO(s)
	if err != nil {
		return nil, err
	}
	back, err := newFIFO(s)
	if err != nil {
		links.Close(there...)
		return nil, err
	}
	return pipes.Link(there, back), nil
}

// newFIFO returns the read end and the write end of a FIFO in the spec's
// directory, whose name is gone on return.
func newFIFO(s transports.Spec) ([]*os.File, error) {
	name, err := unix.BytePtrFromString(filepath.Join(s.Dir, fmt.Sprintf(".ipcbench-%x", rand.Uint64())))
	if err != nil {
		return nil, fmt.Errorf("fifo: make a FIFO in %q: %w: choose another --dir", s.Dir, err)
	}
	// What could not be removed is not made: there is none of that name yet.
	if err := unix.Unlinkat(unix.AT_FDCWD, unix.BytePtrToString(name), 0); err != unix.ENOENT {
		return nil, fmt.Errorf("fifo: make and remove a FIFO in %s (unlinkat): %w: %s", s.Dir, err, remedy.File(err, s.Dir))
	}
	here := unix.AT_FDCWD
	at, path := uintptr(here), uintptr(unsafe.Pointer(name))
	// A writer would wait for a reader, and a reader for a writer, if they were to
	// block. How an end waits later is up to Open.
	calls := []unbroken.Call{
		{Trap: unix.SYS_MKNODAT, Args: [6]uintptr{at, path, unix.S_IFIFO | 0o600}, Keep: unsafe.Pointer(name)},
		{Trap: unix.SYS_OPENAT, Args: [6]uintptr{at, path, unix.O_RDONLY | unix.O_NONBLOCK | unix.O_CLOEXEC}},
		{Trap: unix.SYS_OPENAT, Args: [6]uintptr{at, path, unix.O_WRONLY | unix.O_NONBLOCK | unix.O_CLOEXEC}},
		{Trap: unix.SYS_UNLINKAT, Args: [6]uintptr{at, path, 0}},
	}
	unbroken.Do(calls)
	if _, err := calls[0].Result(); err != nil {
		return nil, fmt.Errorf("fifo: make a FIFO in %s: %w: %s", s.Dir, err, remedy.File(err, s.Dir))
	}
	var ends []*os.File
	for i, end := range []string{"read", "write"} {
		f, failed := calls[1+i].File("a FIFO's " + end + " end")
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("fifo: open a FIFO in %s to %s: %w: %s", s.Dir, end, failed, remedy.File(failed, s.Dir)))
			continue
		}
		ends = append(ends, f)
	}
	if _, failed := calls[3].Result(); failed != nil {
		err = errors.Join(err, fmt.Errorf("fifo: remove the name of a FIFO in %s: %w", s.Dir, failed))
	}
	if err != nil {
		links.Close(ends...)
		return nil, err
	}
	return pipes.SetCapacity(s, ends)
}

func (fifo) Open(s transports.Spec, _ transports.Side, h transports.Handover) (transports.Endpoint, error) {
	return stream.Open(s, h.Files)
}

// Package peer starts this binary again as one end of a pair of processes, and
// ends it.
//
// It knows processes: descriptors to inherit, the control socket between the
// driver and a worker, deadlines, exit statuses, last words. It must not know
// what a worker does: the driver and the worker exchange values that only they
// understand.
package peer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
)

// roleEnv tells a process that it is a worker, and of which role.
const roleEnv = "IPCBENCH_WORKER"

// The descriptors of a worker after the standard three.
const (
	controlFD   = 3
	firstLinkFD = 4
)

// Options say how a worker is started.
type Options struct {
	Role string   // what Serve in the worker answers to
	Env  []string // further environment, as "NAME=value"
	// CPU, where not negative, is where every thread of the worker runs from
	// the start. A worker that pins only its measuring thread does so itself.
	CPU int
	// Trace finds out for which system call a sandbox kills the worker, where
	// MayTrace. That makes it slower: it is for one that measures nothing.
	Trace bool
}

// A Worker is a process at one end of a link, as its driver sees it.
type Worker struct {
	Side    transports.Side
	cmd     *exec.Cmd
	control *os.File
	decoder *json.Decoder
	words   lastWords
	exited  chan struct{}
	ended   time.Time // set before exited is closed, as is
	status  syscall.WaitStatus
	killed  atomic.Bool // by us

	oomKills  int64         // of the kernel, before it was started
	traced    chan struct{} // closed when it is traced no longer; nil: it never was
	forbidden string        // set by then
	looked    sync.Once
	threads   []Thread // set before killed is
}

// Start runs this binary again with files as its descriptors. The caller keeps
// its own copies of files, and closes them once both ends run.
func Start(side transports.Side, files []*os.File, o Options) (*Worker, error) {
	ours, theirs, err := controlSocket()
	if err != nil {
		return nil, fmt.Errorf("start the %s: make a control socket: %w%s", side, err, remedy(err))
	}
	defer theirs.Close()
	w := &Worker{Side: side, control: ours, exited: make(chan struct{}), oomKills: oomKills()}
	w.decoder = json.NewDecoder(conversation{w})
	w.cmd = exec.Command("/proc/self/exe")
	w.cmd.Args = []string{os.Args[0], side.String()}
	w.cmd.Env = append(append(os.Environ(), o.Env...), roleEnv+"="+o.Role)
	w.cmd.ExtraFiles = append([]*os.File{theirs}, files...)
	// Not left to os/exec, which would open /dev/null, and there may be none. A
	// worker reads nothing there.
	w.cmd.Stdin = theirs
	w.cmd.Stdout, w.cmd.Stderr = &w.words, &w.words
	w.cmd.WaitDelay = time.Second
	w.cmd.SysProcAttr = &syscall.SysProcAttr{
		Pdeathsig: syscall.SIGKILL, // the driver may be killed at any moment
		Setpgid:   true,            // Ctrl-C at the terminal is the driver's to handle
	}
	if err := spawn(w.cmd, o.CPU); err != nil {
		ours.Close()
		return nil, fmt.Errorf("start the %s: %w%s", side, err, remedy(err))
	}
	if o.Trace {
		w.trace()
	}
	go w.await()
	return w, nil
}

// await waits until the process has ended, and ends what it left in its group,
// before anything else can get that group's number.
func (w *Worker) await() {
	pid := w.Pid()
	if w.traced != nil {
		<-w.traced
	}
	reaped := false
	if err := untilEnded(pid); err != nil { // a sandbox may allow wait4(2) alone
		_, err := unix.Wait4(pid, (*unix.WaitStatus)(&w.status), 0, nil)
		reaped = err == nil
	}
	unix.Kill(-pid, unix.SIGKILL)
	killOrphans() // they may hold its standard error open
	w.cmd.Wait()
	if state := w.cmd.ProcessState; state != nil {
		w.status = state.Sys().(syscall.WaitStatus)
	} else if !reaped {
		unix.Wait4(pid, (*unix.WaitStatus)(&w.status), 0, nil)
	}
	disown(pid)
	w.ended = time.Now()
	close(w.exited)
	w.control.SetReadDeadline(w.ended) // see conversation
}

// untilEnded waits until a child has ended, and leaves it to be waited for.
func untilEnded(pid int) error {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			return err
		}
	}
}

// remedy says what to do about an error of starting a process.
func remedy(err error) string {
	switch {
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return ": raise the limit of open files (ulimit -n)"
	case errors.Is(err, syscall.EAGAIN):
		return ": raise the limit of processes (ulimit -u, pids.max)"
	case errors.Is(err, syscall.ENOENT):
		return ": mount /proc"
	}
	return ""
}

// controlSocket returns the driver's end, which obeys deadlines, and the
// worker's.
func controlSocket() (ours, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	if err := unix.SetNonblock(fds[0], true); err != nil {
		return nil, nil, err
	}
	return os.NewFile(uintptr(fds[0]), "control"), os.NewFile(uintptr(fds[1]), "control"), nil
}

// Tell sends the worker a value, which it gets from Control.Hear.
func (w *Worker) Tell(v any) error {
	if err := json.NewEncoder(w.control).Encode(v); err != nil {
		return fmt.Errorf("tell the %s: %w", w.Side, err)
	}
	return nil
}

// Hear waits for the next value that the worker tells. It returns io.EOF when
// the worker has hung up, which it does by ending.
func (w *Worker) Hear(v any) error {
	err := w.decoder.Decode(v)
	switch {
	case err == nil:
		return nil
	case err == io.EOF, errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.ErrUnexpectedEOF):
		return io.EOF
	}
	return fmt.Errorf("hear from the %s: %w", w.Side, err)
}

// A conversation is what a worker tells, up to its end: whatever the worker left
// may hold its side of the socket open, but what it told is there already.
type conversation struct{ *Worker }

func (c conversation) Read(p []byte) (n int, err error) {
	n, err = c.control.Read(p)
	if !errors.Is(err, os.ErrDeadlineExceeded) || !c.hasEnded() {
		return n, err
	}
	conn, err := c.control.SyscallConn()
	if err == nil {
		err = conn.Control(func(fd uintptr) { n, _ = unix.Read(int(fd), p) })
	}
	if err != nil || n <= 0 {
		return 0, io.EOF
	}
	return n, nil
}

// HearWithin is Hear that waits no longer than limit. After an error nothing
// more can be heard of the worker.
func (w *Worker) HearWithin(limit time.Duration, v any) error {
	if err := w.control.SetReadDeadline(time.Now().Add(limit)); err != nil {
		return fmt.Errorf("hear from the %s: %w", w.Side, err)
	}
	defer func() {
		if !w.hasEnded() {
			w.control.SetReadDeadline(time.Time{})
		}
	}()
	return w.Hear(v)
}

// look notes what the worker is at, once: it is about to be killed.
func (w *Worker) look() {
	w.looked.Do(func() {
		if !w.hasEnded() {
			w.threads = doing(w.Pid())
		}
	})
}

// Kill ends the worker at once. It does nothing to one that has ended.
func (w *Worker) Kill() {
	w.look()
	if !w.hasEnded() {
		w.killed.Store(true)
		w.cmd.Process.Kill()
	}
}

func (w *Worker) hasEnded() bool {
	select {
	case <-w.exited:
		return true
	default:
		return false
	}
}

// Pid returns the worker's process number.
func (w *Worker) Pid() int { return w.cmd.Process.Pid }

// Wait waits until the worker has ended and says how. A worker that is still
// running after the context has ended is killed.
func (w *Worker) Wait(ctx context.Context) Exit {
	select {
	case <-w.exited:
	case <-ctx.Done():
		w.Kill()
		<-w.exited
	}
	w.control.Close()
	e := exitOf(w.Side, w.status, w.words.String())
	e.At, e.Killed, e.Forbidden = w.ended, w.killed.Load(), w.forbidden
	if e.Killed {
		e.Threads = w.threads
	}
	e.OutOfMemory = e.Signal == "SIGKILL" && !e.Killed && oomKills() > w.oomKills
	return e
}

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
	"strings"
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
}

// A Worker is a process at one end of a link, as its driver sees it.
type Worker struct {
	Side    transports.Side
	cmd     *exec.Cmd
	control *os.File
	decoder *json.Decoder
	words   lastWords
	exited  chan struct{}
	ended   time.Time   // set before exited is closed
	killed  atomic.Bool // by us
}

// Start runs this binary again with files as its descriptors. The caller keeps
// its own copies of files, and closes them once both ends run.
func Start(side transports.Side, files []*os.File, o Options) (*Worker, error) {
	ours, theirs, err := controlSocket()
	if err != nil {
		return nil, fmt.Errorf("start the %s: make a control socket: %w", side, err)
	}
	defer theirs.Close()
	w := &Worker{Side: side, control: ours, decoder: json.NewDecoder(ours), exited: make(chan struct{})}
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
	go func() {
		w.cmd.Wait()
		w.ended = time.Now()
		close(w.exited)
	}()
	return w, nil
}

// remedy says what to do about an error of starting a process.
func remedy(err error) string {
	switch {
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return ": raise the limit of open files (ulimit -n)"
	case errors.Is(err, syscall.EAGAIN):
		return ": raise the limit of processes (ulimit -u)"
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

// HearWithin is Hear that waits no longer than limit. After an error nothing
// more can be heard of the worker.
func (w *Worker) HearWithin(limit time.Duration, v any) error {
	if err := w.control.SetReadDeadline(time.Now().Add(limit)); err != nil {
		return fmt.Errorf("hear from the %s: %w", w.Side, err)
	}
	defer w.control.SetReadDeadline(time.Time{})
	return w.Hear(v)
}

// Kill ends the worker at once. It does nothing to one that has ended.
func (w *Worker) Kill() {
	select {
	case <-w.exited:
	default:
		w.killed.Store(true)
		w.cmd.Process.Kill()
	}
}

// Pid returns the worker's process number.
func (w *Worker) Pid() int { return w.cmd.Process.Pid }

// An Exit is how a worker ended.
type Exit struct {
	Side      transports.Side
	Status    string // "exit status 0", "signal: killed"
	OK        bool   // it exited with 0
	Signaled  bool   // a signal ended it,
	Killed    bool   // and that was Kill's
	PeerGone  bool   // it gave up because the other end was gone
	At        time.Time
	LastWords string // the start and the end of its standard error
}

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
	state := w.cmd.ProcessState
	status, _ := state.Sys().(syscall.WaitStatus)
	return Exit{
		Side:      w.Side,
		Status:    state.String(),
		OK:        state.Success(),
		Signaled:  status.Signaled(),
		Killed:    w.killed.Load(),
		PeerGone:  state.ExitCode() == exitPeerGone,
		At:        w.ended,
		LastWords: w.words.String(),
	}
}

// String says in one line how the worker ended, and why as far as it said so.
func (e Exit) String() string {
	line := e.headline()
	switch {
	case line == "":
		return fmt.Sprintf("%s: %s", e.Side, e.Status)
	case !e.Signaled && !strings.HasPrefix(line, "panic:") && !strings.HasPrefix(line, "fatal error:"):
		return fmt.Sprintf("%s: %s", e.Side, line)
	}
	return fmt.Sprintf("%s: %s: %s", e.Side, e.Status, line)
}

// headline is the line of the last words that says most: a Go crash begins
// with it, an error is it.
func (e Exit) headline() string {
	lines := strings.Split(strings.TrimSpace(e.LastWords), "\n")
	for _, line := range lines {
		if strings.HasPrefix(line, "panic:") || strings.HasPrefix(line, "fatal error:") {
			return line
		}
	}
	return lines[len(lines)-1]
}

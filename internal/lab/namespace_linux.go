package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"ipcbench/internal/program"
)

// orderEnv tells a process of this binary what it is to become before anything else.
const orderEnv = "IPCBENCH_LAB"

// An order is what such a process is told.
type order struct {
	Private bool     `json:"private,omitempty"` // go on as usual, in a namespace of its own
	Child   *Child   `json:"child,omitempty"`   // become the program that the arguments are
	Parent  int      `json:"parent,omitempty"`
	Try     bool     `json:"try,omitempty"` // become nothing: whether it could be done is all
	Program []string `json:"program,omitempty"`
}

// Launch has a process that [Private] or [Child.Command] started become what it is to
// be, and returns in every other. It is the first thing in main.
func Launch() {
	text, told := os.LookupEnv(orderEnv)
	if !told {
		return
	}
	os.Unsetenv(orderEnv) // what is started from here is told nothing
	var o order
	err := json.Unmarshal([]byte(text), &o)
	switch {
	case err != nil:
	case o.Private:
		err = enter()
	case o.Child != nil:
		err = o.Child.become(o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, program.Name+":", err)
		os.Exit(1)
	}
}

func (o order) String() string {
	text, err := json.Marshal(o)
	if err != nil {
		panic(err) // words and numbers can be written
	}
	return orderEnv + "=" + string(text)
}

// private is whether this process has a mount namespace of its own.
var private bool

// IsPrivate says whether this process was started by [Private]: what it mounts,
// nobody else sees.
func IsPrivate() bool { return private }

// enter keeps mounts of this process from being seen outside.
func enter() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keep mounts to a namespace: %w", err)
	}
	private = true
	return nil
}

// Private is a command that runs this program once more, with those arguments, in a
// mount namespace of its own, to be started by [Run]. A process cannot move there once
// it has threads. All that is mounted there ends with the last process in it.
//
// When ctx ends, or the process that started it, it is sent SIGTERM, so that it puts
// back what it changed.
func Private(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "/proc/self/exe", args...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), order{Private: true}.String())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS, Pdeathsig: syscall.SIGTERM}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	return cmd
}

// Run runs a command that is not to outlive this process: unless it says otherwise it
// is killed with it. The kernel takes the end of the thread that started it for that
// of the process, and so the thread waits.
func Run(cmd *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	if cmd.SysProcAttr.Pdeathsig == 0 {
		cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	}
	err := cmd.Run()
	if errors.Is(err, unix.EPERM) && cmd.SysProcAttr.Cloneflags&unix.CLONE_NEWNS != 0 {
		return fmt.Errorf("a mount namespace of its own: %w: be root (CAP_SYS_ADMIN)", unix.EPERM)
	}
	return err
}

package iouring

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"ipcbench/internal/uring"
	"ipcbench/transports"
	"ipcbench/transports/internal/remedy"
)

// Probe makes a ring and asks it for what it can do, on one thread, to which
// the ring belongs.
func Probe(c uring.Config, ops ...uring.Opcode) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r, err := uring.New(c)
	if err != nil {
		return Refused(c, err)
	}
	defer r.Close()
	for _, op := range ops {
		known, err := r.Supports(op)
		if err != nil {
			return transports.Unsupported(fmt.Sprintf("io_uring does not say what it can do (io_uring_register: %v): take Linux 5.7 or newer, or lift the sandbox that forbids it", err))
		}
		if !known {
			return transports.Unsupported(fmt.Sprintf("io_uring of this kernel has no %s: take a newer kernel", op))
		}
	}
	return nil
}

// Refused is the reason why no ring could be made, and the remedy.
func Refused(c uring.Config, err error) error {
	switch {
	case errors.Is(err, unix.ENOSYS):
		return transports.Unsupported("io_uring_setup: there is none: take Linux 5.7 or newer with CONFIG_IO_URING, or lift the sandbox that hides it (seccomp)")
	case errors.Is(err, unix.EPERM):
		text, _ := os.ReadFile("/proc/sys/kernel/io_uring_disabled")
		switch disabled := strings.TrimSpace(string(text)); disabled {
		case "1":
			return transports.Unsupported("io_uring_setup: kernel.io_uring_disabled is 1: run as root or as a member of kernel.io_uring_group, or set it to 0")
		case "2":
			return transports.Unsupported("io_uring_setup: kernel.io_uring_disabled is 2: set it to 0")
		}
		if c.SQPoll {
			return transports.Unsupported("io_uring_setup: IORING_SETUP_SQPOLL is not permitted: run as root, take sqpoll=no, or lift the sandbox that forbids io_uring (seccomp)")
		}
		return transports.Unsupported("io_uring_setup: not permitted: lift the sandbox that forbids it (seccomp)")
	case errors.Is(err, unix.ENOMEM):
		return transports.Unsupported("io_uring_setup: no memory for a ring: raise the limit of locked memory (ulimit -l)")
	case errors.Is(err, unix.EINVAL):
		return transports.Unsupported("io_uring_setup: this kernel does not know that kind of ring: take a newer one")
	}
	return fmt.Errorf("io_uring_setup: make a ring: %w: %s", err, remedy.Kernel(err))
}

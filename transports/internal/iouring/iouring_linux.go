package iouring

import (
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
	errno, setup := err.(unix.Errno)
	if !setup {
		return remedy.Refused("io_uring", err, "take Linux 5.7 or newer")
	}
	const what = "io_uring_setup"
	unsupported := func(advice string) error {
		return transports.Unsupported(fmt.Sprintf("%s: %v: %s", what, err, advice))
	}
	switch {
	case errno == unix.EPERM && (disabled() == "2" || disabled() == "1" && !remedy.Has(unix.CAP_SYS_ADMIN)):
		return unsupported("kernel.io_uring_disabled is " + disabled() + ": " + remedy.OnMachine("sysctl kernel.io_uring_disabled=0"))
	case errno == unix.EPERM && c.SQPoll:
		return unsupported("take sqpoll=no, or " + remedy.Privilege(unix.CAP_SYS_NICE, "SYS_NICE"))
	case errno == unix.ENOMEM:
		return unsupported("raise the limit of locked memory (ulimit -l)")
	case errno == unix.EINVAL:
		return unsupported("this kernel does not know that kind of ring: take a newer one")
	}
	return remedy.Refused(what, err, "take Linux 5.7 or newer with CONFIG_IO_URING")
}

// disabled is kernel.io_uring_disabled: 1 allows rings to root and to a group, 2 to
// nobody. Kernels before 6.6 have no such sysctl.
func disabled() string {
	text, err := os.ReadFile("/proc/sys/kernel/io_uring_disabled")
	if err != nil {
		return "0"
	}
	return strings.TrimSpace(string(text))
}

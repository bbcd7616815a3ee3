package unbroken

import (
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/transports/internal/kernel"
)

// A Call is one system call. The assembly knows its layout.
type Call struct {
	Trap   uintptr
	Args   [6]uintptr
	result uintptr
	OfMade uintptr        // 1: Args[0] is what the first call of the row returned
	Keep   unsafe.Pointer // what an argument points to, where it does: it must not be moved
}

// Result returns what the call returned.
func (c *Call) Result() (uintptr, error) {
	if errno := -int(c.result); errno > 0 && errno < 4096 {
		return 0, unix.Errno(errno)
	}
	return c.result, nil
}

// File returns the descriptor that the call opened.
func (c *Call) File(name string) (*os.File, error) {
	fd, err := c.Result()
	if err != nil {
		return nil, err
	}
	return os.NewFile(fd, name), nil
}

// Memory returns the address that the call mapped something at.
func (c *Call) Memory() (unsafe.Pointer, error) {
	if _, err := c.Result(); err != nil {
		return nil, err
	}
	return *(*unsafe.Pointer)(unsafe.Pointer(&c.result)), nil
}

// Do makes the calls one after another. Where the first of them fails, it makes no
// other, since there is nothing to be removed then; otherwise it makes them all.
//
// Another process makes them, which has this one's memory and descriptors
// (CLONE_VM, CLONE_FILES in clone(2)) and lives for nothing else. When this process
// is killed, by SIGKILL too, that one comes to the end of its row, and what it
// opened closes as it ends. What kills both, as of a whole process group or
// cgroup, can still come between two calls, and so can a kill where no such
// process is to be had: then the calls are made here. On processors for which there
// is no assembly, none is ever to be had.
func Do(calls []Call) {
	for i := range calls {
		calls[i].result = skipped
	}
	if !apart(calls) {
		here(calls)
	}
	runtime.KeepAlive(calls)
}

// skipped is the result of a call that was not made.
const skipped = ^uintptr(unix.ECANCELED) + 1

// here makes the calls on this thread.
func here(calls []Call) {
	made := uintptr(0)
	for i := range calls {
		c := &calls[i]
		if c.OfMade != 0 {
			c.Args[0] = made
		}
		c.result = kernel.Syscall(c.Trap, c.Args[0], c.Args[1], c.Args[2], c.Args[3], c.Args[4], c.Args[5])
		if i > 0 {
			continue
		}
		var err error
		if made, err = c.Result(); err != nil {
			return
		}
	}
}

// apart has another process make the calls, and says whether it could. This
// thread waits meanwhile (CLONE_VFORK), since both are on one stack. A signal
// would run Go's handler in that process: it has all of them blocked.
func apart(calls []Call) bool {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all, old unix.Sigset_t
	for i := range all.Val {
		all.Val[i] = ^all.Val[i]
	}
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &all, &old); err != nil {
		return false
	}
	defer unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil)
	pid := int(row(unix.CLONE_VM|unix.CLONE_FILES|unix.CLONE_FS|unix.CLONE_VFORK, &calls[0], uintptr(len(calls))))
	if pid < 0 {
		return false
	}
	for {
		// No signal tells of its end, so it takes this flag to see that.
		if _, err := unix.Wait4(pid, nil, unix.WALL, nil); err != unix.EINTR {
			return true
		}
	}
}

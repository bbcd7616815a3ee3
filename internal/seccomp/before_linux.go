package seccomp

import (
	"errors"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Before has f run each time that this thread is about to make one of the calls
// of f, and has the call made then: whoever wants to be between two calls of
// another has all the time for it. The goroutine is to be locked to the thread, and
// stay so. See SECCOMP_RET_USER_NOTIF in seccomp(2).
func (f Filter) Before(run func(args [6]uint64)) error {
	const notify = 0x7fc00000 // SECCOMP_RET_USER_NOTIF
	// A signal, as the Go runtime's, would have the call made again, and f run twice.
	fd, err := install(f.program(notify), unix.SECCOMP_FILTER_FLAG_NEW_LISTENER|unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)
	if errors.Is(err, unix.EINVAL) { // before Linux 5.19
		fd, err = install(f.program(notify), unix.SECCOMP_FILTER_FLAG_NEW_LISTENER)
	}
	if err != nil {
		return err
	}
	listener := os.NewFile(fd, "the listener of a seccomp filter")
	go func() { // on another thread
		defer listener.Close()
		for {
			var call notification
			if !control(fd, notifyReceive, unsafe.Pointer(&call)) {
				if hasUsers(fd) {
					continue // a signal came before the call was seen: it is made again
				}
				return
			}
			run(call.args)
			goOn := response{id: call.id, flags: 1} // SECCOMP_USER_NOTIF_FLAG_CONTINUE
			if !control(fd, notifySend, unsafe.Pointer(&goOn)) {
				return
			}
		}
	}()
	return nil
}

// hasUsers says whether a thread is left that the filter is of.
func hasUsers(fd uintptr) bool {
	poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	_, err := unix.Poll(poll, 0)
	return err == nil && poll[0].Revents&(unix.POLLHUP|unix.POLLERR|unix.POLLNVAL) == 0
}

// Of linux/seccomp.h.
const (
	notifyReceive = 0xc0502100 // SECCOMP_IOCTL_NOTIF_RECV
	notifySend    = 0xc0182101 // SECCOMP_IOCTL_NOTIF_SEND
)

// notification is struct seccomp_notif, with a struct seccomp_data in it.
type notification struct {
	id         uint64
	pid, flags uint32
	number     int32
	arch       uint32
	at         uint64
	args       [6]uint64
}

// response is struct seccomp_notif_resp.
type response struct {
	id    uint64
	value int64
	errno int32
	flags uint32
}

func control(fd uintptr, request uintptr, p unsafe.Pointer) bool {
	for {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, request, uintptr(p))
		if errno != unix.EINTR {
			return errno == 0
		}
	}
}

package descriptor

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/transports/internal/kernel"
)

// Attempt makes a system call on the descriptor, as receive and send do, but
// once, however the spec says to wait. That the call itself does not wait is
// the caller's business. It allocates: it is for the end of a link.
func (d *Descriptor) Attempt(trap uintptr, p unsafe.Pointer, b, c, e, f uintptr) (int, error) {
	conn, err := d.RawConn()
	if err != nil {
		return 0, err
	}
	done := -int(unix.EINTR)
	err = conn.Control(func(fd uintptr) {
		for done == -int(unix.EINTR) {
			done = int(kernel.Syscall(trap, fd, uintptr(p), b, c, e, f))
		}
	})
	if err != nil {
		return 0, err
	}
	if done < 0 {
		return 0, unix.Errno(-done)
	}
	return done, nil
}

// WouldWait says whether a call that must not wait failed because it would have
// had to.
func WouldWait(err error) bool {
	return errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.ETIMEDOUT)
}

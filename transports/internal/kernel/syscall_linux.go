package kernel

import (
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Syscall enters the kernel without telling the Go scheduler, which would
// otherwise take the processor from a thread that waits, and so measure itself.
// While it waits nothing can stop the world: garbage collection has to be off.
//
// It is unix.RawSyscall6 without the functions on the way there, which lie in
// other pages of the program: a process that was just switched to finds none of
// them in the processor's caches, and they were 3 to 7 % of a round trip
// through a pipe. The result is as the kernel returns it: an error is -errno.
//
//go:noescape
func Syscall(trap, a, b, c, d, e, f uintptr) uintptr

// IsTemporary says after which errors a system call on a descriptor is repeated:
//   - EINTR, a signal;
//   - EAGAIN, from a non-blocking descriptor with nothing to do, so that
//     O_NONBLOCK alone makes an end spin and not sleep;
//   - ECONNRESET, which a socket whose peer closed without having read all says
//     once. What the peer sent is still to be read, and then the end.
func IsTemporary(errno unix.Errno) bool {
	return errno == unix.EINTR || errno == unix.EAGAIN || errno == unix.ECONNRESET
}

// Transfer is a system call with the signature of read(2), repeated after what
// is temporary. The error is nil or an Errno.
func Transfer(trap, fd uintptr, p unsafe.Pointer, n int) (int, error) {
	for {
		done := int(Syscall(trap, fd, uintptr(p), uintptr(n), 0, 0, 0))
		if done >= 0 {
			return done, nil
		}
		if errno := unix.Errno(-done); !IsTemporary(errno) {
			return 0, errno
		}
	}
}

// ReadNumber reads a file that holds one number.
func ReadNumber(path string) (uint64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
}

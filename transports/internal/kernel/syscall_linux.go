package kernel

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

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

// Map is mmap(2), with its result as the kernel returns it.
func Map(at unsafe.Pointer, n, prot, flags, fd, offset uintptr) uintptr {
	if mapsByPointer {
		args := [6]uintptr{uintptr(at), n, prot, flags, fd, offset}
		return Syscall(unix.SYS_MMAP, uintptr(unsafe.Pointer(&args)), 0, 0, 0, 0, 0)
	}
	return Syscall(unix.SYS_MMAP, uintptr(at), n, prot, flags, fd, offset)
}

// mapsByPointer is whether mmap has one argument, which points at them all.
const mapsByPointer = runtime.GOARCH == "s390x"

// ReadNumber reads a file that holds one number.
func ReadNumber(path string) (uint64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
}

//go:build !amd64 && !arm64

package kernel

import "golang.org/x/sys/unix"

// Syscall enters the kernel without telling the Go scheduler, which would
// otherwise take the processor from a thread that waits, and so measure itself.
// While it waits nothing can stop the world: garbage collection has to be off.
// The result is as the kernel returns it: an error is -errno.
//
// Where it is not assembly, it takes the functions of the Go runtime on the way.
func Syscall(trap, a, b, c, d, e, f uintptr) uintptr {
	result, _, errno := unix.RawSyscall6(trap, a, b, c, d, e, f)
	if errno != 0 {
		return -uintptr(errno)
	}
	return result
}

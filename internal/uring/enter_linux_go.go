//go:build !amd64 && !arm64

package uring

import "golang.org/x/sys/unix"

func ioUringEnter(fd, submit, wait, flags uintptr) uintptr {
	took, _, errno := unix.RawSyscall6(unix.SYS_IO_URING_ENTER, fd, submit, wait, flags, 0, 0)
	if errno != 0 {
		return -uintptr(errno)
	}
	return took
}

// pause is nothing: what tells these processors of a waiting loop, Go does not say.
func pause() {}

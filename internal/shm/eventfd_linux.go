package shm

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// eventfdRead sleeps until fd counts and sets it back to zero. It may return
// early: the caller looks again. The calls are raw ones, as futex's are.
func eventfdRead(fd uintptr) {
	if model != nil {
		model.take(fd)
		return
	}
	var count uint64
	unix.RawSyscall(unix.SYS_READ, fd, uintptr(unsafe.Pointer(&count)), unsafe.Sizeof(count))
}

// eventfdWrite adds one to what fd counts, and so wakes the end that reads it.
func eventfdWrite(fd uintptr) {
	if model != nil {
		model.add(fd)
		return
	}
	one := uint64(1)
	unix.RawSyscall(unix.SYS_WRITE, fd, uintptr(unsafe.Pointer(&one)), unsafe.Sizeof(one))
}

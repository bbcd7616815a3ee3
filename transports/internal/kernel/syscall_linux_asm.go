//go:build amd64 || arm64

package kernel

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

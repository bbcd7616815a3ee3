//go:build amd64 || arm64

package uring

//go:noescape
func ioUringEnter(fd, submit, wait, flags uintptr) uintptr

// pause tells the processor that this is a loop that waits.
func pause()

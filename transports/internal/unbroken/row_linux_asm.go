//go:build amd64 || arm64

package unbroken

// row starts a process that makes n calls and exits, and returns its number, or
// -errno. Implemented in assembly: that process has this one's stack.
func row(flags uintptr, calls *Call, n uintptr) uintptr

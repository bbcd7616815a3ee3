//go:build amd64 || arm64

package shm

import "unsafe"

// release is a release store: MOV on amd64, STLR on arm64. Implemented in assembly.
//
//go:noescape
func release(p *uint64, v uint64)

// cpuPause is PAUSE on amd64 and ISB, which takes about as long, on arm64.
// Implemented in assembly.
func cpuPause()

// prefetchWrite has the line at p fetched to be written to: PREFETCHW on amd64, PRFM
// PSTL1KEEP on arm64. Implemented in assembly.
//
//go:noescape
func prefetchWrite(p unsafe.Pointer)

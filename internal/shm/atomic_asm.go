//go:build amd64 || arm64

package shm

// release is a release store: MOV on amd64, STLR on arm64. Implemented in assembly.
//
//go:noescape
func release(p *uint64, v uint64)

// cpuPause is PAUSE on amd64 and ISB, which takes about as long, on arm64.
// Implemented in assembly.
func cpuPause()

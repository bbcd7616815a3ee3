//go:build !amd64

package shm

func releaseInline(p *uint64, v uint64) { release(p, v) }

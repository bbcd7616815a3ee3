//go:build !amd64 && !arm64

package shm

import (
	"sync/atomic"
	"unsafe"
)

// release is a release store, and more than that: Go has none but such as nothing may
// pass either way.
func release(p *uint64, v uint64) { atomic.StoreUint64(p, v) }

// cpuPause is nothing: what tells these processors of a waiting loop, Go does not say.
func cpuPause() {}

// prefetchWrite is nothing, as cpuPause.
func prefetchWrite(unsafe.Pointer) {}

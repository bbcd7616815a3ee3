package shm

import "sync/atomic"

// model, where a test sets it, stands in for the processor and the kernel, so
// that the test decides in which order the steps of the two ends happen.
var model interface {
	load(p *uint64) uint64
	store(p *uint64, v uint64) // release: may linger in a store buffer
	swap(p *uint64, v uint64)  // a full fence
	pause()
	wait(p *uint64, v uint64)
	wake(p *uint64)
	take(fd uintptr) // read(2) of an eventfd
	add(fd uintptr)  // write(2) of 1 to an eventfd
}

// load reads a shared word; what the peer wrote before it stored the word is
// visible afterwards (acquire).
func load(p *uint64) uint64 {
	if model != nil {
		return model.load(p)
	}
	return atomic.LoadUint64(p)
}

// storeRelease stores a shared word after all that was written before it. It
// does not wait for the store to be visible: on amd64 it is a plain MOV where
// an atomic store of Go's is XCHG, which holds up the writer until the line
// has come back from the reader.
func storeRelease(p *uint64, v uint64) {
	if model != nil {
		model.store(p, v)
		return
	}
	release(p, v)
}

// swap stores a shared word and waits until that is visible to all.
func swap(p *uint64, v uint64) {
	if model != nil {
		model.swap(p, v)
		return
	}
	atomic.SwapUint64(p, v)
}

// pause tells the processor that this is a waiting loop. Without it, a reader
// takes the line from the writer at every look.
func pause() {
	if model != nil {
		model.pause()
		return
	}
	cpuPause()
}

// Pause is pause for a waiting loop outside this package.
func Pause() { cpuPause() }

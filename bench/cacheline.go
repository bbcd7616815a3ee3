package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/bench/internal/clock"
	"ipcbench/internal/host"
	"ipcbench/internal/shm"
	"ipcbench/results"
)

// cacheLine returns how long two different CPUs take to hand each other a cache
// line and have it back, in nanoseconds: the least that a round trip between
// them can take. It uses both for about d, by two threads of this process that
// end with it, and sooner where ctx ends.
func cacheLine(ctx context.Context, a, b int, d time.Duration) (ns float64, err error) {
	r, err := newRally(d)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, rallyLimit)
	defer cancel()
	context.AfterFunc(ctx, func() { r.over.Store(true) })
	back, there := onCPU(b, r.back), onCPU(a, r.serve)
	err = errors.Join(<-there, <-back)
	if err = errors.Join(err, unix.Munmap(r.pages)); err != nil {
		return 0, err
	}
	if len(r.batches) == 0 {
		return 0, fmt.Errorf("cache line: CPUs %d and %d did not hand it over in time: is one of them taken by something else?", a, b)
	}
	return results.Median(r.batches), nil
}

const (
	rallyTime   = 4 * time.Millisecond
	rallyLimit  = time.Second // for both threads to begin and end
	rallyBatch  = 100         // round trips for one look at the clock
	rallyFewest = 15          // batches, however long they take
	rallyLines  = 16
)

// A rally is a cache line going to and fro between two CPUs. It is another line
// for each batch, on pages of their own that are new to this process: where a
// line lies decides about its way as much as where the CPUs are.
type rally struct {
	pages   []byte
	time    time.Duration
	over    atomic.Bool
	batches []float64 // ns a round trip
}

func newRally(d time.Duration) (*rally, error) {
	pages, err := unix.Mmap(-1, 0, rallyLines*os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, fmt.Errorf("cache line: mmap %d pages: %w", rallyLines, err)
	}
	return &rally{pages: pages, time: d}, nil
}

// line returns the word that is handed over in a batch, alone in its page, and
// what it is at first.
func (r *rally) line(batch int) (word *atomic.Uint64, first uint64) {
	return (*atomic.Uint64)(unsafe.Pointer(&r.pages[batch%rallyLines*os.Getpagesize()])), uint64(batch / rallyLines * 2 * rallyBatch)
}

// serve makes the word odd and waits until it is even again.
func (r *rally) serve() {
	defer r.over.Store(true)
	for batch, start := 0, clock.Now(); batch < rallyFewest || clock.Now()-start < int64(r.time); batch++ {
		word, first := r.line(batch)
		before := clock.Now()
		for v := first; v < first+2*rallyBatch; v += 2 {
			word.Store(v + 1)
			if !r.await(word, v+2) {
				return
			}
		}
		r.batches = append(r.batches, float64(clock.Now()-before)/rallyBatch)
	}
}

// back makes the word even as soon as it is odd.
func (r *rally) back() {
	for batch := 0; ; batch++ {
		word, first := r.line(batch)
		for v := first; v < first+2*rallyBatch; v += 2 {
			if !r.await(word, v+1) {
				return
			}
			word.Store(v + 2)
		}
	}
}

// await waits until the word is v and reports whether it became so.
func (r *rally) await(word *atomic.Uint64, v uint64) bool {
	for word.Load() != v {
		if r.over.Load() {
			return false
		}
		shm.Pause()
	}
	return true
}

// onCPU calls f on a thread that is pinned to cpu meanwhile. The channel tells when
// it has ended, or why it could not be pinned.
//
// The thread is given back: a new one each time would in the end be one too many,
// see [peer.ReserveThreads].
func onCPU(cpu int, f func()) <-chan error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		before, err := host.Affinity()
		if err == nil {
			err = host.Pin(cpu)
		}
		if err == nil {
			f()
		}
		if before != nil && host.PinTo(before) == nil {
			runtime.UnlockOSThread() // otherwise no other goroutine gets this thread
		}
		done <- err
	}()
	return done
}

// Package rally measures how near two CPUs are to each other: how long a cache line
// takes from one to the other and back.
//
// It knows memory that two threads share, of one process or of two, and the clock.
// It must not know what that is measured for, nor where the threads run.
package rally

import (
	"os"
	"sync/atomic"
	"time"
	"unsafe"

	"ipcbench/bench/internal/clock"
	"ipcbench/internal/shm"
)

const (
	trips  = 100 // round trips for one look at the clock
	fewest = 5   // batches, however long they take
	lines  = 16
)

// Size is how much memory one takes, in bytes, zeroed and at the beginning of a
// page.
func Size() int { return (1 + lines) * os.Getpagesize() }

// A Rally is a cache line going to and fro. It is another line for each batch, on
// pages of their own: where a line lies decides about its way as much as where the
// CPUs are. It is played once.
type Rally struct{ memory []byte }

// In returns one in memory that both sides have.
func In(memory []byte) Rally { return Rally{memory} }

// End ends it for both sides, at any moment.
func (r Rally) End() { r.over().Store(1) }

func (r Rally) over() *atomic.Uint32 { return (*atomic.Uint32)(unsafe.Pointer(&r.memory[0])) }

// line returns the word that is handed over in a batch, alone in its page, and
// what it is at first.
func (r Rally) line(batch int) (word *atomic.Uint64, first uint64) {
	page := 1 + batch%lines
	return (*atomic.Uint64)(unsafe.Pointer(&r.memory[page*os.Getpagesize()])), uint64(batch / lines * 2 * trips)
}

// Serve makes the word odd and waits until it is even again, for about so long,
// and ends the rally. It returns the time of a round trip in each batch, in ns:
// none where the other side did not come within patience.
func (r Rally) Serve(d, patience time.Duration) []float64 {
	defer r.End()
	began := clock.Now()
	batches := make([]float64, 0, 64)
	start := began
	for batch := 0; batch < fewest || clock.Now()-start < int64(d); batch++ {
		word, first := r.line(batch)
		before := clock.Now()
		for v := first; v < first+2*trips; v += 2 {
			word.Store(v + 1)
			if !r.await(word, v+2, began+int64(patience)) {
				return batches
			}
			if batch == 0 && v == first { // the other side is there
				before = clock.Now()
				start = before
			}
		}
		batches = append(batches, float64(clock.Now()-before)/trips)
	}
	return batches
}

// Return makes the word even as soon as it is odd, until the rally ends or
// patience is over.
func (r Rally) Return(patience time.Duration) {
	end := clock.Now() + int64(patience)
	for batch := 0; ; batch++ {
		word, first := r.line(batch)
		for v := first; v < first+2*trips; v += 2 {
			if !r.await(word, v+1, end) {
				return
			}
			word.Store(v + 2)
		}
	}
}

// await waits until the word is v and reports whether it became so.
func (r Rally) await(word *atomic.Uint64, v uint64, end int64) bool {
	for looks := 1; word.Load() != v; looks++ {
		if r.over().Load() != 0 || looks%1024 == 0 && clock.Now() > end {
			return false
		}
		shm.Pause()
	}
	return true
}

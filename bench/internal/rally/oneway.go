package rally

import (
	"sync/atomic"
	"time"

	"ipcbench/bench/internal/clock"
	"ipcbench/internal/shm"
)

// What is handed over here is the moment at which it was: whoever has it reads the
// clock, which tells how long it was on its way, and hands that reading back. So each
// way has one reading of the clock in it, part of it before the line goes and the
// rest after it came, whatever part that is. The mean over the trips of a batch is
// finer than the clock's tick, which falls anywhere in them.
//
// A clock that is ahead on one side makes that way longer by as much as the other
// one shorter. Nothing can tell that from a line that takes longer one way.

// oddBit tells in which direction a reading goes: that of who serves is odd.
const oddBit = 1

// ServeTimed hands over readings of the clock and takes them back, for about so long,
// and ends the rally. It returns for each batch the mean time from the other side's
// reading to its own, in ns: none where the other side did not come within patience.
func (r Rally) ServeTimed(d, patience time.Duration) []float64 {
	defer r.End()
	start := clock.Now()
	end := start + int64(patience)
	batches := make([]float64, 0, room(d))
	for batch := 0; batch < fewest+1 || clock.Now()-start < int64(d); batch++ {
		word, _ := r.line(batch)
		sum, at := int64(0), clock.Now()
		for range trips {
			word.Store(uint64(at)<<1 | oddBit)
			sent, came := r.awaitParity(word, 0, end)
			if !came {
				return batches
			}
			at = clock.Now()
			sum += at - sent
		}
		if batch == 0 { // when the other side came
			start = at
			continue
		}
		batches = append(batches, float64(sum)/trips)
	}
	return batches
}

// ReturnTimed is the other side: it returns the mean times of the way to it.
func (r Rally) ReturnTimed(d, patience time.Duration) []float64 {
	end := clock.Now() + int64(patience)
	batches := make([]float64, 0, room(d))
	for batch := 0; ; batch++ {
		word, _ := r.line(batch)
		sum := int64(0)
		for range trips {
			sent, came := r.awaitParity(word, oddBit, end)
			if !came {
				return batches
			}
			at := clock.Now()
			word.Store(uint64(at) << 1)
			sum += at - sent
		}
		if batch > 0 {
			batches = append(batches, float64(sum)/trips)
		}
	}
}

// room is for how many batches of d there is to be memory before they begin, where a
// trip takes no less than two readings of the clock.
func room(d time.Duration) int { return fewest + int(min(d, time.Second)/(2*20*trips)) }

// awaitParity waits until the word is odd, or even, and returns the moment in it.
func (r Rally) awaitParity(word *atomic.Uint64, parity uint64, end int64) (sent int64, came bool) {
	for looks := 1; ; looks++ {
		if v := word.Load(); v&1 == parity {
			return int64(v >> 1), true
		}
		if r.over().Load() != 0 || looks%1024 == 0 && clock.Now() > end {
			return 0, false
		}
		shm.Pause()
	}
}

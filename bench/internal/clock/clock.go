package bench

import (
	"slices"
	"time"
)

// epoch is what now counts from. time.Since of a time with a monotonic part
// reads CLOCK_MONOTONIC through the vDSO, which costs half of time.Now and a
// tenth of a clock_gettime system call.
var epoch = time.Now()

// now returns nanoseconds of CLOCK_MONOTONIC since this process began.
func now() int64 { return int64(time.Since(epoch)) }

// clockCost is the median time between two readings of the clock with nothing
// in between, in nanoseconds: what a stamped operation has too much.
func clockCost() int64 {
	gaps := make([]int64, 501)
	for i := range gaps {
		before := now()
		gaps[i] = now() - before
	}
	slices.Sort(gaps)
	return gaps[len(gaps)/2]
}

// shortOp is how many times the clock's cost an operation must take for every
// one to be stamped; of shorter ones so many are run per stamp that the clock
// takes about a hundredth of the time. A stream, of which only the time between
// far stamps counts, is stamped so rarely that it takes a thousandth.
const (
	shortOp    = 20
	longStep   = 100
	streamStep = 1000
)

// stampEvery says that one in so many operations of op nanoseconds is stamped
// by a clock that costs clock nanoseconds.
func stampEvery(op float64, clock int64) int64 {
	if op >= float64(shortOp*clock) {
		return 1
	}
	return perStep(longStep, op, clock)
}

// streamEvery is the same for the messages of a stream.
func streamEvery(op float64, clock int64) int64 { return perStep(streamStep, op, clock) }

func perStep(step, op float64, clock int64) int64 {
	return max(1, int64(step*float64(clock)/max(op, 1)))
}

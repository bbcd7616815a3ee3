package workload

// shortOp is how many times the clock's cost, and how many of its ticks, an
// operation must take for every one to be stamped; of shorter ones so many are
// run per stamp that the clock takes about a hundredth of the time, and a tick
// is as little of it. A stream, of which only the time between
// far stamps counts, is stamped so rarely that it takes a thousandth.
const (
	shortOp    = 20
	longStep   = 100
	streamStep = 1000
)

// stampEvery says that one in so many operations of op nanoseconds is stamped
// by a clock that costs clock nanoseconds and has such a tick.
func stampEvery(op, clock float64, tick int64) int64 {
	coarse := max(clock, float64(tick))
	if op >= shortOp*coarse {
		return 1
	}
	return perStep(longStep, op, coarse)
}

// streamEvery is the same for the messages of a stream.
func streamEvery(op, clock float64) int64 { return perStep(streamStep, op, clock) }

func perStep(step, op, clock float64) int64 {
	return max(1, int64(step*clock/max(op, 1)))
}

package workload

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

package transports

// Waiting says what an end does while there is nothing to receive or no room
// to send: it decides which placements make sense.
type Waiting int

// The ways of waiting, as far as a scheduler can tell them apart.
const (
	Sleeps Waiting = iota // the thread sleeps in the kernel, at once or after spinning for a bounded time
	Yields                // the thread stays runnable but gives way (sched_yield)
	Spins                 // the thread runs on: two such ends need two CPUs
	Parks                 // the goroutine parks and the Go runtime's threads wait for it
)

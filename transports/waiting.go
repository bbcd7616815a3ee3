package transports

// Waiting is a way to wait: what an end does while there is nothing to receive
// or no room to send. It decides which placements make sense, and which
// transports can be compared. A transport may declare one of its own.
type Waiting struct {
	Name string // in records, which outlive the option's words: "sleep"

	// What a scheduler sees of it. Without any of these, the thread sleeps, at
	// once or after spinning for a bounded time.
	KeepsCPU bool // the thread runs on: two such ends need two CPUs
	GivesWay bool // the thread stays runnable but lets others run (sched_yield)
	Parks    bool // the goroutine parks and the Go runtime's threads wait for it
}

// The ways of waiting.
var (
	Sleeps      = Waiting{Name: "sleep"}      // in the call itself
	PollsFirst  = Waiting{Name: "poll"}       // in poll(2), and then makes the call
	EpollsFirst = Waiting{Name: "epoll"}      // in epoll_wait(2), and then makes the call
	SpinsFirst  = Waiting{Name: "spin-sleep"} // spins for a bounded time, then sleeps
	Yields      = Waiting{Name: "yield", GivesWay: true}
	Spins       = Waiting{Name: "spin", KeepsCPU: true}
	Parks       = Waiting{Name: "park", Parks: true}
)

package workload

import (
	"fmt"
	"time"

	"ipcbench/transports"
)

// A Task is what an end is asked for. It travels as JSON.
type Task struct {
	Spec     transports.Spec
	Workload string
	Size     int           // length of a message, or of the longest, bytes
	Lengths  []int         // of messages, by their numbers, over and over; nil: all have Size
	Time     time.Duration // of the measured part, or,
	Messages int64         // where not 0, how many are measured
	Warmup   Warmup
	Full     bool // verify every byte, always
	Perf     bool // count perf events, whatever they cost
	Sampled  bool // somebody samples this end: tell when it counts

	Rate     float64       // offered messages per second; 0: as fast as it goes
	Arrivals string        // [results.Constant], [results.Poisson]
	Pacing   string        // [results.Spinning], [results.Sleeping]
	Work     time.Duration // of the consumer, on each message
	Think    time.Duration // of the producer, before each
	Seed     [2]uint64     // of what is random of this launch

	Pairs  int // at once
	FanIn  int // producers to one consumer; 0: pairs
	FanOut int // consumers to one producer; 0: pairs
	Number int // which of those this end is, or which pair's, from 0

	Shared string // a file of as many zeroed bytes as Workload.Shared says, which both ends map; "": none
	Muster string // a file of MusterSize zeroed bytes that all ends of a launch with more than two map; "": there are two
	Court  string // a file of CourtSize zeroed bytes that both ends can map, to hand each other a cache line in; "": they do not
}

// A Warmup is as long as the longer of the two.
type Warmup struct {
	Time     time.Duration
	Messages int64
}

func (w Warmup) String() string {
	switch {
	case w.Messages == 0:
		return w.Time.String()
	case w.Time == 0:
		return fmt.Sprintf("%dx", w.Messages)
	}
	return fmt.Sprintf("%s and %dx", w.Time, w.Messages)
}

// fewest is how many messages are measured in any case: where the first of them
// is held up for longer than all were to take, there is still a rate.
const fewest = 10

// fewestBatches is how many batches that share a push to the storage are measured,
// at least. Only whole ones are counted: up to one is lost at either end.
const fewestBatches = 4

// countsServing says whether this end counts what serves its link: of several that have one
// link, the first does.
func (t *Task) countsServing() bool {
	return t.Number == 0 || t.Spec.Producers < 2 && t.Spec.Consumers < 2
}

// batch is how many messages share a push to the storage.
func (t *Task) batch() int64 { return max(1, int64(t.Spec.Batch)) }

// FewMessages is about how many messages a launch exchanges however long each takes,
// the last of its warm-up included.
const FewMessages = 2 * fewest

// Bytes is how long so many messages are together, from that number on.
func (t *Task) Bytes(from uint64, n int64) int64 {
	cycle := int64(len(t.Lengths))
	if cycle == 0 {
		return n * int64(t.Size)
	}
	var all, rest int64
	for _, length := range t.Lengths {
		all += int64(length)
	}
	at := int64(from % uint64(cycle))
	for i := range n % cycle {
		rest += int64(t.Lengths[(at+i)%cycle])
	}
	return n/cycle*all + rest
}

// Over reports whether the measured part is: n messages that count were sent,
// and its clock, which started at start, reads at.
func (t *Task) Over(n, start, at int64) bool {
	if t.Messages > 0 {
		return n >= t.Messages
	}
	return at-start >= int64(t.Time) && n >= max(fewest, fewestBatches*t.batch())
}

// AtMost is every, or left where a number of messages was asked for and only
// that many are still to come.
func (t *Task) AtMost(every, left int64) int64 {
	if t.Messages > 0 {
		return min(every, left)
	}
	return every
}

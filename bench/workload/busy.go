package workload

import (
	"time"

	"ipcbench/bench/internal/clock"
)

// A busy end spends so much time on a message as a program does that has something
// to do with it: it keeps its CPU and reads the clock until the time is over.
//
// The time is that of the whole call, the two readings of the clock included that
// it takes at least. What a call takes longer than it is to, by less than a
// reading and a tick, the next one takes less: the mean is right to a fraction of
// either, though a single call is not.
type busy struct {
	each  int64 // how long a call is to take, ns; 0: it returns at once
	late  int64 // what the last one took too long
	spent int64 // by all calls, less a reading each
	calls int64
	cost  int64 // of a reading
	slack int64 // a call that is later than that was interrupted, and the next owes nothing for it
}

// LeastBusy is the shortest time that an end can be busy for on this machine: two
// readings of its clock, or a tick.
func LeastBusy() time.Duration {
	return time.Duration(max(int64(2*clock.Cost())+1, clock.Tick()))
}

func (e *End) newBusy(each time.Duration) busy {
	return busy{each: int64(each), cost: int64(e.Clock + 0.5), slack: 2 * (int64(e.Clock+0.5) + e.Tick)}
}

// work is what the consumer does with a message, between its arrival and what
// follows: nothing, unless the task asks for it, and nothing on the other side.
func (e *End) work() {
	if e.working.each > 0 {
		e.working.spin()
	}
}

// think is what the producer does before it sends a message, likewise.
func (e *End) think() {
	if e.thinking.each > 0 {
		e.thinking.spin()
	}
}

func (b *busy) spin() {
	began := Now()
	until := began + b.each - b.cost - b.late
	at := Now()
	for at < until {
		at = Now()
	}
	if b.late = at - until; b.late > b.slack {
		b.late = 0
	}
	b.spent += at - began
	b.calls++
}

// since is how long all calls took together since an earlier state of the same, in
// ns.
func (b busy) since(before busy) float64 {
	return float64(b.spent-before.spent) + float64(b.calls-before.calls)*float64(b.cost)
}

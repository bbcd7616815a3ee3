package shm

// Wait is what an end does while there is nothing to receive or no room.
type Wait int

// The ways of waiting.
const (
	Spin   Wait = iota // read the word again after a PAUSE
	Yield              // spin a little, then give the CPU away before each further look
	Futex              // sleep in the kernel at once (futex(2))
	Hybrid             // spin a bounded time, then sleep
)

// How often Yield and Hybrid look, with a PAUSE between, before they do
// otherwise. A PAUSE takes 10 to 60 ns on the machines of today, so Hybrid
// spins for 10 to 60 µs: about what a sleep and a wake-up across CPUs cost.
const (
	yieldSpins  = 32
	hybridSpins = 1000
)

// change waits until word is no longer seen and returns what it is then. open
// is false where closed was set and word is still seen.
//
// An end that sleeps first says so in asleep, which publish looks at.
func (how Wait) change(at *uint64, seen uint64, asleep, closed *word) (now uint64, open bool) {
	for turn := 0; ; turn++ {
		if now := load(at); now != seen {
			return now, true
		}
		if load(&closed.v) != 0 {
			// The peer publishes before it closes: look once more, or its
			// last message is lost.
			now := load(at)
			return now, now != seen
		}
		switch {
		case how == Spin, how == Yield && turn < yieldSpins, how == Hybrid && turn < hybridSpins:
			pause()
		case how == Yield:
			yield()
		default:
			sleep(at, seen, &asleep.v, &closed.v)
		}
	}
}

// publish makes v, and all that was written before it, visible in word, and
// wakes the peer where this way of waiting may have put it to sleep.
func (how Wait) publish(at *uint64, v uint64, asleep *word) {
	if how.sleeps() {
		wake(at, v, asleep)
	} else {
		storeRelease(at, v)
	}
}

// sleeps says whether an end may be asleep when its peer publishes.
func (how Wait) sleeps() bool { return how == Futex || how == Hybrid }

// wake stores v in word and wakes the peer if it says that it sleeps. The
// store is a full fence: without one, asleep could be read before v is
// visible, while the peer, likewise, sees neither, and sleeps for ever.
func wake(at *uint64, v uint64, asleep *word) {
	swap(at, v)
	if load(&asleep.v) != 0 {
		swap(&asleep.v, 0)
		futexWake(&asleep.v)
	}
}

// sleep waits in the kernel until a peer that has changed word, or closed,
// calls wake. It may return early.
func sleep(at *uint64, seen uint64, asleep, closed *uint64) {
	swap(asleep, 1)
	if load(at) != seen || load(closed) != 0 {
		swap(asleep, 0)
		return
	}
	futexWait(asleep, 1)
}

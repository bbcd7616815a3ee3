package shm

// Wait is what an end does while there is nothing to receive or no room.
type Wait int

// The ways of waiting.
const (
	Spin    Wait = iota // read the word again after a PAUSE
	Yield               // spin a little, then give the CPU away before each further look
	Futex               // sleep in the kernel at once (futex(2)): from here on, an end may be asleep
	Hybrid              // spin a bounded time, then sleep (futex(2))
	Eventfd             // sleep in the kernel at once (eventfd(2))
)

// Eventfds are what the ends of one direction sleep in where they wait by
// Eventfd: each end reads its own and writes its peer's, in blocking mode, from
// zero. Elsewhere they are not used.
type Eventfds struct{ Reader, Writer uintptr }

// A bed is where one end sleeps.
type bed struct {
	asleep *word   // 1 while it sleeps, or is about to
	fd     uintptr // its eventfd
}

// How often Yield and Hybrid look, with a PAUSE between, before they do
// otherwise. A PAUSE takes 10 to 60 ns on the machines of today, so Hybrid
// spins for 10 to 60 µs: about what a sleep and a wake-up across CPUs cost.
const (
	yieldSpins  = 32
	hybridSpins = 1000
)

// looks is how often a reader looks, with a PAUSE between and with nothing else, before
// it leaves that to change; 0 where it sleeps at once.
func (how Wait) looks() int {
	switch how {
	case Spin, Hybrid:
		return hybridSpins
	case Yield:
		return yieldSpins
	}
	return 0
}

// change waits until word is no longer seen and returns what it is then. open
// is false where closed was set and word is still seen.
//
// Who has looked in vain already, as often as looks says, says so by turns.
//
// An end that sleeps first says so in its bed, where publish looks.
func (how Wait) change(at *uint64, seen uint64, turns int, own bed, closed *word) (now uint64, open bool) {
	for turn := turns; ; turn++ {
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
			how.sleep(at, seen, own, &closed.v)
		}
	}
}

// room waits until there is room for message next of a ring of so many slots, from which so
// many messages were seen taken. It returns how many are now, and below which number
// messages have room and lie in this lap. open is false where the reader has closed.
func (how Wait) room(ctl *control, own bed, next, taken, slots uint64) (now, limit uint64, open bool) {
	if next == taken+slots {
		if taken, open = how.change(&ctl.taken.v, taken, 0, own, &ctl.readerClosed); !open {
			return taken, next, false
		}
	}
	lapEnd := next/slots*slots + slots
	return taken, min(taken+slots, lapEnd), true
}

// idle is what an end that does not sleep does between two looks, after so many
// in vain.
func (how Wait) idle(turn int) {
	if how == Yield && turn >= yieldSpins {
		yield()
	} else {
		pause()
	}
}

// publish makes v, and all that was written before it, visible in word, and
// wakes the peer where this way of waiting may have put it to sleep.
func (how Wait) publish(at *uint64, v uint64, peer bed) {
	if how.sleeps() {
		how.wake(at, v, peer)
	} else {
		storeRelease(at, v)
	}
}

// sleeps says whether an end may be asleep when its peer publishes.
func (how Wait) sleeps() bool { return how >= Futex }

// wake stores v in word and wakes the peer if it says that it sleeps. The
// store is a full fence: without one, asleep could be read before v is
// visible, while the peer, likewise, sees neither, and sleeps for ever.
func (how Wait) wake(at *uint64, v uint64, peer bed) {
	swap(at, v)
	if load(&peer.asleep.v) == 0 {
		return
	}
	swap(&peer.asleep.v, 0)
	if how == Eventfd {
		eventfdWrite(peer.fd)
	} else {
		futexWake(&peer.asleep.v)
	}
}

// sleep waits in the kernel until a peer that has changed word, or closed,
// calls wake. It may return early.
//
// An eventfd counts, so a wake-up that comes before the sleep is not lost. One
// that comes as this end finds that it need not sleep stays behind, and the next
// sleep returns at once, for one look too many.
func (how Wait) sleep(at *uint64, seen uint64, own bed, closed *uint64) {
	swap(&own.asleep.v, 1)
	if load(at) != seen || load(closed) != 0 {
		swap(&own.asleep.v, 0)
		return
	}
	if how == Eventfd {
		eventfdRead(own.fd)
	} else {
		futexWait(&own.asleep.v, 1)
	}
}

package transports

import (
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"ipcbench/internal/shm"
)

// A turn is a word of a [meeting] that says which of two threads may touch what
// lies beside it. That thread passes it to the other, which waits for it.
//
// The word is
//
//	0                           before the first to have it has joined
//	a thread | futexWaiters     that thread's turn
//	a thread                    likewise, and the other has closed
//	turnOver                    nobody's: one has closed and the other knows
//	futexDied                   nobody's: whose turn it was has died
//
// A close never waits for the other.
type turn struct {
	*meeting
	at           *cell
	life         *uint32 // the peer's
	mine, theirs uint32  // the word when it is either one's turn; mine is noThread before the peer is known
	spin         bool
}

// turnOver is no thread's number either.
const turnOver = noThread - 1

var errTurnOver = fmt.Errorf("%w: the peer has closed its end", unix.EPIPE)

// turnWait is the option wait of transports that take turns.
func turnWait() Option {
	return Option{Name: "wait", Doc: "what an end does while it is not its turn", Values: []Value{
		{Name: "futex", Doc: "sleep in the kernel at once", Waits: Sleeps},
		{Name: "spin", Doc: "look again after a PAUSE", Waits: Spins},
	}}
}

// newTurn returns the turn on the messages that sender sends, which first has
// first.
func newTurn(m *meeting, s Spec, sender, first Side) turn {
	t := turn{
		meeting: m,
		at:      &m.page.way[sender],
		life:    &m.page.life[m.side.Peer()].word,
		mine:    noThread,
		spin:    s.Option("wait") == "spin",
	}
	if first == m.side && atomic.CompareAndSwapUint32(&t.at.word, 0, m.tid|futexWaiters) {
		futexWake(&t.at.word)
	}
	return t
}

// has says whether it is certainly this side's turn and the peer has not closed.
func (t *turn) has() bool { return atomic.LoadUint32(&t.at.word) == t.mine }

// wait waits for this side's turn. last says that there will be no other,
// because the peer has closed. The error is errTurnOver where there is not even
// this one.
func (t *turn) wait() (last bool, err error) {
	if t.theirs == 0 {
		peer, err := t.peer()
		if err != nil {
			return false, err
		}
		t.mine, t.theirs = t.tid|futexWaiters, peer|futexWaiters
	}
	for {
		switch v := atomic.LoadUint32(&t.at.word); {
		case v == t.mine:
			return false, nil
		case v == t.tid:
			return true, nil
		case v == turnOver:
			return false, errTurnOver
		case v&futexDied != 0:
			return false, errPeerDied
		case atomic.LoadUint32(t.life)&futexDied != 0:
			// It may have passed the turn before it died.
			if atomic.LoadUint32(&t.at.word) == v {
				return false, errPeerDied
			}
		case t.spin:
			shm.Pause()
		default:
			asleep := &t.at.asleep[t.side]
			atomic.StoreUint32(asleep, 1)
			futexWait(&t.at.word, v)
			atomic.StoreUint32(asleep, 0)
		}
	}
}

// pass gives the turn, which this side has, to the peer. It fails where the
// peer has closed, and then the turn is over.
func (t *turn) pass() bool {
	if !atomic.CompareAndSwapUint32(&t.at.word, t.mine, t.theirs) {
		atomic.StoreUint32(&t.at.word, turnOver)
		return false
	}
	return true
}

// wake wakes the peer, to whom the turn was passed, if it says that it sleeps.
func (t *turn) wake() {
	if atomic.LoadUint32(&t.at.asleep[t.side.Peer()]) != 0 {
		futexWake(&t.at.word)
	}
}

// end closes this side: the peer has no turn after the one it may have now.
func (t *turn) end() {
	for {
		v := atomic.LoadUint32(&t.at.word)
		after := uint32(turnOver)
		switch {
		case v == turnOver, v&futexDied != 0:
			return
		case v&futexWaiters != 0 && v != t.tid|futexWaiters:
			after = v &^ futexWaiters
		}
		if atomic.CompareAndSwapUint32(&t.at.word, v, after) {
			futexWake(&t.at.word)
			return
		}
	}
}

// received is the error of a Recv that waited for a turn in vain.
func (t *turn) received(err error) error {
	if errors.Is(err, errTurnOver) {
		return io.EOF
	}
	return fmt.Errorf("%s: receive: %w", t.what, err)
}

// refused is the error of a Send of n bytes that waited for a turn in vain.
func (t *turn) refused(n int, err error) error {
	return fmt.Errorf("%s: send %d bytes: %w", t.what, n, err)
}

package meeting

import (
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"ipcbench/internal/shm"
	"ipcbench/transports"
)

// A Turn is a word of a [Meeting] that says which of two threads may touch what
// lies beside it. That thread passes it to the other, which waits for it.
//
// The word is
//
//	0                           before the first to have it has joined
//	a thread | FutexWaiters     that thread's turn
//	a thread                    likewise, and the other has closed
//	TurnOver                    nobody's: one has closed and the other knows
//	FutexDied                   nobody's: whose turn it was has died
//
// A close never waits for the other.
type Turn struct {
	*Meeting
	At           *Cell
	life         *uint32 // the peer's
	mine, Theirs uint32  // the word when it is either one's turn; mine is noThread before the peer is known
	Spin         bool
}

// TurnOver is no thread's number either.
const TurnOver = noThread - 1

var ErrTurnOver = fmt.Errorf("%w: the peer has closed its end", unix.EPIPE)

// WaitOption is the option wait of transports that take turns.
func WaitOption() transports.Option {
	return transports.Option{Name: "wait", Doc: "what an end does while it is not its turn", Values: []transports.Value{
		{Name: "futex", Doc: "sleep in the kernel at once", Waits: transports.Sleeps},
		{Name: "spin", Doc: "look again after a PAUSE", Waits: transports.Spins},
	}}
}

// NewTurn returns the turn on the messages that sender sends, which first has
// first.
func NewTurn(m *Meeting, s transports.Spec, sender, first transports.Side) Turn {
	t := Turn{
		Meeting: m,
		At:      &m.Page.Way[sender],
		life:    &m.Page.Life[m.Side.Peer()].Word,
		mine:    noThread,
		Spin:    s.Option("wait") == "spin",
	}
	if first == m.Side && atomic.CompareAndSwapUint32(&t.At.Word, 0, m.TID|FutexWaiters) {
		FutexWake(&t.At.Word)
	}
	return t
}

// Has says whether it is certainly this side's turn and the peer has not closed.
func (t *Turn) Has() bool { return atomic.LoadUint32(&t.At.Word) == t.mine }

// Wait waits for this side's turn. last says that there will be no other,
// because the peer has closed. The error is ErrTurnOver where there is not even
// this one.
func (t *Turn) Wait() (last bool, err error) {
	if t.Theirs == 0 {
		peer := t.Peer().Thread
		if peer == t.TID {
			return false, errors.New("both ends are on one thread, which cannot take turns with itself")
		}
		t.mine, t.Theirs = t.TID|FutexWaiters, peer|FutexWaiters
	}
	for {
		switch v := atomic.LoadUint32(&t.At.Word); {
		case v == t.mine:
			return false, nil
		case v == t.TID:
			return true, nil
		case v == TurnOver:
			return false, ErrTurnOver
		case v&FutexDied != 0:
			return false, ErrPeerDied
		case atomic.LoadUint32(t.life)&FutexDied != 0:
			// It may have passed the turn before it died.
			if atomic.LoadUint32(&t.At.Word) == v {
				return false, ErrPeerDied
			}
		case t.Spin:
			shm.Pause()
		default:
			asleep := &t.At.asleep[t.Side]
			atomic.StoreUint32(asleep, 1)
			FutexWait(&t.At.Word, v)
			atomic.StoreUint32(asleep, 0)
		}
	}
}

// Pass gives the turn, which this side has, to the peer. It fails where the
// peer has closed, and then the turn is over.
func (t *Turn) Pass() bool {
	if !atomic.CompareAndSwapUint32(&t.At.Word, t.mine, t.Theirs) {
		atomic.StoreUint32(&t.At.Word, TurnOver)
		return false
	}
	return true
}

// Wake wakes the peer, to whom the turn was passed, if it says that it sleeps.
func (t *Turn) Wake() {
	if atomic.LoadUint32(&t.At.asleep[t.Side.Peer()]) != 0 {
		FutexWake(&t.At.Word)
	}
}

// End closes this side: the peer has no turn after the one it may have now.
func (t *Turn) End() {
	for {
		v := atomic.LoadUint32(&t.At.Word)
		after := uint32(TurnOver)
		switch {
		case v == TurnOver, v&FutexDied != 0:
			return
		case v&FutexWaiters != 0 && v != t.TID|FutexWaiters:
			after = v &^ FutexWaiters
		}
		if atomic.CompareAndSwapUint32(&t.At.Word, v, after) {
			FutexWake(&t.At.Word)
			return
		}
	}
}

// Received is the error of a Recv that waited for a turn in vain.
func (t *Turn) Received(err error) error {
	if errors.Is(err, ErrTurnOver) {
		return io.EOF
	}
	return fmt.Errorf("%s: receive: %w", t.what, err)
}

// Refused is the error of a Send of n bytes that waited for a turn in vain.
func (t *Turn) Refused(n int, err error) error {
	return fmt.Errorf("%s: send %d bytes: %w", t.what, n, err)
}

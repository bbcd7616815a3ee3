package transports

import (
	"encoding/binary"
	"fmt"
	"os"
	"unsafe"
)

func init() { Register(futex{}) }

// futex is a word of shared memory in each direction, with the message beside
// it: what a wake-up costs by itself. See futex(2).
//
// Only one message at a time is on its way: a sender waits until the last was
// taken. Each message is announced by FUTEX_WAKE, whether its receiver sleeps or
// not; the receiver wakes a sender only if that waits for room. What more than
// one slot would gain, and a look whether there is anybody to wake, is mmap's
// wait=futex.
type futex struct{}

func (futex) Info() Info {
	return Info{
		Name:    "futex",
		Doc:     "a word of shared memory in each direction, the message beside it, one at a time (futex)",
		Kind:    Notification,
		Caps:    SeesPeerDeath,
		MaxSize: len(cell{}.value),
		Options: []Option{turnWait()},
	}
}

func (futex) Probe(s Spec) error { return probeSize(s) }

func (t futex) Create(s Spec) (Link, error) {
	if err := t.Probe(s); err != nil {
		return nil, err
	}
	return linkOf(newPage("futex"))
}

func (futex) Open(s Spec, side Side, files []*os.File) (Endpoint, error) {
	m, err := join("futex", files[0], side)
	if err != nil {
		return nil, err
	}
	return &futexEndpoint{
		out:  newTurn(m, s, side, side),
		in:   newTurn(m, s, side.Peer(), side.Peer()),
		size: s.Size,
	}, nil
}

type futexEndpoint struct {
	out, in turn
	size    int // of the longest message
	closed  bool
}

func (e *futexEndpoint) Send(msg []byte) error {
	if err := checkSend(len(msg), e.size); err != nil {
		return err
	}
	if !e.out.has() {
		last, err := e.out.wait()
		if last {
			err = errTurnOver
		}
		if err != nil {
			return e.out.refused(len(msg), err)
		}
	}
	at := e.out.at
	at.length = uint32(len(msg))
	if len(msg) == len(at.value) {
		*(*uint64)(unsafe.Pointer(&at.value)) = binary.LittleEndian.Uint64(msg)
	} else {
		copy(at.value[:], msg)
	}
	if !e.out.pass() {
		return e.out.refused(len(msg), errTurnOver)
	}
	if !e.out.spin {
		futexWake(&at.word)
	}
	return nil
}

func (e *futexEndpoint) Recv(buf []byte) (int, error) {
	if err := checkRecv(len(buf), e.size); err != nil {
		return 0, err
	}
	if !e.in.has() {
		if _, err := e.in.wait(); err != nil {
			return 0, e.in.received(err)
		}
	}
	at := e.in.at
	n := int(at.length)
	switch {
	case n > e.size:
		return 0, fmt.Errorf("futex: receive: a message of %d bytes on a link for at most %d: the shared memory was overwritten", n, e.size)
	case n == len(at.value):
		binary.LittleEndian.PutUint64(buf, *(*uint64)(unsafe.Pointer(&at.value)))
	default:
		copy(buf[:n], at.value[:])
	}
	if e.in.pass() {
		e.in.wake()
	}
	return n, nil
}

func (e *futexEndpoint) Close() error {
	if e.closed {
		return nil
	}
	e.closed = true
	e.out.end()
	e.in.end()
	return e.out.leave()
}

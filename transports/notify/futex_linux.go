package notify

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"ipcbench/transports"
	"ipcbench/transports/internal/links"
	"ipcbench/transports/internal/meeting"
	"ipcbench/transports/internal/page"
)

func init() { transports.Register(futex{}) }

// futex is a word of shared memory in each direction, with the message beside
// it: what a wake-up costs by itself. See futex(2).
//
// Only one message at a time is on its way: a sender waits until the last was
// taken. Each message is announced by FUTEX_WAKE, whether its receiver sleeps or
// not; the receiver wakes a sender only if that waits for room. What more than
// one slot would gain, and a look whether there is anybody to wake, is mmap's
// wait=futex.
type futex struct{}

var futexInfo = transports.Info{
	Name:    "futex",
	Also:    []string{"semaphore", "mutex"},
	Doc:     "a word of shared memory in each direction, the message beside it, one at a time (futex)",
	Kind:    transports.Notification,
	Group:   group,
	Caps:    transports.SeesPeerDeath,
	MaxSize: len(meeting.Cell{}.Value),
	Options: []transports.Option{meeting.WaitOption()},
}

func (futex) Info() transports.Info { return futexInfo }

func (futex) Probe(s transports.Spec) error {
	if err := transports.ProbeSize(s); err != nil {
		return err
	}
	return meeting.Probe("futex")
}

func (t futex) Create(s transports.Spec) (transports.Link, error) {
	if err := t.Probe(s); err != nil {
		return nil, err
	}
	return links.Of(page.New("futex"))
}

func (futex) Open(s transports.Spec, side transports.Side, h transports.Handover) (transports.Endpoint, error) {
	m, err := meeting.Join("futex", h.Files[0], side)
	if err != nil {
		return nil, err
	}
	return &futexEndpoint{
		out:  meeting.NewTurn(m, s, side, side),
		in:   meeting.NewTurn(m, s, side.Peer(), side.Peer()),
		size: s.Size,
	}, nil
}

type futexEndpoint struct {
	out, in meeting.Turn
	size    int // of the longest message
	closed  bool
}

func (e *futexEndpoint) Send(msg []byte) error {
	if err := transports.CheckSend(len(msg), e.size); err != nil {
		return err
	}
	if !e.out.Has() {
		last, err := e.out.Wait()
		if last {
			err = meeting.ErrTurnOver
		}
		if err != nil {
			return e.out.Refused(len(msg), err)
		}
	}
	at := e.out.At
	at.Length = uint32(len(msg))
	if len(msg) == len(at.Value) {
		*(*uint64)(unsafe.Pointer(&at.Value)) = binary.LittleEndian.Uint64(msg)
	} else {
		copy(at.Value[:], msg)
	}
	if !e.out.Pass() {
		return e.out.Refused(len(msg), meeting.ErrTurnOver)
	}
	if !e.out.Spin {
		meeting.FutexWake(&at.Word)
	}
	return nil
}

func (e *futexEndpoint) Recv(buf []byte) (int, error) {
	if err := transports.CheckRecv(len(buf), e.size); err != nil {
		return 0, err
	}
	if !e.in.Has() {
		if _, err := e.in.Wait(); err != nil {
			return 0, e.in.Received(err)
		}
	}
	at := e.in.At
	n := int(at.Length)
	switch {
	case n > e.size:
		return 0, fmt.Errorf("futex: receive: a message of %d bytes on a link for at most %d: the shared memory was overwritten", n, e.size)
	case n == len(at.Value):
		binary.LittleEndian.PutUint64(buf, *(*uint64)(unsafe.Pointer(&at.Value)))
	default:
		copy(buf[:n], at.Value[:])
	}
	if e.in.Pass() {
		e.in.Wake()
	}
	return n, nil
}

// Fault explains a memory fault in the shared page.
func (e *futexEndpoint) Fault(addr uintptr) error { return e.out.Fault(addr) }

func (e *futexEndpoint) Close() error {
	if e.closed {
		return nil
	}
	e.closed = true
	e.out.End()
	e.in.End()
	return e.out.Leave()
}

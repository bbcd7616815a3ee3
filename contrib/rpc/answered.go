package rpc

import (
	"io"
	"sync"
)

// answering is the consumer's end where each message is a call. The goroutine of a call
// hands its message to Recv and waits for what becomes of it: a Send answers it, and
// the next Recv, where nothing was sent, acknowledges it without data. A Send without a call
// to answer waits for one.
type answering struct {
	connection *connection
	stop       func() // the server; nil: it does not serve
	calls      chan []byte
	answers    chan []byte
	inbox      [][]byte // messages of calls that were answered before they were received
	open       bool     // a call waits for its answer
	closed     chan struct{}
	once       sync.Once
}

func newAnswering(c *connection) *answering {
	return &answering{connection: c, calls: make(chan []byte, 1), answers: make(chan []byte, 1), closed: make(chan struct{})}
}

func (a *answering) serve(stop func()) { a.stop = stop }

// call is what the server calls, in a goroutine of its own.
func (a *answering) call(message []byte) ([]byte, error) {
	select {
	case <-a.closed:
		return nil, io.EOF
	default:
	}
	a.calls <- message // there is room: who calls waits for the answer
	select {
	case answer := <-a.answers:
		return answer, nil
	case <-a.closed:
		return nil, io.EOF
	case <-a.connection.over:
		return nil, io.EOF
	}
}

func (a *answering) flow(stream) error { return io.EOF }

// next waits for the next call.
func (a *answering) next() ([]byte, error) {
	select {
	case message := <-a.calls:
		return message, nil
	case <-a.connection.over:
	}
	select {
	case message := <-a.calls: // it came before
		return message, nil
	default:
		return nil, a.connection.why
	}
}

func (a *answering) Send(msg []byte) error {
	if !a.open {
		message, err := a.next()
		if err != nil {
			return err
		}
		if len(message) > 0 {
			a.inbox = append(a.inbox, own(message))
		}
	}
	a.answer(own(msg))
	return nil
}

func (a *answering) answer(msg []byte) {
	a.open = false
	a.answers <- msg
}

func (a *answering) Recv(buf []byte) (int, error) {
	if len(a.inbox) > 0 {
		n := copy(buf, a.inbox[0])
		a.inbox = a.inbox[1:]
		return n, nil
	}
	if a.open {
		a.answer(nil)
	}
	for {
		message, err := a.next()
		if err != nil {
			return 0, err
		}
		a.open = true
		if len(message) > 0 {
			return copy(buf, message), nil
		}
	}
}

// Close tells the producer, when it calls, that there is nobody any more, and waits until it
// has hung up: a server that stops sooner may cut off its last answer.
func (a *answering) Close() error {
	a.once.Do(func() {
		if a.open {
			a.answer(nil)
		}
		close(a.closed)
		<-a.connection.over
		a.stop()
		a.connection.Close()
	})
	return nil
}

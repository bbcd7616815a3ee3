package bench

import (
	"ipcbench/transports"
)

// An exchange is how a workload's loop sends and receives numbered messages
// over an endpoint: by copy, or in place.
type exchange interface {
	// send builds and sends the message of this number.
	send(number uint64, p phase) error
	// receive takes the next message, which must have this number, checks it
	// and says what it is for.
	receive(number uint64) (phase, error)
	// echo is receive, and then sends the same bytes back.
	echo(number uint64, before func(phase)) (phase, error)
}

func newExchange(ep transports.Endpoint, spec transports.Spec, size int, full bool) exchange {
	base := pattern{message: make(message, size), full: full}
	base.fill(0)
	if spec.Option("api") == "inplace" {
		return &inPlace{pattern: base, ep: ep.(transports.InPlace)}
	}
	return &byCopy{pattern: base, ep: ep, in: make([]byte, size)}
}

// pattern is the message that is sent while only the ends change.
type pattern struct {
	message
	full bool // every byte depends on the number, and is checked, in every phase
}

// build stamps m, and fills it where this phase's messages are checked whole.
func (t *pattern) build(m message, number uint64, p phase) {
	if t.full || p != measured {
		m.fill(number)
	}
	m.stamp(number, p)
}

// verify checks m as far as its phase demands.
func (t *pattern) verify(m message, number uint64) (phase, error) {
	if err := m.check(len(t.message), number); err != nil {
		return 0, err
	}
	p := m.phase()
	if t.full || p != measured {
		return p, m.checkMiddle(number)
	}
	return p, nil
}

// byCopy hands over and takes messages in buffers of its own; the transport
// copies every byte out of one and into the other.
type byCopy struct {
	pattern
	ep transports.Endpoint
	in message
}

func (x *byCopy) send(number uint64, p phase) error {
	x.build(x.message, number, p)
	return x.ep.Send(x.message)
}

func (x *byCopy) receive(number uint64) (phase, error) {
	n, err := x.ep.Recv(x.in)
	if err != nil {
		return 0, err
	}
	return x.verify(x.in[:n], number)
}

func (x *byCopy) echo(number uint64, before func(phase)) (phase, error) {
	p, err := x.receive(number)
	if err != nil {
		return 0, err
	}
	if p == marking {
		before(p)
	}
	return p, x.ep.Send(x.in)
}

// inPlace builds messages where they will be read, and reads them there. So
// that every byte is written and read all the same, the producer lays the
// whole pattern down each time and the consumer compares the whole of it.
type inPlace struct {
	pattern
	ep transports.InPlace
}

func (x *inPlace) send(number uint64, p phase) error {
	room, err := x.ep.Loan(len(x.message))
	if err != nil {
		return err
	}
	if !x.full && p == measured {
		copy(room, x.message)
	}
	x.build(room, number, p)
	return x.ep.Commit()
}

func (x *inPlace) receive(number uint64) (phase, error) {
	m, err := x.ep.Peek()
	if err != nil {
		return 0, err
	}
	p, err := x.read(m, number)
	if err != nil {
		return 0, err
	}
	return p, x.ep.Release()
}

func (x *inPlace) read(m message, number uint64) (phase, error) {
	p, err := x.verify(m, number)
	if err == nil && !x.full && p == measured {
		err = m.sameMiddle(x.message, number)
	}
	return p, err
}

func (x *inPlace) echo(number uint64, before func(phase)) (phase, error) {
	m, err := x.ep.Peek()
	if err != nil {
		return 0, err
	}
	p, err := x.read(m, number)
	if err != nil {
		return 0, err
	}
	if p == marking {
		before(p)
	}
	room, err := x.ep.Loan(len(m))
	if err != nil {
		return 0, err
	}
	copy(room, m)
	if err := x.ep.Commit(); err != nil {
		return 0, err
	}
	return p, x.ep.Release()
}

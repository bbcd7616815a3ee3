package bench

import "ipcbench/transports"

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

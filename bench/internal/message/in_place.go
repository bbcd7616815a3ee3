package bench

import (
	"ipcbench/internal/shm"
	"ipcbench/transports"
)

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
		shm.Copy(room, x.message)
	}
	x.build(room, number, p)
	return x.ep.Commit()
}

func (x *inPlace) receive(number uint64) (phase, error) {
	_, p, err := x.look(number)
	if err != nil {
		return 0, err
	}
	return p, x.ep.Release()
}

// look waits for the next message and checks it where it lies.
func (x *inPlace) look(number uint64) (m message, p phase, err error) {
	if m, err = x.ep.Peek(); err != nil {
		return nil, 0, err
	}
	if p, err = x.verify(m, number); err == nil && !x.full && p == measured {
		err = m.sameMiddle(x.message, number)
	}
	return m, p, err
}

func (x *inPlace) echo(number uint64, before func()) (phase, error) {
	m, p, err := x.look(number)
	if err != nil {
		return 0, err
	}
	if p == marking {
		before()
	}
	room, err := x.ep.Loan(len(m))
	if err != nil {
		return 0, err
	}
	shm.Copy(room, m)
	if err := x.ep.Commit(); err != nil {
		return 0, err
	}
	return p, x.ep.Release()
}

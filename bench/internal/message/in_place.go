package message

import (
	"ipcbench/internal/shm"
	"ipcbench/transports"
)

// inPlace builds messages where they will be read, and reads them there. So
// that every byte is written and read all the same, the producer lays the
// whole pattern down each time, that of number 0, and the consumer compares the whole of
// it with what is due: it need not read another message for that.
type inPlace struct {
	pattern
	ep transports.InPlace
}

func (x *inPlace) Send(number uint64, p Phase) error {
	room, err := x.ep.Loan(len(x.message))
	if err != nil {
		return err
	}
	if !x.full && p == Measured {
		shm.Copy(room, x.message)
	}
	x.build(room, number, p)
	return x.ep.Commit()
}

func (x *inPlace) Receive(number uint64) (Phase, error) {
	_, p, err := x.look(number)
	if err != nil {
		return 0, err
	}
	return p, x.ep.Release()
}

// look waits for the next message and checks it where it lies.
func (x *inPlace) look(number uint64) (m message, p Phase, err error) {
	if m, err = x.ep.Peek(); err != nil {
		return nil, 0, err
	}
	if p, err = x.verify(m, number); err == nil && !x.full && p == Measured {
		err = m.checkMiddle(0)
	}
	return m, p, err
}

func (x *inPlace) Echo(number uint64, last Phase, between func(Phase)) (Phase, error) {
	m, p, err := x.look(number)
	if err != nil {
		return 0, err
	}
	if p <= last {
		between(p)
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

func (x *inPlace) SendBurst(number uint64, n int64) error { return sendEach(x, number, n) }

func (x *inPlace) ReceiveBurst(number uint64, n int64) (int64, error) {
	return receiveEach(x, number, n)
}

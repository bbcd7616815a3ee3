package message

import "ipcbench/transports"

// byCopy hands over and takes messages in buffers of its own; the transport
// copies every byte out of one and into the other.
type byCopy struct {
	pattern
	ep  transports.Endpoint
	in  message
	out framed // of the pattern's message
	got framed // of in

	// Of messages that count, the ends are checked, and of one in wholeEvery,
	// the first among them, every byte: it would else go unseen where something
	// damages what lies between. What that has to be is the pattern of the last
	// message before.
	whole  uint64 // the number of the next of these
	filled uint64 // the number of that last one
}

// wholeEvery is so great that checking a message whole takes less than a
// thousandth of the time, and is no part of a p99.9.
const wholeEvery = 4096

func newByCopy(ep transports.Endpoint, size int, full bool) byCopy {
	x := byCopy{pattern: pattern{full: full}, ep: ep}
	x.message, x.out = frame(size)
	x.in, x.got = frame(size)
	if full {
		x.got.length = -1 // no message is that: each is examined
	}
	x.fill(0)
	x.in.fill(0) // its pages are there before a message is
	return x
}

func (x *byCopy) Send(number uint64, p Phase) error {
	if x.quick(p) {
		x.out.stamp(number, p)
	} else {
		x.build(x.message, number, p)
	}
	return x.ep.Send(x.message)
}

func (x *byCopy) Receive(number uint64) (Phase, error) {
	n, err := x.ep.Recv(x.in)
	if err != nil {
		return 0, err
	}
	if number == x.whole || !x.got.is(n, number, Measured) {
		return x.examine(x.in[:n], number)
	}
	return Measured, nil
}

// SendBurst has no calls for a message but those of the transport.
func (x *byCopy) SendBurst(number uint64, n int64) error {
	if x.full {
		return sendEach(x, number, n)
	}
	for end := number + uint64(n); number != end; number++ {
		x.out.stamp(number, Measured)
		if err := x.ep.Send(x.message); err != nil {
			return err
		}
	}
	return nil
}

// ReceiveBurst has no calls for a message but those of the transport, and of one in so
// many what checks it whole. It keeps as few variables as will do: a call leaves none in
// a register.
func (x *byCopy) ReceiveBurst(number uint64, n int64) (received int64, err error) {
	for end := number + uint64(n); number != end; number++ {
		got, err := x.ep.Recv(x.in)
		if err != nil {
			return n - int64(end-number), err
		}
		if number == x.whole || !x.got.is(got, number, Measured) {
			if _, err := x.examine(x.in[:got], number); err != nil {
				return n - int64(end-number), err
			}
		}
	}
	return n, nil
}

// examine checks m as far as its phase and its turn demand.
func (x *byCopy) examine(m message, number uint64) (Phase, error) {
	p, err := x.verify(m, number)
	switch {
	case err != nil || x.full:
	case p != Measured:
		x.filled, x.whole = number, number+1
	case number == x.whole:
		x.whole += wholeEvery
		err = m.checkMiddle(x.filled)
	}
	return p, err
}

func (x *byCopy) Echo(number uint64, last Phase, between func(Phase)) (Phase, error) {
	p, err := x.Receive(number)
	if err != nil {
		return 0, err
	}
	if p <= last {
		between(p)
	}
	return p, x.ep.Send(x.in)
}

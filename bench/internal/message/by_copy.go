package message

import "ipcbench/transports"

// byCopy hands over and takes messages in buffers of its own; the transport
// copies every byte out of one and into the other.
type byCopy struct {
	pattern
	ep transports.Endpoint
	in message
}

func (x *byCopy) Send(number uint64, p Phase) error {
	if x.quick(p) {
		x.stampLong(number, p)
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
	if m := x.in[:n]; !x.quick(Measured) || !m.isLong(len(x.message), number, Measured) {
		return x.verify(m, number)
	}
	return Measured, nil
}

func (x *byCopy) Echo(number uint64, before func()) (Phase, error) {
	p, err := x.Receive(number)
	if err != nil {
		return 0, err
	}
	if p == Marking {
		before()
	}
	return p, x.ep.Send(x.in)
}

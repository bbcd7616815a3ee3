package bench

import "ipcbench/transports"

// byCopy hands over and takes messages in buffers of its own; the transport
// copies every byte out of one and into the other.
type byCopy struct {
	pattern
	ep transports.Endpoint
	in message
}

func (x *byCopy) send(number uint64, p phase) error {
	if x.quick(p) {
		x.stampLong(number, p)
	} else {
		x.build(x.message, number, p)
	}
	return x.ep.Send(x.message)
}

func (x *byCopy) receive(number uint64) (phase, error) {
	n, err := x.ep.Recv(x.in)
	if err != nil {
		return 0, err
	}
	if m := x.in[:n]; !x.quick(measured) || !m.isLong(len(x.message), number, measured) {
		return x.verify(m, number)
	}
	return measured, nil
}

func (x *byCopy) echo(number uint64, before func()) (phase, error) {
	p, err := x.receive(number)
	if err != nil {
		return 0, err
	}
	if p == marking {
		before()
	}
	return p, x.ep.Send(x.in)
}

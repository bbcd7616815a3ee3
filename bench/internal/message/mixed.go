package message

import (
	"encoding/binary"

	"ipcbench/transports"
)

// A cycle is lengths of messages, over and over: message n has the length of place
// n. It knows the place of the next message, which is the one that is asked for
// nearly always, so that no message costs a division.
type cycle struct {
	lengths []uint32
	next    uint64
	at      int
}

// of is the length of the message of this number.
func (c *cycle) of(number uint64) int {
	if number != c.next {
		c.next, c.at = number, int(number%uint64(len(c.lengths)))
	}
	length := c.lengths[c.at]
	c.next++
	if c.at++; c.at == len(c.lengths) {
		c.at = 0
	}
	return int(length)
}

// A mixed exchanges messages of such lengths. In common with one of messages that
// are all as long is what a message is: the message that either sends, or expects, is
// the pattern's, cut to its length.
type mixed struct {
	all            message // as long as the longest, with the pattern of number 0
	sent, received cycle
}

func newMixed(lengths []int, size int) mixed {
	m := mixed{all: make(message, size)}
	m.all.fill(0)
	own := make([]uint32, len(lengths))
	for i, length := range lengths {
		own[i] = uint32(length)
	}
	m.sent.lengths, m.received.lengths = own, own
	return m
}

// overMixed is Over for messages of these lengths, up to size.
func overMixed(ep transports.Endpoint, spec transports.Spec, size int, lengths []int, full bool) Exchange {
	if spec.Option("api") == "inplace" {
		return &mixedInPlace{mixed: newMixed(lengths, size), inPlace: inPlace{pattern: pattern{full: full}, ep: ep.(transports.InPlace)}}
	}
	x := &mixedByCopy{mixed: newMixed(lengths, size), built: make(message, size), every: apart(len(lengths))}
	x.ep, x.in, x.full = ep, make(message, size), full
	return x
}

// apart is every which message is checked whole: as often as of messages that are
// all as long or a little more often, so that it is those of all places of a cycle
// in turn.
func apart(cycle int) uint64 {
	every := wholeEvery
	for ; divisor(every, cycle) > 1; every-- {
	}
	return uint64(every)
}

// divisor is the greatest that both have in common.
func divisor(a, b int) int {
	for b > 0 {
		a, b = b, a%b
	}
	return a
}

// mixedByCopy has two messages to send: one whose pattern stays, of which only the
// ends change and are put back, and one that is built anew where all of it is to be
// of its number.
type mixedByCopy struct {
	byCopy
	mixed
	built message
	every uint64
}

func (x *mixedByCopy) Send(number uint64, p Phase) error {
	length := x.sent.of(number)
	x.message = x.all[:length]
	switch {
	case !x.quick(p):
		x.message = x.built[:length]
		x.build(x.message, number, p)
		return x.ep.Send(x.message)
	case length < wordBytes: // that much is stamped in every message
		x.stampTiny(number, p)
		return x.ep.Send(x.message)
	}
	end := x.message[length-wordBytes:]
	middle := binary.LittleEndian.Uint64(end) // of a longer message
	x.stampWords(number, p)
	err := x.ep.Send(x.message)
	binary.LittleEndian.PutUint64(end, middle)
	return err
}

func (x *mixedByCopy) Receive(number uint64) (Phase, error) {
	_, p, err := x.take(number)
	return p, err
}

// take receives the message of this number and checks it.
func (x *mixedByCopy) take(number uint64) (m message, p Phase, err error) {
	x.message = x.all[:x.received.of(number)]
	n, err := x.ep.Recv(x.in)
	if err != nil {
		return nil, 0, err
	}
	want := len(x.message)
	if m = x.in[:n]; number == x.whole || !x.quick(Measured) || !m.isWords(want, number, Measured) && !m.isTiny(want, number, Measured) {
		p, err = x.examineMixed(m, number)
		return m, p, err
	}
	return m, Measured, nil
}

// examineMixed is examine where the pattern that stays is that of number 0.
func (x *mixedByCopy) examineMixed(m message, number uint64) (Phase, error) {
	p, err := x.verify(m, number)
	switch {
	case err != nil || x.full:
	case p != Measured:
		x.whole = number + 1
	case number == x.whole:
		x.whole += x.every
		err = m.checkMiddle(0)
	}
	return p, err
}

func (x *mixedByCopy) Echo(number uint64, last Phase, between func(Phase)) (Phase, error) {
	m, p, err := x.take(number)
	if err != nil {
		return 0, err
	}
	if p <= last {
		between(p)
	}
	return p, x.ep.Send(m)
}

func (x *mixedByCopy) SendBurst(number uint64, n int64) error { return sendEach(x, number, n) }

func (x *mixedByCopy) ReceiveBurst(number uint64, n int64) (int64, error) {
	return receiveEach(x, number, n)
}

// mixedInPlace is inPlace with another length each time.
type mixedInPlace struct {
	inPlace
	mixed
}

func (x *mixedInPlace) Send(number uint64, p Phase) error {
	x.message = x.all[:x.sent.of(number)]
	return x.inPlace.Send(number, p)
}

func (x *mixedInPlace) Receive(number uint64) (Phase, error) {
	x.message = x.all[:x.received.of(number)]
	return x.inPlace.Receive(number)
}

func (x *mixedInPlace) Echo(number uint64, last Phase, between func(Phase)) (Phase, error) {
	x.message = x.all[:x.received.of(number)]
	return x.inPlace.Echo(number, last, between)
}

func (x *mixedInPlace) SendBurst(number uint64, n int64) error { return sendEach(x, number, n) }

func (x *mixedInPlace) ReceiveBurst(number uint64, n int64) (int64, error) {
	return receiveEach(x, number, n)
}

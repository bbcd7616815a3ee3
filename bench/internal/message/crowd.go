package message

import (
	"encoding/binary"
	"fmt"

	"ipcbench/transports"
)

// A Crowd is how messages are exchanged where several ends share one. A message
// says which producer sent it, in the high bits of its number, and each producer
// counts for itself: so who receives can tell that of none of them anything is
// missing or out of order, whoever else receives.
//
// While messages are not checked whole, what lies between their ends is the pattern
// of 0, which all know: not each of them gets the same ones.
type Crowd struct {
	pattern
	ep      transports.Endpoint
	in      message
	plain   bool     // what is sent has the pattern of 0
	next    []uint64 // of each producer, the number that is due
	gaps    bool     // others receive as well: there may be a higher one instead
	taken   uint64   // messages received
	sum     uint64   // see Sum
	sending uint64   // the number that this end sends next
}

// numberBits are those of a number that a producer counts in. The rest is its own.
const numberBits = 52

// Smallest is the least a message has for a number: it is read from there.
const Smallest = wordBytes

// NewCrowd is the exchange of messages of size bytes over an endpoint. number is
// which of the producers this end is, and producers how many there are. With gaps,
// several receive. With full, every byte of every message is checked.
func NewCrowd(ep transports.Endpoint, size, number, producers int, gaps, full bool) *Crowd {
	x := &Crowd{
		pattern: pattern{message: make(message, size), full: full}, ep: ep, in: make(message, size),
		next: make([]uint64, producers), gaps: gaps, sending: uint64(number) << numberBits,
	}
	for i := range x.next {
		x.next[i] = uint64(i) << numberBits
	}
	return x
}

// Sum is over the numbers of all messages sent or received, each mixed so that no
// others have the same sum but by a chance of 1 in 2^64.
func (x *Crowd) Sum() uint64 { return x.sum }

// Taken is how many messages were received and checked.
func (x *Crowd) Taken() int64 { return int64(x.taken) }

// Give sends the next message.
func (x *Crowd) Give(p Phase) error {
	switch whole := x.full || p != Measured; {
	case whole:
		x.fill(x.sending)
		x.plain = false
	case !x.plain:
		x.fill(0)
		x.plain = true
	}
	x.stamp(x.sending, p)
	x.sum += mix(x.sending)
	x.sending++
	return x.ep.Send(x.message)
}

// Take receives a message, checks it and says which producer it is of and what it
// is for. It returns io.EOF where all have closed.
func (x *Crowd) Take() (from int, p Phase, err error) {
	n, err := x.ep.Recv(x.in)
	if err != nil {
		return 0, 0, err
	}
	m := x.in[:n]
	if n != len(x.message) {
		return 0, 0, fmt.Errorf("a message has %d bytes instead of %d", n, len(x.message))
	}
	head := binary.LittleEndian.Uint64(m)
	number := head / phases
	p = Phase(head % phases)
	from = int(number >> numberBits)
	if from >= len(x.next) || number != x.next[from] && !(x.gaps && number > x.next[from]) {
		return 0, 0, x.outOfOrder(from, number)
	}
	x.next[from] = number + 1
	x.sum += mix(number)
	x.taken++
	return from, p, x.inspect(m, number, p)
}

// inspect checks m as far as its phase and its turn demand.
func (x *Crowd) inspect(m message, number uint64, p Phase) error {
	if err := m.check(len(x.message), number); err != nil {
		return err
	}
	switch {
	case x.full || p != Measured:
		return m.checkMiddle(number)
	case x.taken%wholeEvery == 0:
		return m.checkMiddle(0)
	}
	return nil
}

// outOfOrder says what is wrong with a number.
func (x *Crowd) outOfOrder(from int, number uint64) error {
	const count = 1<<numberBits - 1
	if from >= len(x.next) {
		return fmt.Errorf("a message of producer %d arrived, and there are %d", from, len(x.next))
	}
	return fmt.Errorf("message %d of producer %d arrived where %d was due", number&count, from, x.next[from]&count)
}

// mix is the last step of splitmix64, by which each bit of a number decides about
// each of the result.
func mix(n uint64) uint64 {
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

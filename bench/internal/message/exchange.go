package message

import "ipcbench/transports"

// An Exchange is how a workload's loop sends and receives numbered messages
// over an endpoint: by copy, or in place.
type Exchange interface {
	// Send builds and sends the message of this number.
	Send(number uint64, p Phase) error
	// Receive takes the next message, which must have this number, checks it
	// and says what it is for. It returns io.EOF where the peer has closed.
	Receive(number uint64) (Phase, error)
	// Echo is Receive, and then sends the same bytes back. Between the two it
	// calls between, where the message is of a phase up to last.
	Echo(number uint64, last Phase, between func(Phase)) (Phase, error)
	// SendBurst is Send of n messages that are measured, from this number on.
	SendBurst(number uint64, n int64) error
	// ReceiveBurst is Receive of n messages, from this number on. It returns how many
	// there were before an error.
	ReceiveBurst(number uint64, n int64) (received int64, err error)
}

// one is what hands over one message at a time.
type one interface {
	Send(number uint64, p Phase) error
	Receive(number uint64) (Phase, error)
}

func sendEach(x one, number uint64, n int64) error {
	for end := number + uint64(n); number != end; number++ {
		if err := x.Send(number, Measured); err != nil {
			return err
		}
	}
	return nil
}

func receiveEach(x one, number uint64, n int64) (received int64, err error) {
	for ; received < n; received++ {
		if _, err := x.Receive(number + uint64(received)); err != nil {
			return received, err
		}
	}
	return n, nil
}

// Over returns the exchange of messages of size bytes over an endpoint that was
// opened with spec, or of these lengths, over and over, the longest of which is
// that. With full, every byte of every message is checked.
func Over(ep transports.Endpoint, spec transports.Spec, size int, lengths []int, full bool) Exchange {
	if len(lengths) > 0 {
		return overMixed(ep, spec, size, lengths, full)
	}
	if spec.Option("api") == "inplace" {
		base := pattern{message: make(message, size), full: full}
		base.fill(0)
		return &inPlace{pattern: base, ep: ep.(transports.InPlace)}
	}
	x := newByCopy(ep, size, full)
	if in, can := ep.(transports.InBursts); can && spec.Caps().Has(transports.Bursts) {
		return newInBursts(x, in)
	}
	return &x
}

// pattern is the message that is sent while only the ends change.
type pattern struct {
	message
	full bool // every byte depends on the number, and is checked, in every phase
}

// quick says whether of a message of phase p the ends are stamped and checked, and
// nothing else. That is done without a call, which would stand between a message's
// arrival and its answer.
func (t *pattern) quick(p Phase) bool {
	return p == Measured && !t.full
}

// build stamps m, and fills it where this phase's messages are checked whole.
func (t *pattern) build(m message, number uint64, p Phase) {
	if t.full || p != Measured {
		m.fill(number)
	}
	m.stamp(number, p)
}

// verify checks m as far as its phase demands.
func (t *pattern) verify(m message, number uint64) (Phase, error) {
	if err := m.check(len(t.message), number); err != nil {
		return 0, err
	}
	p := m.phase()
	if t.full || p != Measured {
		return p, m.checkMiddle(number)
	}
	return p, nil
}

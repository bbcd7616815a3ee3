package transports

import (
	"errors"
	"io"
	"slices"
)

// A Trier is an [Endpoint] that can look whether a message has come.
type Trier interface {
	// TryRecv is Recv that does not wait: it returns 0 where no message has come.
	TryRecv(buf []byte) (n int, err error)
	// Idle is what the end does after it has looked in vain for the turn-th time
	// in a row, from 0, and before it looks again.
	Idle(turn int)
}

// Join makes one endpoint of the ends that a process has of several links, which
// have to be of a transport that is [ManyLinks]. Messages are sent to the others in
// turn. They are received as they come, by a look at each link in turn, where the
// transport is [CanTry]; others can only send. A single end is itself.
func Join(ends []Endpoint) Endpoint {
	if len(ends) == 1 {
		return ends[0]
	}
	j := &joined{all: ends}
	for _, e := range ends {
		if t, can := e.(Trier); can {
			j.open = append(j.open, t)
		}
	}
	return j
}

type joined struct {
	all  []Endpoint
	open []Trier // those whose peers have not closed
	to   int     // whom the next message is sent to
	from int     // who is looked at next
}

func (j *joined) Send(msg []byte) error {
	e := j.all[j.to]
	if j.to++; j.to == len(j.all) {
		j.to = 0
	}
	return e.Send(msg)
}

// Recv goes on with the one after that which had the last message: however much
// one sends, it does not keep the others waiting.
func (j *joined) Recv(buf []byte) (int, error) {
	for turn := 0; len(j.open) > 0; turn++ {
		for range len(j.open) {
			if j.from >= len(j.open) {
				j.from = 0
			}
			n, err := j.open[j.from].TryRecv(buf)
			switch {
			case err == io.EOF:
				j.open = append(j.open[:j.from], j.open[j.from+1:]...)
				continue
			case n > 0 || err != nil:
				j.from++
				return n, err
			}
			j.from++
		}
		if len(j.open) > 0 {
			j.open[0].Idle(turn)
		}
	}
	return 0, io.EOF
}

func (j *joined) Close() error {
	var errs []error
	for _, e := range j.all {
		errs = append(errs, e.Close())
	}
	j.open = nil
	return errors.Join(errs...)
}

// Serving lists the processes of all ends.
func (j *joined) Serving() []int {
	var pids []int
	for _, e := range j.all {
		pids = append(pids, Serving(e)...)
	}
	slices.Sort(pids)
	return slices.Compact(pids)
}

// Fault asks the ends in turn.
func (j *joined) Fault(addr uintptr) error {
	for _, e := range j.all {
		if f, ok := e.(Faulter); ok {
			if err := f.Fault(addr); err != nil {
				return err
			}
		}
	}
	return nil
}

package workload

import (
	"errors"
	"fmt"
	"io"
	"time"

	"ipcbench/bench/internal/message"
	"ipcbench/results"
)

// gathered is several producers that stream to one consumer, each as fast as the
// transport takes it. What counts is what the consumer has received and verified
// while all of them were sending: from the last of their marking messages on, for as
// long as was asked for. Then it tells them to stop, and takes what they still have
// sent, up to a last message of each and the end of them all.
var gathered = Ends{Producer: pour, Consumer: collect}

func pour(e *End) error {
	x := message.NewCrowd(e.Endpoint, e.Size, e.Number, e.FanIn, false, e.Full)
	if _, err := e.warmCrowd(x); err != nil {
		return err
	}
	if err := x.Give(Marking); err != nil {
		return err
	}
	e.Begin()
	n, over := int64(0), &e.muster.page.over
	for ; over.Load() == 0; n++ {
		if err := x.Give(Measured); err != nil {
			return err
		}
	}
	e.Stop()
	if err := errors.Join(x.Give(message.Last), e.Close()); err != nil {
		return err
	}
	e.Done()
	e.Report.Sent, e.Report.Sum = n, x.Sum()
	return nil
}

// warmCrowd sends messages until the warm-up is over, without an answer: whoever
// answers could not say to whom. It returns what a message took, in ns.
func (e *End) warmCrowd(x *message.Crowd) (op float64, err error) {
	n, start, at := int64(0), Now(), int64(0)
	for ; n == 0 || at-start < int64(e.Warmup.Time) || n < e.Warmup.Messages || at < e.From; n++ {
		if err := x.Give(Warming); err != nil {
			return 0, fmt.Errorf("while warming up: %w", err)
		}
		at = Now()
	}
	return float64(at-start) / float64(n), nil
}

func collect(e *End) error {
	x := message.NewCrowd(e.Endpoint, e.Size, 0, e.FanIn, false, e.Full)
	began := Now()
	early, err := e.awaitMarks(x)
	if err != nil {
		return err
	}
	t := e.tally(float64(Now()-began)/float64(x.Taken()), 0)
	each := make([]int64, e.FanIn)
	t.count() // opens the window
	for over := false; !over; {
		from, p, err := x.Take()
		if err != nil {
			return tooSoon(err)
		}
		if p != Measured {
			continue // of one that others kept from beginning
		}
		each[from]++
		t.count()
		over = t.stamped == t.n && e.Task.Over(t.stamped-1, t.first, t.last)
	}
	e.muster.page.over.Store(1)
	e.tell(t, 0)
	late, err := e.takeRest(x)
	if err != nil {
		return err
	}
	e.Stop()
	e.Done()
	for _, n := range each {
		e.Report.Parts = append(e.Report.Parts, results.Part{Messages: n, ElapsedNS: e.Report.Elapsed()})
	}
	e.Report.Received, e.Report.Verified, e.Report.Sum = early+t.n-1+late, x.Taken(), x.Sum()
	return nil
}

// latecomers are waited for so long, or as long as the measured part is: where the
// room in a queue is always taken by the same ones, others may never begin, which is
// a result.
const latecomers = 100 * time.Millisecond

// awaitMarks receives until all producers have begun, and begins to count when the
// first has. It returns how many measured messages there were.
func (e *End) awaitMarks(x *message.Crowd) (measured int64, err error) {
	for marked, first := 0, int64(0); marked < e.FanIn; {
		_, p, err := x.Take()
		if err != nil {
			return 0, tooSoon(err)
		}
		switch {
		case p == Measured:
			measured++
			if Now()-first > int64(max(e.Time, latecomers)) {
				return measured, nil
			}
		case p == Marking && marked == 0:
			e.Begin()
			first = Now()
			fallthrough
		case p == Marking:
			marked++
		}
	}
	return measured, nil
}

// takeRest receives what was sent before all producers knew that it is enough, and
// says how many of these messages were measured ones. After the last of each there
// is nothing but the end.
func (e *End) takeRest(x *message.Crowd) (measured int64, err error) {
	for ended := 0; ended < e.FanIn; {
		_, p, err := x.Take()
		if err != nil {
			return 0, tooSoon(err)
		}
		switch p {
		case message.Last:
			ended++
		case Measured:
			measured++
		}
	}
	if _, _, err := x.Take(); !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("after the last message of each producer there was no end, but another one, or: %v", err)
	}
	return measured, nil
}

// tooSoon is for a stream that ends before it should: who closed it knows more.
func tooSoon(err error) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: the other end closed before its last message", err)
	}
	return err
}

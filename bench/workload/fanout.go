package workload

import (
	"ipcbench/bench/internal/message"
)

// scattered is one producer that streams to several consumers: by one queue, from
// which each takes what it gets, or by a link to each, in turn. A consumer knows
// that what it has is in order, and only the driver, which has the sums of all, that
// nothing is missing or was received twice. Each is told the end by a last message,
// of which the producer sends as many as there are consumers.
var scattered = Ends{Producer: scatter, Consumer: sift}

func scatter(e *End) error {
	x := message.NewCrowd(e.Endpoint, e.Size, 0, 1, false, e.Full)
	op, err := e.warmCrowd(x)
	if err != nil {
		return err
	}
	every, opening := streamEvery(op, e.Clock), int64(e.FanOut) // whose first messages open their windows
	var sent sent
	e.Begin()
	n, start, at := int64(0), Now(), int64(0)
	for !e.Task.Over(n-opening, start, at) {
		for range e.AtMost(min(every, sent.step(n)), e.Messages+opening-n) {
			if err := x.Give(Measured); err != nil {
				return err
			}
			n++
		}
		at = Now()
		sent.stamp(n, at)
	}
	e.Stop()
	for range e.FanOut {
		if err := x.Give(message.Last); err != nil {
			return err
		}
	}
	if err := e.Close(); err != nil {
		return err
	}
	e.Done()
	e.Report.Sent, e.Report.SentBy, e.Report.Sum = n, sent.moments[:sent.n], x.Sum()
	e.Report.Worker.StampEvery = every
	return nil
}

func sift(e *End) error {
	x := message.NewCrowd(e.Endpoint, e.Size, 0, 1, true, e.Full)
	began, t := Now(), tally{}
	for {
		_, p, err := x.Take()
		if err != nil {
			return tooSoon(err)
		}
		if p == message.Last {
			break
		}
		if p != Measured {
			continue
		}
		if t.n == 0 {
			t = e.tally(float64(Now()-began)/float64(x.Taken()), 0)
			e.Begin()
		}
		t.count()
	}
	if t.n == 0 {
		e.Begin() // of which it then had nothing
	}
	e.Stop()
	if err := e.Close(); err != nil {
		return err
	}
	e.Done()
	e.Report.Received, e.Report.Verified, e.Report.Sum = t.n, x.Taken(), x.Sum()
	if t.n > 0 {
		e.tell(t, 0)
	}
	return nil
}

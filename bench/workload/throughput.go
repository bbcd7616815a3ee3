package bench

import (
	"errors"
	"io"
)

// throughput is a stream: the producer sends as fast as the transport takes
// it. What counts is what the consumer has received and verified after a first
// message, whose arrival opens the window, up to the last stamped one.
//
// The consumer takes its bearings at the end of the warm-up, and the producer
// waits until it has: otherwise the stream would begin with what had piled up
// meanwhile, and a short one would measure nothing else.
var throughput = workload{
	Named:    Named{"throughput", "stream: messages and bytes per second, counted at the receiver"},
	producer: stream,
	consumer: drain,
	solo:     swallow,
}

func stream(e *end) error {
	number, op, err := e.warmUp(func(number uint64) error { return e.send(number, warming) })
	if err != nil {
		return err
	}
	first := number
	every := streamEvery(op, e.clock)
	e.meter.begin()
	start, at := now(), int64(0)
	for n := int64(0); !e.over(n-1, start, at); n = int64(number - first) {
		for range e.atMost(every, e.Messages+1-n) {
			if err := e.send(number, measured); err != nil {
				return err
			}
			number++
		}
		at = now()
	}
	e.meter.stop()
	if err := e.endpoint.Close(); err != nil {
		return err
	}
	e.meter.end(&e.report.Worker)
	e.report.Sent = int64(number - first)
	e.report.Worker.StampEvery = every
	return nil
}

func drain(e *end) error {
	number, op, err := e.untilMark()
	if err != nil {
		return err
	}
	t := e.tally(op)
	marked := number
	for ; ; number++ {
		if _, err := e.receive(number); err != nil {
			if errors.Is(err, io.EOF) {
				break
			}
			return err
		}
		t.count()
	}
	e.meter.stop()
	e.meter.end(&e.report.Worker)
	e.report.Received, e.report.Verified = int64(number-marked), int64(number)
	t.report(&e.report)
	return nil
}

// untilMark receives the warm-up, tells the producer when its end was seen, and
// returns the next number and what a message took, in ns.
func (e *end) untilMark() (number uint64, op float64, err error) {
	began := now()
	for {
		p, err := e.receive(number)
		if errors.Is(err, io.EOF) {
			return 0, 0, errNoMark
		}
		if err != nil {
			return 0, 0, err
		}
		if p == marking {
			op = float64(now()-began) / float64(number+1)
			e.meter.begin()
			return number + 1, op, e.send(number, marking)
		}
		number++
	}
}

// swallow is both ends in one loop: what the harness itself costs.
func swallow(e *end) error {
	number, op, err := e.warmUp(func(number uint64) error { return e.roundTrip(number, warming) })
	if err != nil {
		return err
	}
	first := number
	t := e.tally(op)
	e.meter.begin()
	start := now()
	for n := int64(0); !e.over(n-1, start, t.last); n = int64(number - first) {
		if err := e.roundTrip(number, measured); err != nil {
			return err
		}
		number++
		t.count()
	}
	e.meter.stop()
	e.meter.end(&e.report.Worker)
	e.report.Sent = int64(number - first)
	e.report.Received, e.report.Verified = e.report.Sent, int64(number)
	t.report(&e.report)
	return nil
}

// A tally notes when the first message was received, and every so many
// messages, and after the last where their total is known, when that was and
// how many there were by then.
type tally struct {
	every, total    int64 // total: 1 where it is not known
	n, due, stamped int64
	first, last     int64 // ns
	slices          slicer
}

// tally makes one for messages that take op nanoseconds each.
func (e *end) tally(op float64) tally {
	return tally{every: streamEvery(op, e.clock), total: e.Messages + 1, slices: e.slicer()}
}

func (t *tally) count() {
	if t.n++; t.n >= t.due || t.n == t.total {
		t.stamp()
	}
}

// stamp notes the time. The first stamps are close together, so that a stream
// that was held up, and has few messages, has two of them all the same.
func (t *tally) stamp() {
	t.last, t.stamped, t.due = now(), t.n, t.n+min(t.every, t.n)
	if t.n == 1 {
		t.first = t.last
		t.slices.begin(t.n, t.last)
		return
	}
	t.slices.stamp(t.n, t.last)
}

// report fills in what was counted: the messages after the first, up to the
// last stamped one, and the time they took.
func (t *tally) report(r *report) {
	r.Worker.StampEvery = t.every
	r.Counted, r.Elapsed = t.stamped-1, t.last-t.first
	r.Slices = t.slices.perMessage(t.stamped, t.last)
}

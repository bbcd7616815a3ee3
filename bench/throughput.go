package bench

import (
	"errors"
	"io"
)

// throughput is a stream: the producer sends as fast as the transport takes
// it. What counts is what the consumer has received and verified, from its
// first to its last message, after all is drained.
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
	if err := e.send(number, marking); err != nil {
		return err
	}
	number++
	first := number
	every := streamEvery(op, e.clock)
	e.meter.begin()
	start, at := now(), int64(0)
	for n := int64(0); !e.over(n, start, at); n = int64(number - first) {
		for range every {
			if err := e.send(number, measured); err != nil {
				return err
			}
			number++
		}
		at = now()
	}
	e.report.Sent = int64(number - first)
	e.report.Elapsed = now() - start
	e.meter.end(&e.report.Worker)
	e.report.Worker.StampEvery = every
	return e.endpoint.Close()
}

func drain(e *end) error {
	var number, marked uint64
	began := now()
	every := int64(1)
	var t tally
	for ; ; number++ {
		p, err := e.receive(number)
		if err != nil {
			if errors.Is(err, io.EOF) {
				break
			}
			return err
		}
		if p == measured {
			t.count(every)
		} else if p == marking {
			every = streamEvery(float64(now()-began)/float64(number+1), e.clock)
			marked = number + 1
			e.meter.begin()
		}
	}
	if marked == 0 {
		return errNoMark
	}
	e.meter.end(&e.report.Worker)
	e.report.Worker.StampEvery = every
	e.report.Received, e.report.Verified = int64(number-marked), int64(number)
	e.report.Elapsed, e.report.Rate = t.last-t.first, t.rate()
	return nil
}

// swallow is both ends in one loop: what the harness itself costs.
func swallow(e *end) error {
	number, op, err := e.warmUp(func(number uint64) error { return e.roundTrip(number, warming) })
	if err != nil {
		return err
	}
	first := number
	every := streamEvery(op, e.clock)
	e.meter.begin()
	var t tally
	start := now()
	for n := int64(0); !e.over(n, start, t.last); n = int64(number - first) {
		if err := e.roundTrip(number, measured); err != nil {
			return err
		}
		number++
		t.count(every)
	}
	e.meter.end(&e.report.Worker)
	e.report.Worker.StampEvery = every
	e.report.Sent = int64(number - first)
	e.report.Received, e.report.Verified = int64(number-first), int64(number)
	e.report.Elapsed, e.report.Rate = t.last-t.first, t.rate()
	return nil
}

// A tally notes when the first message was received, and every so many
// messages when that was and how many there were by then.
type tally struct {
	n, due, stamped int64
	first, last     int64 // ns
}

func (t *tally) count(every int64) {
	if t.n++; t.n >= t.due {
		t.stamp(every)
	}
}

func (t *tally) stamp(every int64) {
	t.last, t.stamped, t.due = now(), t.n, t.n+every
	if t.n == 1 {
		t.first = t.last
	}
}

// rate is messages per second from the first message to the last stamped one,
// or 0 where there is no second one.
func (t *tally) rate() float64 {
	if t.last == t.first {
		return 0
	}
	return float64(t.stamped-1) / (float64(t.last-t.first) / 1e9)
}

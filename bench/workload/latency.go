package bench

import (
	"errors"
	"io"
)

// latency is ping-pong: the producer sends a message and waits for its echo.
// A round trip is timed from before Send to after Recv, on one thread by one
// clock, less what reading that clock costs.
var latency = workload{
	Named:    Named{"latency", "ping-pong: round-trip time from before Send to after Recv of the echo"},
	producer: ping,
	consumer: pong,
	solo:     ping, // what it sent comes straight back
}

func ping(e *end) error {
	number, op, err := e.warmUp(func(number uint64) error { return e.roundTrip(number, warming) })
	if err != nil {
		return err
	}
	first := number
	every := stampEvery(op, e.clock)
	slices := e.slicer()
	e.meter.begin()
	start, at, stamps := now(), int64(0), int64(0)
	slices.begin(0, start)
	for n := int64(0); !e.over(n, start, at); n = int64(number - first) {
		before := now()
		if err := e.roundTrip(number, measured); err != nil {
			return err
		}
		at = now()
		e.hist.Record(max(0, at-before-e.clock)) // 0: shorter than the clock can tell
		stamps++
		number++
		slices.stamp(int64(number-first), at)
		for range e.atMost(every, e.Messages-n) - 1 {
			if err := e.roundTrip(number, measured); err != nil {
				return err
			}
			number++
		}
	}
	ended := now()
	e.meter.stop()
	if err := e.endpoint.Close(); err != nil {
		return err
	}
	e.meter.end(&e.report.Worker)
	n := int64(number - first)
	e.report.Worker.StampEvery = every
	e.report.Sent, e.report.Received, e.report.Counted, e.report.Verified = n, n, n, int64(number)
	e.report.Elapsed = ended - start
	e.report.Mean = float64(e.report.Elapsed-2*stamps*e.clock) / float64(n)
	e.report.Slices = slices.perMessage(n, ended)
	return nil
}

func (e *end) roundTrip(number uint64, p phase) error {
	if err := e.send(number, p); err != nil {
		return err
	}
	_, err := e.receive(number)
	return err
}

func pong(e *end) error {
	begin := e.meter.begin // made once: a method value is an allocation
	var number, marked uint64
	for {
		p, err := e.echo(number, begin)
		if err != nil {
			if errors.Is(err, io.EOF) {
				break
			}
			return err
		}
		if p == marking {
			marked = number + 1
		}
		number++
	}
	if marked == 0 {
		return errNoMark
	}
	e.meter.stop()
	e.meter.end(&e.report.Worker)
	e.report.Received, e.report.Verified = int64(number-marked), int64(number)
	return nil
}

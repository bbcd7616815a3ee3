package workload

import (
	"errors"
	"fmt"
	"io"

	"ipcbench/bench/internal/clock"
	"ipcbench/bench/internal/message"
	"ipcbench/bench/internal/meter"
	"ipcbench/results"
	"ipcbench/transports"
)

// A Phase says what a message is for.
type Phase = message.Phase

// The phases of a launch.
const (
	Warming  = message.Warming  // not measured, every byte checked
	Marking  = message.Marking  // the last of the warm-up: the receiver takes its bearings
	Measured = message.Measured // counted
)

// An End is a worker's end of a link, ready to measure: what a workload's loop is
// made of. It is for the goroutine that opened it.
type End struct {
	Task
	message.Exchange // Send, Receive and Echo of numbered messages, over the
	Endpoint         transports.Endpoint
	Side             transports.Side
	From             int64         // by the machine's clock: a warm-up lasts at least until then, ns
	Clock            float64       // what a reading of the clock takes, ns: a stamped time has so much too much
	Tick             int64         // step in which its readings move, ns
	Stages           *meter.Stages // of its opening
	Report           Report
	notes
	meter    meter.Meter
	court    []byte  // see rally; nil: there is none
	shared   []byte  // see share; nil: there is none
	muster   *muster // nil: the end is one of two
	working  busy    // of a consumer
	thinking busy    // of a producer
}

// NewEnd returns the end of a link that measures over an endpoint. The calling
// thread is the one that will; with whole, goroutines move between threads, and
// what all of the process costs is counted.
func NewEnd(t Task, side transports.Side, ep transports.Endpoint, whole bool) *End {
	e := &End{
		Task:     t,
		Exchange: message.Over(ep, t.Spec, t.Size, t.Lengths, t.Full),
		Side:     side,
		Clock:    clock.Cost(),
		Tick:     clock.Tick(),
		Endpoint: ep,
	}
	both := t.Spec.Caps().Has(transports.OneProcess)
	if both || side == transports.Consumer {
		e.working = e.newBusy(t.Work)
	}
	if both || side == transports.Producer {
		e.thinking = e.newBusy(t.Think)
	}
	if whole {
		e.meter = meter.OfProcess()
	} else {
		e.meter = meter.OfThread(t.Perf)
	}
	if w, err := Lookup(t.Workload); err == nil && w.Counts == side && t.countsServing() {
		e.meter.Count(transports.Serving(ep))
	}
	e.Report.Worker.Side = side.String()
	e.Report.Worker.ClockNS, e.Report.Worker.TickNS = e.Clock, e.Tick
	e.Report.ClockUncertain = clock.Uncertain()
	e.enter()
	return e
}

// Run does the workload's part of this side, closes the endpoint and returns
// what was found out.
func (e *End) Run() (*Report, error) {
	w, err := Lookup(e.Workload)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(e.share(), e.assemble()); err != nil {
		return nil, err
	}
	if err := w.part(e)(e); err != nil {
		return nil, err
	}
	e.rally(1)
	if err := e.leave(); err != nil {
		return nil, err
	}
	e.Report.Metrics = e.metrics
	if e.Report.Histograms, err = e.encode(); err != nil {
		return nil, err
	}
	return &e.Report, e.Close()
}

// Now returns the time of the machine's clock, which the driver and both ends
// have in common, in ns.
func Now() int64 { return clock.Now() }

// Begin begins to count what this end costs, at the marking message, and on the side that
// counts what the processes do that serve the link.
func (e *End) Begin() {
	e.meter.Begin()
	e.mind(0)
}

// Stop ends what Begin began.
func (e *End) Stop() {
	e.mind(1)
	e.meter.Stop()
}

// mind notes when it begins or stops to count, for who samples it meanwhile.
func (e *End) mind(edge int) {
	if e.Sampled {
		e.Report.Counting[edge] = Now()
	}
}

// Done notes what was counted from Begin to Stop. That takes a while: an end
// whose peer waits for its close closes first.
func (e *End) Done() {
	e.meter.End(&e.Report.Worker)
	e.Report.Served = e.meter.Served()
}

// Close ends the sending direction, which the peer sees as io.EOF, and releases
// the endpoint. It can be called again.
func (e *End) Close() error { return e.Endpoint.Close() }

// RoundTrip sends the message of this number and receives its echo. Where both ends
// are this one, the consumer's work is in between.
func (e *End) RoundTrip(number uint64, p Phase) error {
	if err := e.Send(number, p); err != nil {
		return err
	}
	_, err := e.Receive(number)
	e.work()
	return err
}

// WarmUp calls exchange with rising numbers, from 0, until the task's warm-up
// is over, and ends it with a marking message, there and back. It returns the
// next number and what one exchange mostly took, in ns: the median of the last
// ones, for one stall would make a mean of it.
func (e *End) WarmUp(exchange func(number uint64) error) (next uint64, op float64, err error) {
	return e.warmUp(func(number uint64, _ Phase) error { return exchange(number) })
}

// warmUp is the same for an exchange that can be of any phase. The last ones are
// as those that are measured: where every byte is checked, they take longer. Before
// each, the end thinks: that is no part of the exchange.
func (e *End) warmUp(exchange func(number uint64, p Phase) error) (next uint64, op float64, err error) {
	var took [lastExchanges]float64
	n, p, start := 0, Warming, Now()
	for last := start; ; {
		before := e.thinking
		e.think()
		if err := exchange(next, p); err != nil {
			return 0, 0, fmt.Errorf("while warming up: %w", err)
		}
		next++
		at := Now()
		took[n] = float64(at-last) - e.Clock - e.thinking.since(before)
		n, last = (n+1)%lastExchanges, at
		switch spent := at - start; {
		case p == Warming && spent >= int64(e.Warmup.Time) && int64(next) >= e.Warmup.Messages && at >= e.From:
			n, p, start = 0, Measured, at
		case p == Measured && (n == 0 || spent >= longestTrial):
			if n == 0 {
				n = lastExchanges
			}
			return next + 1, max(0, results.Median(took[:n])), e.mark(next)
		}
	}
}

// mark sends the marking message and receives its answer. Between, while the other
// end has it, both rally.
func (e *End) mark(number uint64) error {
	if err := e.Send(number, Marking); err != nil {
		return err
	}
	e.rally(0)
	_, err := e.Receive(number)
	return err
}

// marked is what an end does as it has received that: it rallies, and begins to
// count.
func (e *End) marked() {
	e.rally(0)
	e.Begin()
}

// received is what the consumer of round trips does between a message and its echo.
func (e *End) received(p Phase) {
	if p == Marking {
		e.marked()
		return
	}
	e.work()
}

// The last exchanges of a warm-up are so many, or as many as so much time has
// room for, in ns.
const (
	lastExchanges = 101
	longestTrial  = 500_000
)

// AnswerMark receives the warm-up of a producer that sends it without waiting,
// tells it when the end of that was seen, begins to count, and returns the next
// number and what a message took, in ns.
func (e *End) AnswerMark() (next uint64, op float64, err error) {
	began := Now()
	for {
		p, err := e.Receive(next)
		if errors.Is(err, io.EOF) {
			return 0, 0, errNoMark
		}
		if err != nil {
			return 0, 0, err
		}
		if p == Marking {
			op = float64(Now()-began) / float64(next+1)
			e.marked()
			return next + 1, op, e.Send(next, Marking)
		}
		e.work()
		next++
	}
}

// EchoAll answers every message until the peer closes, after so much work as the
// task asks for, counts from the marking one on what that costs, and notes how many
// there were. It is all that the consumer of round trips does.
func (e *End) EchoAll() error {
	between, last := e.received, Marking // made once: a method value is an allocation
	if e.Work > 0 {
		last = Measured
	}
	var number, marked uint64
	for {
		p, err := e.Echo(number, last, between)
		if err != nil {
			if errors.Is(err, io.EOF) {
				break
			}
			return err
		}
		if p == Marking {
			marked = number + 1
		}
		number++
	}
	if marked == 0 {
		return errNoMark
	}
	e.Stop()
	e.Done()
	e.Report.Received, e.Report.Verified = int64(number-marked), int64(number)
	return nil
}

// StampEvery says that one in so many operations of op nanoseconds is stamped,
// so that the clock does not slow what it measures.
func (e *End) StampEvery(op float64) int64 { return stampEvery(op, e.Clock, e.Tick) }

// errNoMark is for a stream that ends before its measured part begins: the peer
// knows more about why.
var errNoMark = fmt.Errorf("%w: the peer closed before the measured part began", io.EOF)

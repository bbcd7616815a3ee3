package workload

import (
	"errors"
	"io"

	"ipcbench/results"
	"ipcbench/transports"
)

// Throughput is a stream: the producer sends as fast as the transport takes
// it. What counts is what the consumer has received and verified after a first
// message, whose arrival opens the window, up to the last stamped one.
//
// The consumer takes its bearings at the end of the warm-up, and the producer
// waits until it has: otherwise the stream would begin with what had piled up
// meanwhile, and a short one would measure nothing else. What piles up until the
// first message is received, as while the consumer is woken, is told beside the
// rate ([results.Launch.Waiting]).
var Throughput = Workload{
	Name:     "throughput",
	Producer: stream,
	Consumer: drain,
	Solo:     swallow,
	FanIn:    gathered,
	FanOut:   scattered,
	Axes:     []string{results.PairsColumn, results.FanInColumn, results.FanOutColumn},
	Counts:   transports.Consumer,
	Account:  rates,
}

func init() { Register(Throughput) }

func stream(e *End) error {
	number, op, err := e.warmUp(e.Send)
	if err != nil {
		return err
	}
	first := number
	every := streamEvery(op, e.Clock)
	var sent sent
	e.Begin()
	start, at := Now(), int64(0)
	for n := int64(0); !e.Over(n-1, start, at); n = int64(number - first) {
		for range e.AtMost(min(every, sent.step(n)), e.Messages+1-n) {
			if err := e.Send(number, Measured); err != nil {
				return err
			}
			number++
		}
		at = Now()
		sent.stamp(int64(number-first), at)
	}
	e.Stop()
	if err := e.Close(); err != nil {
		return err
	}
	e.Done()
	e.Report.Sent, e.Report.SentBy = int64(number-first), sent.moments[:sent.n]
	e.Report.Worker.StampEvery = every
	return nil
}

func drain(e *End) error {
	number, op, err := e.AnswerMark()
	if err != nil {
		return err
	}
	t := e.tally(op)
	marked := number
	for ; ; number++ {
		if _, err := e.Receive(number); err != nil {
			if errors.Is(err, io.EOF) {
				break
			}
			return err
		}
		t.count()
	}
	e.Stop()
	e.Done()
	e.Report.Received, e.Report.Verified = int64(number-marked), int64(number)
	t.report(&e.Report)
	return nil
}

// swallow is both ends in one loop: what the harness itself costs.
func swallow(e *End) error {
	number, op, err := e.warmUp(e.RoundTrip)
	if err != nil {
		return err
	}
	first := number
	t := e.tally(op)
	e.Begin()
	start := Now()
	for n := int64(0); !e.Over(n-1, start, t.last); n = int64(number - first) {
		if err := e.RoundTrip(number, Measured); err != nil {
			return err
		}
		number++
		t.count()
	}
	e.Stop()
	e.Done()
	e.Report.Sent = int64(number - first)
	e.Report.Received, e.Report.Verified = e.Report.Sent, int64(number)
	t.report(&e.Report)
	return nil
}

// A tally notes when the first message was received, and every so many
// messages, and after the last where their total is known, when that was and
// how many there were by then.
type tally struct {
	every, total    int64 // total: 1 where it is not known
	n, due, stamped int64
	first, last     int64 // ns
	slices          Slices
	muster          *muster
}

// tally makes one for messages that take op nanoseconds each.
func (e *End) tally(op float64) tally {
	return tally{every: streamEvery(op, e.Clock), total: e.Messages + 1, slices: e.Slices(), muster: e.muster}
}

func (t *tally) count() {
	if t.n++; t.n >= t.due || t.n == t.total {
		t.stamp()
	}
}

// stamp notes the time. The first stamps are close together, so that a stream
// that was held up, and has few messages, has two of them all the same.
func (t *tally) stamp() {
	t.last, t.stamped, t.due = Now(), t.n, t.n+min(t.every, t.n)
	if t.n == 1 {
		t.first = t.last
		t.muster.begin()
		t.slices.Begin(t.n, t.last)
		return
	}
	t.slices.Stamp(t.n, t.last)
}

// report fills in what was counted: the messages after the first, up to the
// last stamped one, and the time they took.
func (t *tally) report(r *Report) {
	r.Worker.StampEvery = t.every
	r.Counted, r.Began, r.Ended = t.stamped-1, t.first, t.last
	r.Slices = t.slices.PerMessage(t.stamped, t.last)
}

// rates are those of all pairs together, in the time that they had in common.
func rates(l *results.Launch, _ []Report) error {
	rate := float64(l.Messages) / (float64(l.ElapsedNS) / 1e9)
	l.Metrics[results.MsgsPerS] = rate
	l.Metrics[results.BytesPerS] = rate * float64(l.SizeBytes)
	return nil
}

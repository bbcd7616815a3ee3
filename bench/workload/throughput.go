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
//
// Where several messages share a push to the storage, they come in bursts, with a push
// between two. So the window opens and ends with a message that begins a batch: it
// has whole batches, each with its push. One that ended in a burst would have its
// messages and not the push that makes them durable.
var Throughput = Workload{
	Name:     "throughput",
	Producer: stream,
	Consumer: drain,
	Solo:     swallow,
	Looped:   programStreams,
	FanIn:    gathered,
	FanOut:   scattered,
	Axes:     []string{results.PairsColumn, results.WorkColumn, results.ThinkColumn, results.SizeMixColumn, results.BatchColumn, results.FanInColumn, results.FanOutColumn}, // no batch of round trips: with one message in flight there is nothing to share a push with
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
	every := e.streamEvery(op + float64(e.Think))
	var sent sent
	e.Begin()
	start, at := Now(), int64(0)
	for n := int64(0); !e.Over(n-1, start, at); n = int64(number - first) {
		burst := e.AtMost(min(every, sent.step(n)), e.Messages+1-n)
		if err := e.sendBurst(number, burst); err != nil {
			return err
		}
		number += uint64(burst)
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
	t := e.tally(op, number)
	marked := number
	for err == nil {
		var received int64
		received, err = e.ReceiveBurst(number, atOnce(t.untilDue(), e.working))
		number += uint64(received)
		t.add(received)
		if err == nil {
			e.work()
		}
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	e.Stop()
	e.Done()
	e.Report.Received, e.Report.Verified = int64(number-marked), int64(number)
	e.tell(t, marked)
	return nil
}

// sendBurst sends so many messages, and thinks before each.
func (e *End) sendBurst(number uint64, n int64) error {
	step := atOnce(n, e.thinking)
	for end := number + uint64(n); number != end; number += uint64(step) {
		e.think()
		if err := e.SendBurst(number, step); err != nil {
			return err
		}
	}
	return nil
}

// atOnce is how many of n messages an end hands over or takes without doing anything
// between two.
func atOnce(n int64, b busy) int64 {
	if b.each > 0 {
		return 1
	}
	return n
}

// swallow is both ends in one loop: what the harness itself costs.
func swallow(e *End) error {
	number, op, err := e.warmUp(e.RoundTrip)
	if err != nil {
		return err
	}
	first := number
	t := e.tally(op+float64(e.Think), number)
	e.Begin()
	start := Now()
	for n := int64(0); !e.Over(n-1, start, t.last); n = int64(number - first) {
		e.think()
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
	e.tell(t, first)
	return nil
}

// A tally notes when the first message was received that begins a batch, and every so
// many messages, and after the last where their total is known, when that was and
// how many there were by then. Where none share a push, each is a batch.
type tally struct {
	every, batch             int64
	total                    int64 // 1 where it is not known
	n, due, stamped, skipped int64 // skipped: the first of n, before the window opens
	first, last              int64 // ns
	slices                   Slices
	muster                   *muster
}

// tally makes one for messages that take op nanoseconds each, from the one of that
// number on.
func (e *End) tally(op float64, number uint64) tally {
	t := tally{every: e.streamEvery(op), batch: e.batch(), total: e.Messages + 1, slices: e.Slices(), muster: e.muster}
	t.skipped = (t.batch - int64(number)%t.batch) % t.batch
	t.due = t.skipped + 1
	t.total -= (t.total - t.due) % t.batch
	return t
}

// streamEvery says that one in so many messages of a stream is stamped: where a push
// is shared, each that begins a batch, for that is dearer than a stamp.
func (e *End) streamEvery(op float64) int64 {
	if e.batch() > 1 {
		return e.batch()
	}
	return streamEvery(op, e.Clock)
}

func (t *tally) count() { t.add(1) }

// add counts so many, which are no more than are left until it is due to stamp.
func (t *tally) add(n int64) {
	if t.n += n; t.n >= t.due || t.n == t.total {
		t.stamp()
	}
}

// untilDue is how many messages there will be before the next is stamped, with that one.
func (t *tally) untilDue() int64 {
	if t.n < t.total {
		return min(t.due, t.total) - t.n
	}
	return t.due - t.n
}

// stamp notes the time. The first stamps are close together, so that a stream
// that was held up, and has few messages, has two of them all the same.
func (t *tally) stamp() {
	t.last, t.stamped = Now(), t.n
	counted := t.n - t.skipped
	t.due = t.n + max(t.batch, min(t.every, counted))
	if counted == 1 {
		t.first = t.last
		t.muster.begin()
		t.slices.Begin(t.n, t.last)
		return
	}
	t.slices.Stamp(t.n, t.last)
}

// tell reports what was counted: the messages after the one that opened the window,
// up to the last stamped one, and the time they took.
func (e *End) tell(t tally, first uint64) {
	r := &e.Report
	r.Worker.StampEvery = t.every
	r.Counted, r.Began, r.Ended, r.Skipped = t.stamped-t.skipped-1, t.first, t.last, t.skipped
	r.Bytes = e.Bytes(first+uint64(t.skipped)+1, r.Counted)
	r.Slices = t.slices.PerMessage(t.stamped, t.last)
}

// rates are those of all pairs together, in the time that they had in common.
func rates(l *results.Launch, pairs []Group) error {
	if err := programsAgree(pairs); err != nil {
		return err
	}
	rate := float64(l.Messages) / (float64(l.ElapsedNS) / 1e9)
	l.Metrics[results.MsgsPerS] = rate
	l.Metrics[results.BytesPerS] = rate * (float64(l.Bytes) / float64(l.Messages))
	if l.Pushed == results.BySync {
		l.Metrics[results.SyncNS] = float64(max(1, l.Batch)*l.Pairs) / rate * 1e9
	}
	return nil
}

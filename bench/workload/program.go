package workload

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"ipcbench/bench/internal/message"
	"ipcbench/bench/internal/meter"
	"ipcbench/results"
	"ipcbench/transports"
)

// A Program is an [transports.Endpoint] whose messages another process makes, exchanges
// and checks, in a loop of its own ([transports.OwnLoop]). While it measures, this
// process sleeps. What the program says is held against what it cannot know unless it
// has done it, and against this process's own clock.
//
// Each message has the ends and the pattern that message.go gives it, numbered by a
// [message.Key]. The last one measured is followed by one of the phase that says so,
// which nobody answers.
type Program interface {
	// Pid is its process.
	Pid() int
	// WarmUp has it begin, and returns when it is warm and waits for what comes next:
	// the consumer once it has received the mark, the producer once that came back.
	WarmUp(Order) (Warm, error)
	// Measure has it go on, and returns when it has measured. One in so many of its
	// round trips is to be timed.
	Measure(every int64) error
	// Account is what it found out.
	Account() (Account, error)
}

// An Order is what a program is asked for.
type Order struct {
	Workload string
	Warmup   Warmup        // at least, and then the mark
	Time     time.Duration // of the measured part, or,
	Messages int64         // where not 0, how many are measured
	Full     bool          // make and check every byte, always
	Key      uint64        // by which messages are numbered; 0: to be learned from them
}

// Warm is what a program says when it is.
type Warm struct {
	Messages int64   // there were so many, the mark among them
	NS       int64   // which took so long
	ClockNS  float64 // what a reading of its clock takes
	StampNS  float64 // and what all of timing one round trip does
}

// An Account is what a program says it has done.
type Account struct {
	Sent, Received int64           // measured messages, without the last
	Began, Ended   int64           // of CLOCK_MONOTONIC, ns: of the time that counts
	Digest         uint64          // of all messages received
	Times          map[int64]int64 // of the producer of round trips: so many took so many ns
	Batches        map[int64]int64 // likewise from one timed round trip to the next
}

// A looped is a program that has measured.
type looped struct {
	Account
	warm  Warm
	every int64
	asked int64 // when it was let go, by this process's clock, ns
	heard int64 // when it said that it had measured
}

// loop has the program do its part, and believes what can be checked.
func (e *End) loop(everyOf func(Warm) int64) (l looped, err error) {
	p, ok := e.Endpoint.(Program)
	if !ok {
		return l, fmt.Errorf("%s says that a program exchanges its messages, and has none", e.Spec.Transport)
	}
	e.meter = meter.OfProgram(p.Pid())
	e.rally(0)
	if l.warm, err = p.WarmUp(e.order()); err != nil {
		return l, fmt.Errorf("while warming up: %w", err)
	}
	if err := l.warm.check(e.Task); err != nil {
		return l, err
	}
	l.every = everyOf(l.warm)
	e.Begin()
	l.asked = Now()
	if err := p.Measure(l.every); err != nil {
		return l, err
	}
	l.heard = Now()
	e.Stop()
	e.Done()
	if l.Account, err = p.Account(); err != nil {
		return l, err
	}
	if err := errors.Join(e.Close(), l.checkWindow(e)); err != nil {
		return l, err
	}
	r := &e.Report
	r.Worker.ClockNS, r.Worker.StampNS, r.Worker.StampEvery = l.warm.ClockNS, l.warm.StampNS, l.every
	r.Sent, r.Received, r.Verified = l.Sent, l.Received, l.Received
	r.Began, r.Ended = l.Began, l.Ended
	return l, nil
}

// order is what this end's program is asked for. The consumer's learns the numbers
// from the messages.
func (e *End) order() Order {
	o := Order{Workload: e.Workload, Warmup: e.Warmup, Time: e.Time, Messages: e.Messages, Full: e.Full}
	if e.Side == transports.Producer {
		o.Key = uint64(e.key())
	}
	return o
}

// key is the launch's. It is odd, so that it has an effect on every number.
func (e *End) key() message.Key {
	return message.Key((e.Seed[0]^e.Seed[1]*0x9e3779b97f4a7c15)*0xd1342543de82ef95 | 1)
}

func (w Warm) check(t Task) error {
	if w.Messages < max(2, t.Warmup.Messages) || w.NS <= 0 || w.ClockNS < 0 || w.StampNS < 0 {
		return fmt.Errorf("the program says that it is warm after %d messages in %d ns, with a clock of %v ns and stamps of %v ns: it cannot be", w.Messages, w.NS, w.ClockNS, w.StampNS)
	}
	return nil
}

// perMessage is what one of the warm-up took, in ns.
func (w Warm) perMessage() float64 { return float64(w.NS) / float64(w.Messages) }

// What of a time a program may leave out: what it takes to be told and to tell, on a
// machine that does other things as well.
const (
	unaccounted     = 50 * time.Millisecond
	unaccountedPart = 20 // and one in so many of all
)

// tooShort says whether one time is less than another by more than that, and more than
// some ends had to wait for their CPUs.
func tooShort(short, long int64, ends ...*Report) bool {
	for _, r := range ends {
		if r.Worker.WaitNS != nil {
			long -= *r.Worker.WaitNS
		}
	}
	return short < long-long/unaccountedPart-int64(unaccounted)
}

// checkWindow refuses a time that is not within that in which the program ran or, of
// a producer, who begins and ends it, not nearly that.
func (l looped) checkWindow(e *End) error {
	slack := e.Report.ClockUncertain + 1000
	if l.Began < l.asked-slack || l.Ended > l.heard+slack || l.Ended <= l.Began {
		return fmt.Errorf("the program says that it measured from %d to %d ns of CLOCK_MONOTONIC: it was let go at %d and done at %d", l.Began, l.Ended, l.asked, l.heard)
	}
	all, own := l.heard-l.asked, l.Ended-l.Began
	switch n := max(l.Sent, l.Received); {
	case e.Messages > 0 && n != e.Messages:
		return fmt.Errorf("the program says that it measured %d messages: it was asked for %d", n, e.Messages)
	case e.Side == transports.Consumer:
		return nil
	case tooShort(own, all, &e.Report):
		return fmt.Errorf("the program says that it measured for %v: from go to done it took %v", time.Duration(own), time.Duration(all))
	case e.Messages == 0 && own < int64(e.Time):
		return fmt.Errorf("the program says that it measured for %v: it was asked for %v", time.Duration(own), e.Time)
	}
	return nil
}

// programsAgree refuses a stream that took its consumer less time than its producer.
func programsAgree(pairs []Group) error {
	for _, g := range pairs {
		p, c := g.Producers[0], g.Consumers[0]
		if p.Sending > 0 && tooShort(c.Elapsed(), p.Sending, p, c) {
			return fmt.Errorf("the consumer's program says that it received for %v, and the producer's that it sent for %v", time.Duration(c.Elapsed()), time.Duration(p.Sending))
		}
	}
	return nil
}

// verify holds the digest of what was received against what that has to be.
func (l looped) verify(e *End, last bool) error {
	if most := int64(1) << 36; l.Received < 1 || l.Received > most || l.warm.Messages > most {
		return fmt.Errorf("the program says that it received %d messages, after %d to get warm: it cannot have", l.Received, l.warm.Messages)
	}
	due := e.key().Of(uint64(l.warm.Messages), uint64(l.Received), last)
	if l.Digest != uint64(due) {
		return fmt.Errorf("the program says that it received and checked %d messages: their digest is %#x and it says %#x: it has not read all of them, or not in their order", l.Received, uint64(due), l.Digest)
	}
	e.Report.Verified += l.warm.Messages
	return nil
}

// stampDisturbs is how many times what it takes by itself a stamp keeps a program from its
// round trips, about. Of two ends that spin, the other one looks again and again meanwhile, at
// the line that this one is to write.
const stampDisturbs = 2

// programPings is latency where a program at either end does it.
func programPings(e *End) error {
	l, err := e.loop(func(w Warm) int64 {
		return stampEvery(w.perMessage(), max(e.Clock, w.ClockNS, stampDisturbs*w.StampNS), e.Tick)
	})
	if err != nil {
		return err
	}
	if err := l.verify(e, e.Side == transports.Consumer); err != nil {
		return err
	}
	if e.Side == transports.Consumer {
		e.Report.Worker.StampEvery = 0
		return nil
	}
	if l.Sent != l.Received {
		return fmt.Errorf("the program says that it sent %d messages and received %d back", l.Sent, l.Received)
	}
	return e.tellRoundTrips(l)
}

// tellRoundTrips is the producer's report of those that a program timed.
func (e *End) tellRoundTrips(l looped) error {
	rtt := e.Histogram(results.RoundTrips)
	stamps, sum, err := fillIn(rtt, l.Times, int64(l.warm.ClockNS+0.5))
	if err != nil {
		return err
	}
	due := (l.Sent + l.every - 1) / l.every
	elapsed := float64(l.Ended - l.Began)
	switch {
	case stamps != due:
		return fmt.Errorf("the program says that %d round trips were timed: of %d, one in %d is %d", stamps, l.Sent, l.every, due)
	case sum > elapsed*1.01:
		return fmt.Errorf("the program says that round trips took %v, of %v in all", time.Duration(sum), time.Duration(elapsed))
	case l.every == 1 && sum < elapsed/2 && float64(stamps)*l.warm.StampNS < elapsed/4:
		return fmt.Errorf("the program says that all its round trips took %v, and that it measured for %v", time.Duration(sum), time.Duration(elapsed))
	case float64(stamps)*l.warm.StampNS > elapsed/2:
		return fmt.Errorf("the program says that timing a round trip takes %v ns: then it would have done little else", l.warm.StampNS)
	}
	r := &e.Report
	r.Counted, r.Bytes = l.Sent, l.Sent*int64(e.Size)
	e.Set(results.RTTMin, float64(rtt.Min()))
	e.Set(results.RTTMax, float64(rtt.Max()))
	e.Set(results.RTTMean, max(0, elapsed-float64(stamps)*l.warm.StampNS)/float64(l.Sent))
	batch, ok := medianOf(l.Batches)
	batch = max(0, batch-l.warm.StampNS) / float64(l.every)
	if l.every == 1 {
		batch, ok = rtt.Quantile(0.5)
	}
	if ok {
		e.Set(results.RTTBatchP50, batch)
	}
	return nil
}

// fillIn records times, each less what a reading of the clock takes, and returns how
// many there are, and what they are together as they were told.
func fillIn(h *results.Histogram, times map[int64]int64, reading int64) (n int64, sum float64, err error) {
	for ns, count := range times {
		if ns < 0 || count < 1 {
			return 0, 0, fmt.Errorf("the program says that %d round trips took %d ns", count, ns)
		}
		h.RecordMany(max(0, ns-reading), count)
		n += count
		sum += float64(ns) * float64(count)
	}
	return n, sum, nil
}

// medianOf is that of times of which there are so many each; false where they are too few.
func medianOf(times map[int64]int64) (ns float64, ok bool) {
	var all, below int64
	for _, n := range times {
		all += n
	}
	if all < fewest {
		return 0, false
	}
	sorted := make([]int64, 0, len(times))
	for ns := range times {
		sorted = append(sorted, ns)
	}
	slices.Sort(sorted)
	for _, at := range sorted {
		if below += times[at]; 2*below >= all {
			return float64(at), true
		}
	}
	return 0, false
}

// programStreams is throughput where a program at either end does it. The window opens as
// the first measured message arrives, and closes as that does which follows the last:
// so as many are in it as were measured.
func programStreams(e *End) error {
	l, err := e.loop(func(w Warm) int64 { return streamEvery(w.perMessage(), max(e.Clock, w.ClockNS)) })
	if err != nil {
		return err
	}
	e.Report.Worker.StampEvery, e.Report.Worker.StampNS = 0, 0
	if e.Side == transports.Producer {
		e.Report.Received, e.Report.Verified = 0, 0
		e.Report.Sending = e.Report.Elapsed()
		return nil
	}
	if err := l.verify(e, true); err != nil {
		return err
	}
	e.Report.Sent, e.Report.Counted, e.Report.Bytes = 0, l.Received, l.Received*int64(e.Size)
	return nil
}

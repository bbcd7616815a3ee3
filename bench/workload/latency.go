package workload

import (
	"ipcbench/bench/internal/clock"
	"ipcbench/results"
	"ipcbench/transports"
)

// Latency is ping-pong: the producer sends a message and waits for its echo.
// A round trip is timed from before Send to after Recv, on one thread by one
// clock, less what reading that clock costs. Short ones are told by batches as
// well, for a single one is but a few ticks of the clock.
//
// The consumer's work is part of a round trip. The producer's thinking is none: it
// thinks before it reads the clock, and what all of that took is taken from the
// time that a mean is made of.
var Latency = Workload{
	Name:     "latency",
	Producer: ping,
	Consumer: (*End).EchoAll,
	Solo:     ping, // what it sent comes straight back
	Looped:   programPings,
	Axes:     []string{results.PairsColumn, results.WorkColumn, results.ThinkColumn, results.SizeMixColumn},
	Counts:   transports.Producer,
	Account:  roundTrips,
}

func init() { Register(Latency) }

func ping(e *End) error {
	rtt, batches := e.Histogram(results.RoundTrips), newBatches()
	stamp := e.stampCost()
	number, op, err := e.warmUp(e.RoundTrip)
	if err != nil {
		return err
	}
	first := number
	every := e.StampEvery(op)
	slices := e.Slices()
	reading := e.reading() // as fine as a time that was read can be
	e.Begin()
	thought := e.thinking
	e.muster.begin()
	start, at, stamps := Now(), int64(0), int64(0)
	slices.Begin(0, start)
	for n := int64(0); !e.Over(n, start, at); n = int64(number - first) {
		e.think()
		before := Now()
		if err := e.RoundTrip(number, Measured); err != nil {
			return err
		}
		at = Now()
		rtt.Record(max(0, at-before-reading)) // 0: shorter than the clock can tell
		stamps++
		number++
		slices.Stamp(int64(number-first), at)
		if every == 1 {
			continue
		}
		batches.stamp(at)
		for range e.AtMost(every, e.Messages-n) - 1 {
			e.think()
			if err := e.RoundTrip(number, Measured); err != nil {
				return err
			}
			number++
		}
	}
	ended := Now()
	e.Stop()
	if err := e.Close(); err != nil {
		return err
	}
	e.Done()
	n := int64(number - first)
	r := &e.Report
	r.Worker.StampEvery, r.Worker.StampNS = every, stamp
	r.Sent, r.Received, r.Counted, r.Verified = n, n, n, int64(number)
	r.Began, r.Ended, r.Bytes = start, ended, e.Bytes(first, n)
	r.Slices = slices.PerMessage(n, ended)
	e.Set(results.RTTMin, float64(rtt.Min()))
	e.Set(results.RTTMax, float64(rtt.Max()))
	e.Set(results.RTTMean, max(0, float64(r.Elapsed())-float64(stamps)*stamp-e.thinking.since(thought))/float64(n))
	batch, ok := batches.median(every, stamp+float64(every)*float64(e.Think))
	if every == 1 {
		batch, ok = rtt.Quantile(0.5) // a batch of one
	}
	if ok {
		e.Set(results.RTTBatchP50, batch)
	}
	return nil
}

// stampCost is what a stamped round trip takes beside the round trip: two
// readings of the clock and what is kept of them, in ns, with all of it in the
// caches. Where the round trips drive it out of them, a stamp costs more.
func (e *End) stampCost() float64 {
	rtt, batches, slices := results.NewHistogram(), newBatches(), e.Slices()
	slices.Begin(0, Now())
	return clock.PerCall(21, 100, func(calls int) {
		for range calls {
			before := Now()
			at := Now()
			rtt.Record(max(0, at-before))
			slices.Stamp(0, before)
			batches.stamp(at)
		}
	})
}

// roundTrips are the extremes of all pairs, and the mean of every round trip.
func roundTrips(l *results.Launch, pairs []Group) error {
	if len(pairs) == 1 {
		return nil // it has set them itself
	}
	shortest, longest, sum := pairs[0].Producers[0].Metrics[results.RTTMin], 0.0, 0.0
	for _, p := range pairs {
		r := p.Producers[0]
		shortest = min(shortest, r.Metrics[results.RTTMin])
		longest = max(longest, r.Metrics[results.RTTMax])
		sum += r.Metrics[results.RTTMean] * float64(r.Counted) / float64(l.Messages)
	}
	l.Metrics[results.RTTMin], l.Metrics[results.RTTMax], l.Metrics[results.RTTMean] = shortest, longest, sum
	return nil
}

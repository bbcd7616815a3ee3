package workload

import (
	"ipcbench/results"
	"ipcbench/transports"
)

// Latency is ping-pong: the producer sends a message and waits for its echo.
// A round trip is timed from before Send to after Recv, on one thread by one
// clock, less what reading that clock costs.
var Latency = Workload{
	Name:     "latency",
	Producer: ping,
	Consumer: (*End).EchoAll,
	Solo:     ping, // what it sent comes straight back
	Counts:   transports.Producer,
	Account:  roundTrips,
}

func init() { Register(Latency) }

func ping(e *End) error {
	rtt := e.Histogram(results.RoundTrips)
	number, op, err := e.WarmUp(func(number uint64) error { return e.RoundTrip(number, Warming) })
	if err != nil {
		return err
	}
	first := number
	every := e.StampEvery(op)
	slices := e.Slices()
	e.Begin()
	start, at, stamps := Now(), int64(0), int64(0)
	slices.Begin(0, start)
	for n := int64(0); !e.Over(n, start, at); n = int64(number - first) {
		before := Now()
		if err := e.RoundTrip(number, Measured); err != nil {
			return err
		}
		at = Now()
		rtt.Record(max(0, at-before-e.Clock)) // 0: shorter than the clock can tell
		stamps++
		number++
		slices.Stamp(int64(number-first), at)
		for range e.AtMost(every, e.Messages-n) - 1 {
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
	r.Worker.StampEvery = every
	r.Sent, r.Received, r.Counted, r.Verified = n, n, n, int64(number)
	r.Began, r.Ended = start, ended
	r.Slices = slices.PerMessage(n, ended)
	e.Set(results.RTTMin, float64(rtt.Min()))
	e.Set(results.RTTMax, float64(rtt.Max()))
	e.Set(results.RTTMean, float64(r.Elapsed()-2*stamps*e.Clock)/float64(n))
	return nil
}

// roundTrips are the extremes of all pairs, and the mean of every round trip.
func roundTrips(l *results.Launch, counted []Report) error {
	if len(counted) == 1 {
		return nil // it has set them itself
	}
	shortest, longest, sum := counted[0].Metrics[results.RTTMin], 0.0, 0.0
	for _, r := range counted {
		shortest = min(shortest, r.Metrics[results.RTTMin])
		longest = max(longest, r.Metrics[results.RTTMax])
		sum += r.Metrics[results.RTTMean] * float64(r.Counted) / float64(l.Messages)
	}
	l.Metrics[results.RTTMin], l.Metrics[results.RTTMax], l.Metrics[results.RTTMean] = shortest, longest, sum
	return nil
}

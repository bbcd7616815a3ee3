package bench_test

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"testing"

	"ipcbench/bench/workload"
	"ipcbench/results"
	"ipcbench/transports"
)

// passing is what a message takes one way: its sender writes the time into it.
var passing = workload.Workload{
	Name: "passing",
	Producer: func(e *workload.End) error {
		number, _, err := e.WarmUp(func(number uint64) error { return e.RoundTrip(number, workload.Warming) })
		if err != nil {
			return err
		}
		e.Begin()
		msg := make([]byte, e.Size)
		for ; e.Report.Sent < e.Messages; e.Report.Sent++ {
			binary.LittleEndian.PutUint64(msg, uint64(workload.Now()))
			if err := e.Endpoint.Send(msg); err != nil {
				return err
			}
		}
		e.Stop()
		e.Done()
		e.Report.Verified = int64(number)
		return e.Close()
	},
	Consumer: func(e *workload.End) error {
		times := e.Histogram(results.OneWays)
		number := uint64(0)
		begin := func(p workload.Phase) {
			if p == workload.Marking {
				e.Begin()
			}
		}
		for p := workload.Warming; p != workload.Marking; number++ {
			var err error
			if p, err = e.Echo(number, workload.Marking, begin); err != nil {
				return err
			}
		}
		buf := make([]byte, e.Size)
		e.Report.Began = workload.Now()
		for ; ; e.Report.Received++ {
			if _, err := e.Endpoint.Recv(buf); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return err
			}
			e.Report.Ended = workload.Now()
			times.Record(e.Report.Ended - int64(binary.LittleEndian.Uint64(buf))) // before 0 it is lost, and the launch fails
		}
		e.Stop()
		e.Done()
		e.Report.Counted = e.Report.Received
		return nil
	},
	Counts: transports.Consumer,
}

func init() {
	results.RegisterWorkload(results.Workload{Name: passing.Name, Doc: "one way", Main: results.OneWayP50})
	workload.Register(passing)
}

// TestBothEndsReadOneClock: a message never arrives before it was sent, and how
// far the ends' clocks can be apart is known and far below what a message takes.
func TestBothEndsReadOneClock(t *testing.T) {
	p := smallPlan(t, "pipe", "mmap:wait=yield")
	p.Workloads, p.Launches = []string{passing.Name}, 3
	for _, l := range measure(t, p) {
		if l.Status != results.OK || l.Metrics[results.OneWayP50] <= 0 {
			t.Errorf("%s: one way takes %v ns: %s", l.Transport, l.Metrics[results.OneWayP50], l.Reason)
		}
		if l.ClockErrorNS == nil || *l.ClockErrorNS <= 0 || *l.ClockErrorNS > 2000 {
			t.Errorf("%s: the clocks are within %v ns", l.Transport, l.ClockErrorNS)
		} else {
			t.Logf("%s: one way takes %v ns, the clocks are within %d ns", l.Transport, l.Metrics[results.OneWayP50], *l.ClockErrorNS)
		}
	}
}

// TestOneProcessHasOneClock, and nothing to be uncertain about.
func TestOneProcessHasOneClock(t *testing.T) {
	p := smallPlan(t, "null")
	p.Launches = 1
	if l := measure(t, p)[0]; l.ClockErrorNS == nil || *l.ClockErrorNS != 0 {
		t.Errorf("%+v", l.ClockErrorNS)
	}
}

// TestWorkersKnowTheirClock: what a reading takes, to a fraction, in which steps
// it moves, and what a stamp takes, which is two of them and more. What is short
// is told in batches too.
func TestWorkersKnowTheirClock(t *testing.T) {
	p := smallPlan(t, "null", "pipe")
	p.Messages, p.Launches = 100_000, 3
	whole := true
	for _, l := range measure(t, p) {
		for _, w := range l.Workers {
			whole = whole && w.ClockNS == math.Trunc(w.ClockNS)
			if w.ClockNS <= 0 || w.TickNS < 1 || w.TickNS > 1000 {
				t.Errorf("%s, the %s: a reading takes %v ns, the tick is %d ns", l.Transport, w.Side, w.ClockNS, w.TickNS)
			}
		}
		if w := l.Workers[0]; w.StampNS < w.ClockNS {
			t.Errorf("%s: a stamp takes %v ns, and a reading of the clock %v", l.Transport, w.StampNS, w.ClockNS)
		}
		if l.Metrics[results.RTTBatchP50] <= 0 {
			t.Errorf("%s: %v ns in batches", l.Transport, l.Metrics[results.RTTBatchP50])
		}
	}
	if whole {
		t.Error("every reading takes a whole number of ns")
	}
}

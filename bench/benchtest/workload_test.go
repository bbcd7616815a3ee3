package benchtest_test

import (
	"errors"
	"io"
	"testing"

	"ipcbench/bench/benchtest"
	"ipcbench/bench/workload"
	"ipcbench/results"
	"ipcbench/transports"
)

// bursts is a workload of another module's own: the producer sends messages
// eight at a time and waits until the last of them comes back.
var bursts = workload.Workload{
	Name: "bursts",
	Producer: func(e *workload.End) error {
		took := e.Histogram("burst")
		number, _, err := e.WarmUp(func(number uint64) error { return e.RoundTrip(number, workload.Warming) })
		if err != nil {
			return err
		}
		first := number
		e.Begin()
		start := workload.Now()
		for at := start; !e.Over(int64(number-first), start, at); {
			before := workload.Now()
			for range burst {
				if err := e.Send(number, workload.Measured); err != nil {
					return err
				}
				number++
			}
			if _, err := e.Receive(number - 1); err != nil {
				return err
			}
			at = workload.Now()
			took.Record(at - before)
		}
		e.Stop()
		e.Done()
		e.Report.Sent, e.Report.Counted = int64(number-first), int64(number-first)
		e.Report.Began, e.Report.Ended = start, workload.Now()
		e.Set("burst_messages", burst)
		return nil
	},
	Consumer: func(e *workload.End) error {
		var number, first uint64
		for ; ; number++ {
			p, err := e.Receive(number)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return err
			}
			if p == workload.Marking {
				first = number + 1
				e.Begin()
			}
			if p != workload.Measured || (number+1-first)%burst == 0 {
				if err := e.Send(number, p); err != nil {
					return err
				}
			}
		}
		e.Stop()
		e.Done()
		e.Report.Received, e.Report.Verified = int64(number-first), int64(number)
		return nil
	},
	Driver: func(d *workload.Driver) error {
		began := workload.Now()
		if err := d.Start(); err != nil {
			return err
		}
		d.Set("burst_start_ns", float64(workload.Now()-began))
		return d.Measure()
	},
	Counts: transports.Producer,
}

const burst = 8

func init() {
	results.RegisterMetric(results.Metric{Name: "burst_p50_ns", Words: "burst, p50", Unit: results.Nanoseconds, Of: "burst", Q: 0.5})
	results.RegisterMetric(results.Metric{Name: "burst_start_ns", Words: "start of a pair", Unit: results.Nanoseconds})
	results.RegisterWorkload(results.Workload{Name: "bursts", Doc: "eight messages there, one back", Main: "burst_p50_ns"})
	workload.Register(bursts)
}

// TestAWorkloadOfAnotherModule measures it with real processes, over a transport
// that is another module's too.
func TestAWorkloadOfAnotherModule(t *testing.T) {
	p := benchtest.Plan("mine", "pipe", "null")
	p.Workloads, p.Sizes, p.Placements, p.Messages = []string{"bursts"}, []int{64}, []string{"free"}, 8000
	cells, err := p.Cells()
	if err != nil {
		t.Fatal(err)
	}
	launches, err := p.Run(t.Context(), cells, func(results.Launch) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range launches {
		if l.Transport == "null" {
			if l.Status != results.Skipped {
				t.Errorf("null is one process, and is %s", l.Status)
			}
			continue
		}
		h, err := results.DecodeHistogram(l.Histograms["burst"])
		if l.Status != results.OK || err != nil || h.Count() != 1000 || l.Messages != 8000 {
			t.Fatalf("%s: %s, %d messages, %v", l.Transport, l.Reason, l.Messages, err)
		}
		if median, _ := h.Quantile(0.5); l.Metrics["burst_p50_ns"] != median || median <= 0 {
			t.Errorf("%s: a burst took %v ns, and %v of the histogram", l.Transport, l.Metrics["burst_p50_ns"], median)
		}
		if m := l.Metrics; m["burst_messages"] != burst || m["burst_start_ns"] < 1e5 || m[results.CPUPerMsg] <= 0 {
			t.Errorf("%s: %v", l.Transport, l.Metrics)
		}
		if _, has := l.Metrics[results.RTTP50]; has {
			t.Errorf("%s has round trips: %v", l.Transport, l.Metrics)
		}
	}
}

func TestADriversHalfThatDoesNotMeasureFails(t *testing.T) {
	idle := workload.Workload{Name: "idle", Driver: func(d *workload.Driver) error { return d.Start() }}
	d := workload.NewDriver(t.Context(), results.Cell{}, func() ([]int, error) { return nil, nil }, func() error { return nil })
	if err := idle.Drive(d); err == nil {
		t.Error("nothing was measured, and nobody minds")
	}
}

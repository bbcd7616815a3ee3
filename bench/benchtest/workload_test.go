package benchtest_test

import (
	"testing"

	"ipcbench/bench/benchtest"
	"ipcbench/bench/workload"
	"ipcbench/results"
)

// staged is ping-pong with a driver's half, which times how long a pair takes to
// get ready.
var staged = workload.Workload{
	Name:     "staged",
	Producer: workload.Latency.Producer,
	Consumer: workload.Latency.Consumer,
	Driver: func(d *workload.Driver) error {
		began := workload.Now()
		if err := d.Start(); err != nil {
			return err
		}
		d.Set("start_ns", float64(workload.Now()-began))
		d.Set("ends", float64(len(d.Pids)))
		return d.Measure()
	},
	Account: workload.Latency.Account,
}

func init() {
	results.RegisterMetric(results.Metric{Name: "start_ns", Words: "start of a pair", Unit: results.Nanoseconds})
	results.RegisterWorkload(results.Workload{Name: "staged", Doc: "ping-pong, and how long its start takes", Main: "start_ns"})
	workload.Register(staged)
}

// TestADriversHalf measures it with real processes, over a transport that is
// another module's too. It has no part for a transport whose ends are one.
func TestADriversHalf(t *testing.T) {
	p := benchtest.Plan("mine", "pipe", "null")
	p.Workloads, p.Sizes, p.Placements, p.Messages = []string{"staged"}, []int{64}, []string{"free"}, 1000
	cells, err := p.Cells(t.Context())
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
		if m := l.Metrics; l.Status != results.OK || l.Messages != 1000 || m["ends"] != 2 || m["start_ns"] < 1e5 || m[results.RTTP50] <= 0 {
			t.Errorf("%s: %s %s, %d messages, %v", l.Transport, l.Status, l.Reason, l.Messages, l.Metrics)
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

package bench_test

import (
	"testing"
	"time"

	"ipcbench/bench"
	"ipcbench/results"
	"ipcbench/results/summary"
)

// The consumer of the transport "stalls" stops for a tenth of the time: at 1000
// messages a second, 50 ms long after each 500.
const (
	stallEvery = 500
	stall      = 50 * time.Millisecond
)

// offered measures one launch of a spec under a load.
func offered(t *testing.T, spec string, size int, change func(*bench.Plan)) results.Launch {
	t.Helper()
	p := smallPlan(t, spec)
	p.Workloads, p.Launches, p.Sizes = []string{"load"}, 1, []int{size}
	change(&p)
	launches := measure(t, p)
	if len(launches) == 0 {
		t.Fatal("nothing was launched")
	}
	for _, l := range launches {
		if l.Status != results.OK {
			t.Fatalf("%s: %s", l.Transport, l.Reason)
		}
	}
	return launches[0]
}

// TestAStallIsOnRecord: what was due while the consumer stood still has waited, and
// of all messages the slowest in a hundred are of those. By arithmetic the p99 is
// 45 ms: a tenth of all were due in a stall, evenly over its 50 ms. From the actual
// sends it does not show, for the producer could not send meanwhile: a pipe holds
// one message of this size.
func TestAStallIsOnRecord(t *testing.T) {
	l := offered(t, "stalls", 64<<10, func(p *bench.Plan) {
		p.Rates, p.Pacings, p.Messages, p.Time, p.Timeout = []float64{1000}, []string{results.Sleeping}, 4*stallEvery, 0, time.Minute
	})
	corrected, hidden := l.Metrics[results.OneWayP99]/1e6, l.Metrics[results.UncorrectedP99]/1e6
	if corrected < 0.95*45 {
		t.Errorf("of what was due, the p99 is %.1f ms", corrected)
	}
	if hidden > corrected/2 {
		t.Errorf("of what was sent, the p99 is %.1f ms, and of what was due %.1f", hidden, corrected)
	}
	if late := l.Metrics[results.ScheduleLate99] / 1e6; late < 30 {
		t.Errorf("the producer could not send for 50 ms, and the p99 of its lateness is %.1f ms", late)
	}
}

// A rate that a pair can carry arrives, and one that it cannot is told.
func TestARateIsHeldOrToldNotToBe(t *testing.T) {
	light := offered(t, "pipe", 64, func(p *bench.Plan) { p.Rates, p.Time, p.Messages = []float64{1000}, 50*time.Millisecond, 0 })
	if n := light.Messages; n < 30 || n > 50 {
		t.Errorf("of 1000 a second, %d messages came in 50 ms", n)
	}
	heavy := offered(t, "stalls", 64<<10, func(p *bench.Plan) {
		p.Rates, p.Arrivals, p.Messages, p.Time = []float64{10_000}, []string{results.Poisson}, 2*stallEvery, 0
	})
	if heavy.Metrics[results.AchievedPerS] > 0.9*heavy.Metrics[results.ScheduledPerS] {
		t.Errorf("of %v a second, %v came, of what stands still for half of the time", heavy.Metrics[results.ScheduledPerS], heavy.Metrics[results.AchievedPerS])
	}
	if s := summary.Of([]results.Launch{heavy})[0]; s.Held() {
		t.Error("nobody is told")
	}
	for _, l := range []results.Launch{light, heavy} {
		if l.Verified < l.Messages || l.ClockErrorNS == nil || l.Histograms[results.OneWays] == "" || l.Histograms[results.Lateness] == "" {
			t.Errorf("%v: the record has %d verified, clock error %v", l.RatePerS, l.Verified, l.ClockErrorNS)
		}
	}
}

// One way is measured over every transport that has two ends, one byte long too.
func TestOneWayIsMeasured(t *testing.T) {
	for _, spec := range []string{"pipe", "mmap:wait=futex", "unix:type=dgram"} {
		l := offered(t, spec, 1, func(p *bench.Plan) { p.Workloads, p.Messages, p.Time = []string{"oneway"}, 20, 0 })
		if l.Messages != 19 || l.Metrics[results.OneWayP50] <= 0 || l.Metrics[results.RTTP50] != 0 {
			t.Errorf("%s: %d messages, %v ns", spec, l.Messages, l.Metrics[results.OneWayP50])
		}
	}
}

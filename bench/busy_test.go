package bench_test

import (
	"strings"
	"testing"
	"time"

	"ipcbench/results"
)

// paths are the paths that an end that is busy between its messages is tried on.
var paths = []string{"mmap:wait=futex", "mmap:wait=futex,api=inplace", "pipe", "unix:type=dgram", "null"}

// TestWorkIsPartOfWhatAMessageTakes: no round trip is shorter than the work of the
// consumer, and no rate is higher than it allows.
func TestWorkIsPartOfWhatAMessageTakes(t *testing.T) {
	const work = 20 * time.Microsecond
	p := smallPlan(t, paths...)
	p.Workloads, p.Messages, p.Launches, p.Work = []string{"latency", "throughput"}, 300, 1, []time.Duration{0, work}
	worked := 0
	for _, l := range measure(t, p) {
		switch least := float64(work) - 1000; { // a call may be so much shorter than the mean of all
		case l.Status != results.OK:
			t.Errorf("%s %s: %s", l.Transport, l.Workload, l.Reason)
			continue
		case l.WorkNS == 0:
			continue
		case l.Workload == "latency" && l.Metrics[results.RTTMin] < least:
			t.Errorf("%s: a round trip with %v of work took %v ns", l.Transport, work, l.Metrics[results.RTTMin])
		case l.Workload == "throughput" && l.Metrics[results.MsgsPerS] > 1e9/least:
			t.Errorf("%s: %v messages per second, each with %v of work", l.Transport, l.Metrics[results.MsgsPerS], work)
		}
		if least := float64(work) - 1000; l.Metrics[results.CPUPerMsg] < least/2 {
			t.Errorf("%s: %v ns of CPU time per message with %v of work", l.Transport, l.Metrics[results.CPUPerMsg], work)
		}
		worked++
	}
	if want := 2 * len(paths); worked != want {
		t.Errorf("%d launches with work instead of %d", worked, want)
	}
}

// TestThinkingIsPartOfNoRoundTrip: it takes the time of the launch, and neither a
// round trip nor their mean has it.
func TestThinkingIsPartOfNoRoundTrip(t *testing.T) {
	const think = 20 * time.Millisecond
	p := smallPlan(t, paths...)
	p.Workloads, p.Messages, p.Launches, p.Think = []string{"latency", "throughput"}, 12, 1, []time.Duration{think}
	p.Warmup.Messages, p.Warmup.Time = 1, 0
	for _, l := range measure(t, p) {
		if l.Status != results.OK {
			t.Errorf("%s %s: %s", l.Transport, l.Workload, l.Reason)
			continue
		}
		if least := 11 * int64(think-time.Microsecond); l.ElapsedNS < least {
			t.Errorf("%s %s: %d messages, each after %v, took %d ns", l.Transport, l.Workload, l.Messages, think, l.ElapsedNS)
		}
		if mean, longest := l.Metrics[results.RTTMean], l.Metrics[results.RTTMax]; mean > longest+float64(think)/2 {
			t.Errorf("%s: the mean of round trips is %v ns and the longest %v: it has the %v of thinking in it", l.Transport, mean, longest, think)
		}
	}
}

// TestWorkThatTheClockCannotTellIsRefused.
func TestWorkThatTheClockCannotTellIsRefused(t *testing.T) {
	p := smallPlan(t, "pipe")
	p.Work = []time.Duration{0, 1}
	if _, err := p.Cells(t.Context()); err == nil || !strings.Contains(err.Error(), "--work or --think 1ns: it is timed by this machine's clock") {
		t.Errorf("1 ns of work: %v", err)
	}
}

package bench_test

import (
	"slices"
	"testing"
	"time"

	"ipcbench/results"
)

// TestSeveralPairsAreOneLaunch has two pairs exchange messages at once, over
// links of their own.
func TestSeveralPairsAreOneLaunch(t *testing.T) {
	p := smallPlan(t, "pipe", "mmap:wait=futex", "null")
	p.Workloads, p.Launches, p.Pairs = []string{"latency", "throughput"}, 1, []int{2}
	p.Messages, p.Time = 0, 300*time.Millisecond
	for _, l := range measure(t, p) {
		if l.Status != results.OK || l.Pairs != 2 {
			t.Errorf("%s %s of %d pairs: %s", l.Transport, l.Workload, l.Pairs, l.Reason)
			continue
		}
		var who []string
		for _, w := range l.Workers {
			who = append(who, w.Side+string(rune('0'+w.Pair)))
		}
		want := []string{"producer0", "consumer0", "producer1", "consumer1"}
		if l.Transport == "null" {
			want = []string{"producer0", "producer1"}
		}
		if !slices.Equal(who, want) {
			t.Errorf("%s %s: the workers are %v", l.Transport, l.Workload, who)
		}
		if l.ElapsedNS < int64(p.Time)/2 || l.Verified < l.Messages || l.Bytes != l.Messages*64 {
			t.Errorf("%s %s: %d messages, %d bytes, %d verified in %d ns", l.Transport, l.Workload, l.Messages, l.Bytes, l.Verified, l.ElapsedNS)
		}
		if l.Workload == "latency" {
			h, err := results.DecodeHistogram(l.Histograms[results.RoundTrips])
			if m := l.Metrics; err != nil || h.Count() < 2 || m[results.RTTMin] > m[results.RTTMean] || m[results.RTTMean] > m[results.RTTMax] {
				t.Errorf("%s: %v, %v", l.Transport, m, err)
			}
			continue
		}
		if rate := float64(l.Messages) / (float64(l.ElapsedNS) / 1e9); l.Metrics[results.MsgsPerS] != rate {
			t.Errorf("%s: %v messages/s, and %v of both", l.Transport, l.Metrics[results.MsgsPerS], rate)
		}
	}
}

// TestAPairThatFailsEndsTheOthers, which would otherwise go on until all their
// time is over.
func TestAPairThatFailsEndsTheOthers(t *testing.T) {
	p := smallPlan(t, "killed")
	p.Launches, p.Pairs, p.Messages, p.Time, p.Timeout = 1, []int{2}, 0, 10*time.Second, 20*time.Second
	began := time.Now()
	l := measure(t, p)[0]
	if l.Status != results.Failed || len(l.Workers) != 4 || time.Since(began) > 5*time.Second {
		t.Errorf("%s after %v, with %d workers: %s", l.Status, time.Since(began), len(l.Workers), l.Reason)
	}
}

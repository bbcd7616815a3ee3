package bench_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
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
		fair := l.Metrics[results.PairFairness]
		if rates := results.Rates(l.Parts); len(rates) != 2 || fair != results.Fairness(rates) || fair <= 0 || fair > 1 || l.Parts[0].Messages+l.Parts[1].Messages != l.Messages {
			t.Errorf("%s %s: parts %v of %d messages, the slowest %v of the fastest", l.Transport, l.Workload, l.Parts, l.Messages, fair)
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

// TestPairsThatSpinOnTooFewCPUsEnd, and say what they were.
func TestPairsThatSpinOnTooFewCPUsEnd(t *testing.T) {
	p := smallPlan(t, "mmap:wait=spin")
	p.Workloads, p.Placements, p.Launches, p.Pairs = []string{"throughput"}, []string{results.Free}, 1, []int{2 * runtime.NumCPU()}
	p.Messages, p.Time = 0, 20*time.Millisecond
	l := measure(t, p)[0]
	said := slices.ContainsFunc(l.Warnings, func(w results.Warning) bool {
		return strings.HasPrefix(w.String(), fmt.Sprintf("%d ends on %d CPU", 4*runtime.NumCPU(), runtime.NumCPU()))
	})
	if l.Status != results.OK || l.Verified < l.Messages || !said {
		t.Errorf("%s %s: %d messages, %d verified, said: %v", l.Status, l.Reason, l.Messages, l.Verified, l.Warnings)
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

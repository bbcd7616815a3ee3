package workload

import (
	"math"
	"slices"
	"strings"
	"testing"

	"ipcbench/results"
)

// pair is what two ends of 100 messages report, counted from began to ended.
func pair(began, ended int64, set map[string]float64) Group {
	r := Report{Sent: 100, Received: 100, Counted: 100, Began: began, Ended: ended, Slices: []float64{10, 20}, Metrics: set}
	return Group{[]*Report{&r}, []*Report{{Sent: 100, Received: 100, Counted: 100, Began: began, Ended: ended, Slices: []float64{10, 20}}}}
}

func TestPairsAreCountedInTheTimeOfAllOfThem(t *testing.T) {
	l := results.Launch{Cell: results.Cell{SizeBytes: 8}}
	if err := Throughput.Sum(&l, []Group{pair(1000, 3000, nil), pair(2000, 5000, nil)}, nil); err != nil {
		t.Fatal(err)
	}
	if l.Messages != 200 || l.ElapsedNS != 4000 || l.Bytes != 1600 || l.Metrics[results.MsgsPerS] != 5e7 || l.Metrics[results.BytesPerS] != 4e8 {
		t.Errorf("%+v", l)
	}
	if !slices.Equal(l.SlicesNS, []float64{5, 10}) {
		t.Errorf("two pairs of 10 and 20 ns a message have slices of %v together", l.SlicesNS)
	}
}

func TestPairsThatTookTurnsAreNoneAtOnce(t *testing.T) {
	err := Throughput.Sum(&results.Launch{}, []Group{pair(1000, 2000, nil), pair(2000, 3000, nil)}, nil)
	if err == nil || !strings.Contains(err.Error(), "--time") {
		t.Errorf("%v", err)
	}
}

// TestRoundTripsOfPairsAreMerged by the extremes, and the mean of all.
func TestRoundTripsOfPairsAreMerged(t *testing.T) {
	l := results.Launch{}
	of := func(least, mean, most float64) map[string]float64 {
		return map[string]float64{results.RTTMin: least, results.RTTMean: mean, results.RTTMax: most}
	}
	if err := Latency.Sum(&l, []Group{pair(0, 10, of(5, 10, 20)), pair(0, 10, of(3, 30, 40))}, nil); err != nil {
		t.Fatal(err)
	}
	if m := l.Metrics; m[results.RTTMin] != 3 || m[results.RTTMax] != 40 || math.Abs(m[results.RTTMean]-20) > 1e-9 {
		t.Errorf("%v", l.Metrics)
	}
}

// TestHistogramsOfPairsAreOne, and what is a quantile of one follows from the
// table of metrics.
func TestHistogramsOfPairsAreOne(t *testing.T) {
	var texts []string
	for _, ns := range []int64{100, 300} {
		h := results.NewHistogram()
		for range 50 {
			h.Record(ns)
		}
		text, err := h.Encode()
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	l := results.Launch{Metrics: map[string]float64{}}
	all := []Report{{Histograms: map[string]string{results.OneWays: texts[0]}}, {Histograms: map[string]string{results.OneWays: texts[1]}}}
	if err := quantiles(&l, all); err != nil {
		t.Fatal(err)
	}
	h, err := results.DecodeHistogram(l.Histograms[results.OneWays])
	if err != nil || h.Count() != 100 {
		t.Errorf("%v, %v", h, err)
	}
	if l.Metrics[results.OneWayP50] != 100 || l.Metrics[results.RTTP50] != 0 {
		t.Errorf("%v", l.Metrics)
	}
}

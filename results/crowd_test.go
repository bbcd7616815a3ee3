package results_test

import (
	"testing"

	"ipcbench/results"
)

// TestFairnessIsTheSlowestOverTheFastest, of rates: who had less time is not slower.
func TestFairnessIsTheSlowestOverTheFastest(t *testing.T) {
	for _, c := range []struct {
		parts []results.Part
		want  float64
	}{
		{[]results.Part{{Messages: 100, ElapsedNS: 1000}, {Messages: 50, ElapsedNS: 500}}, 1},
		{[]results.Part{{Messages: 100, ElapsedNS: 1000}, {Messages: 25, ElapsedNS: 1000}, {Messages: 80, ElapsedNS: 1000}}, 0.25},
		{[]results.Part{{Messages: 100, ElapsedNS: 1000}, {Messages: 0, ElapsedNS: 1000}}, 0},
		{[]results.Part{{Messages: 0, ElapsedNS: 1000}, {Messages: 0, ElapsedNS: 1000}}, 0},
	} {
		if got := results.Fairness(results.Rates(c.parts)); got != c.want {
			t.Errorf("%v: %v, want %v", c.parts, got, c.want)
		}
	}
}

// TestEachEndHasItsPart, and the one that all share has all.
func TestEachEndHasItsPart(t *testing.T) {
	l := results.Launch{Cell: results.Cell{Pairs: 1, FanIn: 2}, Messages: 7, ElapsedNS: 10, Parts: []results.Part{{Messages: 3, ElapsedNS: 10}, {Messages: 4, ElapsedNS: 10}}}
	for _, c := range []struct {
		worker results.Worker
		want   int64
		known  bool
	}{
		{results.Worker{Side: "producer", Pair: 1}, 4, true},
		{results.Worker{Side: "consumer"}, 7, true},
		{results.Worker{Side: "producer", Pair: 2}, 0, false},
	} {
		if part, known := l.Part(c.worker); part.Messages != c.want || known != c.known {
			t.Errorf("%+v has %+v, %v", c.worker, part, known)
		}
	}
}

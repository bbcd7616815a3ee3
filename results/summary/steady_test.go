package summary

import (
	"strings"
	"testing"

	"ipcbench/results"
)

func floorOf(name string, size int, cpus []int, ns ...float64) results.Floor {
	f := results.Floor{Name: name, SizeBytes: size, CPUs: cpus, NS: EstimateOf(ns).Median}
	for _, value := range ns {
		f.Samples = append(f.Samples, results.Sample{NS: value})
	}
	return f
}

func TestUnsteadyMachineIsToldByTheFloorThatMovedMost(t *testing.T) {
	steady := floorOf("copy", 4096, nil, 100, 101, 99, 103, 98)
	stalled := floorOf("clock", 0, nil, 25, 25, 25, 25, 25, 2500)
	line := floorOf("cacheline", 0, []int{0, 1}, 70, 71, 70, 160, 160, 161)
	null := floorOf("null", 64, nil, 15, 16, 15, 20, 21, 20)
	for _, c := range []struct {
		floors []results.Floor
		want   string
	}{
		{nil, ""},
		{[]results.Floor{steady, stalled, {Name: "null", NS: 12}}, ""}, // the last is of an older version
		{[]results.Floor{steady, line}, "the machine was not steady: the cache-line round trip between CPUs 0 and 1 took 70.0 ns to 160 ns during the run"},
		{[]results.Floor{null, line, steady}, "CPUs 0 and 1 took 70.0 ns to 160 ns during the run, and 2 of 3 floors moved by more than 20 %"},
	} {
		got := strings.Join(words(t, Unsteady(c.floors)), "; ")
		if got != c.want && (c.want == "" || !strings.HasSuffix(got, c.want)) {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

package results

import (
	"strings"
	"testing"
)

func floorOf(name string, size int, cpus []int, ns ...float64) Floor {
	f := Floor{Name: name, SizeBytes: size, CPUs: cpus, NS: EstimateOf(ns).Median}
	for _, value := range ns {
		f.Samples = append(f.Samples, Sample{NS: value})
	}
	return f
}

func TestUnsteadyMachineIsToldByTheFloorThatMovedMost(t *testing.T) {
	steady := floorOf("copy", 4096, nil, 100, 101, 99, 103, 98)
	stalled := floorOf("clock", 0, nil, 25, 25, 25, 25, 25, 2500)
	line := floorOf("cacheline", 0, []int{0, 1}, 70, 71, 70, 160, 160, 161)
	null := floorOf("null", 64, nil, 15, 16, 15, 20, 21, 20)
	for _, c := range []struct {
		floors []Floor
		want   string
	}{
		{nil, ""},
		{[]Floor{steady, stalled, {Name: "null", NS: 12}}, ""}, // the last is of an older version
		{[]Floor{steady, line}, "the machine was not steady: the cache-line round trip between CPUs 0 and 1 took 70.0 ns to 160 ns during the run"},
		{[]Floor{null, line, steady}, "CPUs 0 and 1 took 70.0 ns to 160 ns during the run, and 2 of 3 floors moved by more than 20 %"},
	} {
		if got := Unsteady(c.floors); got != c.want && (c.want == "" || !strings.HasSuffix(got, c.want)) {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestFloorsAreToldApart(t *testing.T) {
	for _, c := range []struct {
		floor    Floor
		what, of string
	}{
		{Floor{Name: "clock"}, "reading the clock", ""},
		{Floor{Name: "copy", SizeBytes: 4096}, "copying 4 KiB", "4 KiB"},
		{Floor{Name: "null", SizeBytes: 64}, "the null transport's round trip of 64 B", "64 B"},
		{Floor{Name: "cacheline", CPUs: []int{0, 1}}, "the cache-line round trip between CPUs 0 and 1", "CPUs 0 and 1"},
		{Floor{Name: "later"}, "the floor later", ""},
	} {
		if c.floor.What() != c.what || c.floor.Of() != c.of {
			t.Errorf("%+v is %q of %q", c.floor, c.floor.What(), c.floor.Of())
		}
	}
}

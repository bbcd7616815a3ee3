package compare

import (
	"fmt"
	"testing"
	"unicode/utf8"

	"ipcbench/results"
)

// TestHeadlineSaysWhatChangedMostAndWhatMayBeBehindIt is the trial in which
// halt polling was turned on.
func TestHeadlineSaysWhatChangedMostAndWhatMayBeBehindIt(t *testing.T) {
	random := seeded()
	old, new := newRun("A"), newRun("B")
	new.Host["guest-halt-poll-ns"] = "50000"
	old.measure(random, latencyOf("pipe", 64), 10, 49.5e3, 0.001)
	new.measure(random, latencyOf("pipe", 64), 10, 5.3e3, 0.001)
	old.measure(random, latencyOf("unix", 64), 10, 60e3, 0.01)
	new.measure(random, latencyOf("unix", 64), 10, 12e3, 0.01)
	old.measure(random, throughputOf("pipe", 64), 10, 1e6, 0.01)
	new.measure(random, throughputOf("pipe", 64), 10, 0.9e6, 0.01)
	old.measure(random, latencyOf("mmap", 64), 10, 200, 0.01)
	new.measure(random, latencyOf("mmap", 64), 10, 200, 0.01)
	const want = "differs between these two runs: pipe 64 B same-llc round trip 9.3× faster (49.5 µs → 5.30 µs) is the largest of 3 changes in 4 cells: " +
		"2 faster, 1 slower, 1 same; what differs: guest-halt-poll-ns 0 → 50000"
	if got := compareRuns(t, []Run{old}, []Run{new}).Headline; got != want {
		t.Errorf("headline is\n%s\nwant\n%s", got, want)
	}
}

func TestHeadlineWithoutAChange(t *testing.T) {
	random := seeded()
	old, new := newRun("A"), newRun("B")
	for i, cv := range []float64{0.01, 0.01, 0.3} {
		old.measure(random, latencyOf("pipe", 64<<i), 10, 50e3, cv)
		new.measure(random, latencyOf("pipe", 64<<i), 10, 50e3, cv)
	}
	const want = "nothing changed that these launches can show: 2 same, 1 too noisy (within these two runs)"
	if got := compareRuns(t, []Run{old}, []Run{new}).Headline; got != want {
		t.Errorf("headline is %s", got)
	}
}

func TestHeadlineByColumnSaysThanWhat(t *testing.T) {
	const want = "pipe 64 B same-llc round trip 9.9× slower than same-cpu (5.01 µs → 49.8 µs) is the largest of 2 changes in 2 cells: 2 slower (within this run)"
	if got := compareBy(t, []Run{matrix(seeded())}, "placement").Headline; got != want {
		t.Errorf("headline is %s", got)
	}
}

func TestHeadlineFitsALine(t *testing.T) {
	random := seeded()
	old, new := newRun("20261123T101500Z-1a2b"), newRun("20261123T101500Z-3c4d")
	for i := range 20 {
		fact := fmt.Sprintf("fact-%d", i)
		old.Host[fact], new.Host[fact] = "something", "something else"
	}
	old.Host["mitigations"] = "none needed"
	new.Host["mitigations"] = "spec_rstack_overflow: Vulnerable: Safe RET, no microcode | spec_store_bypass: Vulnerable"
	for i := range 36 {
		cell := in(latencyOf("mmap:sync=sync,wait=hybrid", 64+i), "/mnt/filesystem", "ext4")
		old.measure(random, cell, 10, 50e3, []float64{0.01, 0.2}[i%2])
		new.measure(random, cell, 10, []float64{50e3, 70e3, 30e3}[i%3], 0.01)
	}
	got := compareRuns(t, []Run{old}, []Run{new}).Headline
	if n := utf8.RuneCountInString(got); n > 250 {
		t.Errorf("%d letters: %s", n, got)
	}
	t.Log(got)
}

func TestMetricsBesideThePrimaryDoNotCount(t *testing.T) {
	random := seeded()
	old, new := newRun("A"), newRun("B")
	old.measure(random, latencyOf("pipe", 64), 10, 50e3, 0.01)
	new.measure(random, latencyOf("pipe", 64), 10, 50e3, 0.01)
	for i := range 10 {
		old.Launches[i].Metrics[results.CPUPerMsg] = 1000 + float64(i)
		new.Launches[i].Metrics[results.CPUPerMsg] = 3000 + float64(i)
	}
	c := compareRuns(t, []Run{old}, []Run{new})
	if c.Rows[1].Verdict != Slower || c.Headline != "nothing changed that these launches can show: 1 same (within these two runs)" {
		t.Errorf("%+v\n%s", c.Rows[1], c.Headline)
	}
	c, err := Runs([]Run{old}, []Run{new}, Options{Metrics: []string{results.CPUPerMsg}})
	if err != nil || c.Headline != "differs between these two runs: pipe 64 B same-llc cpu_ns_per_msg 3.0× slower (1.00 µs → 3.00 µs) is the only change in 1 cell: 1 slower" {
		t.Errorf("asked for alone: %v %s", err, c.Headline)
	}
}

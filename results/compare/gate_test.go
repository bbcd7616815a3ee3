package compare

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"ipcbench/results"
)

func gateOf(t *testing.T, old, new Run, threshold float64) *Gate {
	t.Helper()
	c, err := Runs([]Run{old}, []Run{new}, Options{Threshold: threshold})
	if err != nil {
		t.Fatal(err)
	}
	return c.Gate
}

func TestGate(t *testing.T) {
	for _, c := range []struct {
		name   string
		times  func(i int) float64
		cv     float64
		change func(old, new *Run)
		want   Outcome
	}{
		{"nothing changed", unchanged, 0.01, nil, Passed},
		{"one is slower by more", func(i int) float64 { return 1 + 0.2*float64(i/35) }, 0.01, nil, Failed},
		{"one is slower by less", func(i int) float64 { return 1 + 0.02*float64(i/35) }, 0.002, nil, Passed},
		{"all are faster, each its own", func(i int) float64 { return 0.9 - 0.01*float64(i) }, 0.01, nil, Passed},
		{"too noisy", unchanged, 0.2, nil, Inconclusive},
		{"all are slower together", func(int) float64 { return 1.2 }, 0.01, nil, Inconclusive},
		{"all are slower together by less", func(int) float64 { return 1.02 }, 0.005, nil, Passed},
		{"one more than all", func(i int) float64 { return 1.2 + float64(i/35) }, 0.01, nil, Failed},
		{"the machine is faster, and may hide it", unchanged, 0.01, func(old, new *Run) {
			random := seeded()
			cell := latencyOf("mmap", 64)
			old.measure(random, cell, 10, 200, 0.01)
			new.measure(random, cell, 10, 180, 0.01)
			old.floor(random, results.Floor{Name: "cacheline", CPUs: []int{0, 1}}, 100)
			new.floor(random, results.Floor{Name: "cacheline", CPUs: []int{0, 1}}, 80)
		}, Inconclusive},
		{"one was not measured", unchanged, 0.01, func(_, new *Run) { new.Launches = new.Launches[10:] }, Inconclusive},
		{"one is new", unchanged, 0.01, func(old, _ *Run) { old.Launches = old.Launches[10:] }, Passed},
		{"one fails", unchanged, 0.01, func(_, new *Run) {
			for i := range 10 {
				new.Launches[i].Status = results.Failed
			}
		}, Failed},
		{"one fails at times", unchanged, 0.01, func(_, new *Run) { new.Launches[0].Status = results.Failed }, Failed},
		{"one was cut short", unchanged, 0.01, func(_, new *Run) { delete(new.Launches[0].Metrics, results.RTTP50) }, Inconclusive},
	} {
		old, new := of36(seeded(), 10, c.cv, c.times)
		if c.change != nil {
			c.change(&old, &new)
		}
		if g := gateOf(t, old, new, 0.05); g.Outcome != c.want || (g.Reason() == "") != (c.want == Passed) {
			t.Errorf("%s: %s: %+v", c.name, g.Reason(), *g)
		}
	}
}

// The gate passed where a cell was skipped, or was in one of the old runs' and not
// in all of the new ones'.
func TestGateDoesNotPassOnLostCoverage(t *testing.T) {
	skipped := func(r *Run, n int) {
		for i := range n {
			r.Launches[i].Status, r.Launches[i].Reason = results.Skipped, "no such thing here"
		}
	}
	for _, c := range []struct {
		name string
		lose func(new []Run)
	}{
		{"a cell is skipped", func(new []Run) {
			for i := range new {
				skipped(&new[i], 10)
			}
		}},
		{"some launches are skipped", func(new []Run) { skipped(&new[0], 2) }},
		{"a cell is absent", func(new []Run) {
			for i := range new {
				new[i].Launches = new[i].Launches[10:]
			}
		}},
		{"a cell is absent in one run", func(new []Run) { new[1].Launches = new[1].Launches[10:] }},
		{"a cell has no such metric", func(new []Run) {
			for _, run := range new {
				for i := range 10 {
					run.Launches[i].Metrics = map[string]float64{results.RTTMin: 1}
				}
			}
		}},
	} {
		old, new := of36(seeded(), 10, 0.002, unchanged)
		second := new
		second.Name, second.Launches = "C", slices.Clone(new.Launches)
		sides := []Run{new, second}
		c.lose(sides)
		for _, allowed := range []bool{false, true} {
			comparison, err := Runs([]Run{old}, sides, Options{Threshold: 0.05, AllowMissing: allowed})
			if err != nil {
				t.Fatal(err)
			}
			g, want := comparison.Gate, Inconclusive
			if allowed {
				want = Passed
			}
			if g.Outcome != want || (g.Caveat() != "") != allowed || g.lost() != 1 {
				t.Errorf("%s, allowed %v: %s: %s%s: %+v", c.name, allowed, g.Outcome, g.Reason(), g.Caveat(), *g)
			}
		}
	}
}

func TestGateOfMetricsThatWereAskedFor(t *testing.T) {
	old, new := of36(seeded(), 10, 0.01, unchanged)
	c, err := Runs([]Run{old}, []Run{new}, Options{Threshold: 0.05, Metrics: []string{results.RTTP50}})
	if err != nil || c.Gate.Outcome != Passed || c.Gate.Results != 18 {
		t.Errorf("%v %+v", err, c.Gate)
	}
}

// TestGateKnowsHowOftenItIsWrong holds what a gate says of the runs at hand
// against what becomes of many runs like them.
func TestGateKnowsHowOftenItIsWrong(t *testing.T) {
	const threshold, trials = 0.05, 120
	random := seeded()
	for _, c := range []struct {
		launches int
		cv       float64
	}{{7, 0.01}, {7, 0.02}, {10, 0.01}, {10, 0.03}, {20, 0.06}} {
		said, missed, passed := 0.0, 0, 0
		for range trials {
			old, new := of36(random, c.launches, c.cv, func(i int) float64 { return 1 + threshold*float64(1-min(i, 1)) }) // the first one alone
			comparison, err := Runs([]Run{old}, []Run{new}, Options{Threshold: threshold})
			if err != nil {
				t.Fatal(err)
			}
			said += comparison.Gate.Missed / trials
			if comparison.Rows[0].Verdict != Slower {
				missed++
			}
			if comparison.Gate.Outcome == Passed {
				passed++
			}
		}
		is := fmt.Sprintf("%d launches that vary by %g: missed in %.2f, said to be in %.2f; passed in %.3f",
			c.launches, c.cv, float64(missed)/trials, said, float64(passed)/trials)
		t.Log(is)
		if math.Abs(said-float64(missed)/trials) > 0.12 || float64(passed)/trials > 0.05 {
			t.Error(is)
		}
	}
}

package compare

import (
	"math"
	"math/rand/v2"
	"testing"

	"ipcbench/results"
)

// byTicks adds launches of a round trip of so many ns, more or less, by a clock
// of 10 ns: a p50 is a stamp less the clock's cost, and the means of batches of
// 20 round trips are 20 times as fine.
func (r *Run) byTicks(random *rand.Rand, cell results.Cell, n int, ns, cv float64) {
	const tick, every, cost = 10, 20, 26
	for range n {
		true := ns * math.Exp(cv*random.NormFloat64())
		r.add(cell, math.Round((true+cost)/tick)*tick-cost)
		l := &r.Launches[len(r.Launches)-1]
		l.Metrics[results.RTTBatchP50] = math.Round(true*every/tick) * tick / every
		l.Workers = []results.Worker{{Side: "producer", TickNS: tick, StampEvery: every, Exit: "exit status 0"}, {Side: "consumer", TickNS: tick}}
	}
}

// simulated compares a round trip of 112 ns with one that takes so many times as
// long, 10 launches a side with a CV of 1 %.
func simulated(t *testing.T, seed uint64, times float64, o Options) Comparison {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 10))
	old, new := newRun("old"), newRun("new")
	old.byTicks(random, latencyOf("mmap", 64), 10, 112, 0.01)
	new.byTicks(random, latencyOf("mmap", 64), 10, 112*times, 0.01)
	c, err := Runs([]Run{Of(old.Run, old.Launches)}, []Run{Of(new.Run, new.Launches)}, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestFourPercentOfElevenTicksIsFound: by single stamps it was "same within
// 0.00 %" in 98 of 100 comparisons.
func TestFourPercentOfElevenTicksIsFound(t *testing.T) {
	found, falsely := 0, 0
	for seed := range uint64(100) {
		row := simulated(t, seed, 1.04, Options{}).Primary().Rows[0]
		if row.Metric != results.RTTBatchP50 || !row.Deciding {
			t.Fatalf("%s decides: %v", row.Metric, row.Deciding)
		}
		switch {
		case row.Verdict == Slower:
			found++
		case row.Verdict == Same && row.Within < 0.03:
			t.Errorf("+4 %% is %s", row.Words())
		}
		if simulated(t, seed, 1, Options{}).Primary().Rows[0].Verdict.IsChange() {
			falsely++
		}
	}
	if found < 95 || falsely > 10 {
		t.Errorf("+4 %% is found in %d of 100, and nothing in %d", found, falsely)
	}
}

// TestNothingIsTheSameWithinLessThanATick, which is 9 % here.
func TestNothingIsTheSameWithinLessThanATick(t *testing.T) {
	for seed := range uint64(20) {
		for _, o := range []Options{{}, {Same: 0.2}} {
			o.Metrics = []string{results.RTTP50}
			row := simulated(t, seed, 1.04, o).Rows[0]
			if row.Verdict == Same && (o.Same == 0 || row.Within < 0.08) {
				t.Errorf("by a clock of 10 ns, +4 %% of 112 ns is %s", row.Words())
			}
			if row.Verdict == Noisy && row.Because == "" {
				t.Errorf("it does not say why: %+v", row)
			}
		}
	}
}

// TestTheDecidingCellsAreOneFamily, whichever metric decides on each.
func TestTheDecidingCellsAreOneFamily(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	old, new := newRun("old"), newRun("new")
	for _, r := range []*Run{&old, &new} {
		r.byTicks(random, latencyOf("mmap", 64), 10, 112, 0.01)
		r.byTicks(random, latencyOf("pipe", 64), 10, 5000, 0.01)
	}
	c, err := Runs([]Run{Of(old.Run, old.Launches)}, []Run{Of(new.Run, new.Launches)}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	rows := c.Primary().Rows
	if len(rows) != 2 || rows[0].Metric == rows[1].Metric || len(families(c.Rows, c.counted())[0]) != 2 {
		t.Errorf("%+v", rows)
	}
}

package compare

import (
	"strings"
	"testing"

	"ipcbench/results"
)

// TestWhatEverythingSharesIsTheMachines has one run 10 % slower than the other,
// without a floor that says so.
func TestWhatEverythingSharesIsTheMachines(t *testing.T) {
	const share = "everything moved together, about 10 % slower: the machine, until more runs say otherwise; "
	old, new := of36(seeded(), 10, 0.03, func(int) float64 { return 1.1 })
	c := compareRuns(t, []Run{old}, []Run{new})
	if !strings.HasPrefix(c.Headline, share) || c.Together == nil || c.Together.Cells != 36 {
		t.Errorf("%+v: %s", c.Together, c.Headline)
	}
	if want := "Everything moved together, about 10 % slower: the machine, until more runs say otherwise"; c.Title() != want {
		t.Errorf("the title is %s", c.Title())
	}

	// Some are too noisy to say, and one moved by itself.
	random := seeded()
	old, new = of36(random, 10, 0.02, func(i int) float64 { return []float64{1.1, 1.6}[i/35] })
	for i := range 5 {
		old.measure(random, latencyOf("mmap", 64+i), 10, 200, 0.5)
		new.measure(random, latencyOf("mmap", 64+i), 10, 220, 0.5)
	}
	c = compareRuns(t, []Run{old}, []Run{new})
	if !strings.HasPrefix(c.Headline, "35 of 41 cells moved together, about 1") || !strings.Contains(c.Headline, "; not with them: pipe 99 B same-llc rate 36 % slower") {
		t.Errorf("%s", c.Headline)
	}
}

// TestWhatCellsDoNotShareIsNotTheMachines has changes of cells, of which each is its
// own, changes of a group of them, and parts of one run.
func TestWhatCellsDoNotShareIsNotTheMachines(t *testing.T) {
	for name, times := range map[string]func(i int) float64{
		"to both sides":   func(i int) float64 { return []float64{1.1, 1, 0.9}[i%3] },
		"of half of them": func(i int) float64 { return []float64{1.1, 1, 1.1, 1}[i%4] },
		"each its own":    func(i int) float64 { return 1 + 0.05*float64(i) },
		"of one":          func(i int) float64 { return 1 + float64(i/35) },
	} {
		old, new := of36(seeded(), 10, 0.02, times)
		c := compareRuns(t, []Run{old}, []Run{new})
		if c.Together != nil || !strings.HasPrefix(c.Headline, "differs between these two runs: ") {
			t.Errorf("%s: %+v: %s", name, c.Together, c.Headline)
		}
	}
	run := newRun("A")
	run.Labels = map[string]string{}
	for i, transport := range []string{"pipe", "unix"} {
		for size := range 10 {
			run.measure(seeded(), latencyOf(transport, 64+size), 10, 1e3*(1+0.1*float64(i)), 0.01)
		}
	}
	if c := compareBy(t, []Run{run}, "transport"); c.Together != nil || len(withVerdict(c.Rows, Slower)) != 10 {
		t.Errorf("the parts of one run had one machine: %s", c.Headline)
	}
}

// TestThreeRunsASideAreMoreRuns is what settles it.
func TestThreeRunsASideAreMoreRuns(t *testing.T) {
	random := seeded()
	var old, new []Run
	for _, name := range []string{"A", "B", "C"} {
		a, b := of36(random, 5, 0.005, func(int) float64 { return 1.1 })
		a.Name, b.Name = "old "+name, "new "+name
		old, new = append(old, a), append(new, b)
	}
	if c := compareRuns(t, old, new); c.Together != nil || strings.Contains(c.Headline, "machine") {
		t.Errorf("%s", c.Headline)
	}
}

func TestCountsDoNotMoveWithTheMachine(t *testing.T) {
	random := seeded()
	old, new := newRun("A"), newRun("B")
	for i := range 10 {
		old.measure(random, latencyOf("pipe", 64+i), 10, 100, 0.01)
		new.measure(random, latencyOf("pipe", 64+i), 10, 100, 0.01)
	}
	for i := range old.Launches {
		old.Launches[i].Metrics[results.CtxswPer] = 2 + float64(i%10)/100
		new.Launches[i].Metrics[results.CtxswPer] = 3 + float64(i%10)/100
	}
	c, err := Runs([]Run{old}, []Run{new}, Options{Metrics: []string{results.CtxswPer}})
	if err != nil || c.Together != nil {
		t.Errorf("%v %+v", err, c.Together)
	}
}

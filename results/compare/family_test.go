package compare

import (
	"math"
	"math/rand/v2"
	"testing"

	"ipcbench/results"
)

// of36 is two runs of 36 cells, streams and round trips, of so many launches: each
// is times[i] times as slow on the new side, and varies by cv.
func of36(random *rand.Rand, launches int, cv float64, times func(i int) float64) (old, new Run) {
	old, new = newRun("A"), newRun("B")
	for i := range 36 {
		cell, from := latencyOf("pipe", 64+i), 5e3
		to := from * times(i)
		if i%2 == 1 {
			cell = throughputOf("pipe", 64+i)
			to = from / times(i)
		}
		old.measure(random, cell, launches, from, cv)
		new.measure(random, cell, launches, to, cv)
	}
	return old, new
}

func unchanged(int) float64 { return 1 }

// checkNoContradiction holds each row's words against its numbers: what they are
// defined as.
func checkNoContradiction(t *testing.T, c Comparison) {
	t.Helper()
	for _, row := range c.Rows {
		worse := row.Lo > 0
		better := row.Hi < 0
		if row.metric().More {
			worse, better = better, worse
		}
		holdsNone := !worse && !better
		isSame := row.Lo >= -c.Options.Same && row.Hi <= c.Options.Same
		agrees := false
		switch row.Verdict {
		case Slower:
			agrees = worse && row.Corrected <= c.Options.Alpha
		case Faster:
			agrees = better && row.Corrected <= c.Options.Alpha
		case MachineChanged:
			agrees = !holdsNone && row.Corrected <= c.Options.Alpha
		case Same:
			agrees = holdsNone && isSame && !(row.Corrected <= c.Options.Alpha)
		case Noisy:
			agrees = holdsNone && !isSame && !(row.Corrected <= c.Options.Alpha)
		}
		if !agrees {
			t.Fatalf("%s: %s, change %v [%v, %v], p %v", describe(row.Cell), row.Words(), row.Change, row.Lo, row.Hi, row.Corrected)
		}
		if !math.IsNaN(row.Lo) && !(row.Lo <= row.Own.Lo && row.Own.Hi <= row.Hi) {
			t.Fatalf("%s: the corrected interval [%v, %v] is narrower than its own [%v, %v]", describe(row.Cell), row.Lo, row.Hi, row.Own.Lo, row.Own.Hi)
		}
	}
}

// TestHeadlineKeepsItsPromise has nothing that changed, in cells of two
// workloads: a headline that calls any of them changed is false.
func TestHeadlineKeepsItsPromise(t *testing.T) {
	const trials = 500
	random := seeded()
	wrong := 0
	for range trials {
		old, new := of36(random, 10, 0.03, unchanged)
		c := compareRuns(t, []Run{old}, []Run{new})
		if len(withVerdict(c.Rows, Faster, Slower)) > 0 || c.Together != nil {
			wrong++
		}
	}
	t.Logf("any of 36 cells is called changed in %.1f %% of comparisons", 100*float64(wrong)/trials)
	if wrong > trials/20 {
		t.Errorf("any of 36 cells is called changed in %d of %d comparisons", wrong, trials)
	}
}

func TestRowsDoNotContradictThemselves(t *testing.T) {
	random := seeded()
	for trial := range 120 {
		cv := []float64{0.002, 0.01, 0.05, 0.2}[trial%4]
		launches := 4 + random.IntN(10)
		old, new := of36(random, launches, cv, func(i int) float64 { return 1 + float64(i%7)*cv/2 })
		if trial%3 == 0 { // coarse, so that many are equal
			for _, run := range []Run{old, new} {
				for i := range run.Launches {
					for metric, value := range run.Launches[i].Metrics {
						run.Launches[i].Metrics[metric] = 50 * math.Round(value/50)
					}
				}
			}
		}
		checkNoContradiction(t, compareRuns(t, []Run{old}, []Run{new}))
	}
}

func TestRowsOfRunsDoNotContradictThemselves(t *testing.T) {
	random := seeded()
	for range 40 {
		var old, new []Run
		for run := range 4 {
			a, b := of36(random, 3, 0.02, func(i int) float64 { return 1 + float64(i%5)/40 })
			a.Name, b.Name = string(rune('A'+run)), string(rune('a'+run))
			old, new = append(old, a), append(new, b)
		}
		checkNoContradiction(t, compareRuns(t, old, new))
	}
}

// TestSevenLaunchesOf36CellsCanTell is what --quick makes and what the default
// does; six can tell nothing, see [TestTooFewLaunchesToTell].
func TestSevenLaunchesOf36CellsCanTell(t *testing.T) {
	for launches, want := range map[int]Verdict{6: Noisy, 7: Slower, 10: Slower} {
		old, new := of36(seeded(), launches, 0.01, func(i int) float64 { return 1 + float64(i/35) }) // the last one alone
		row := compareRuns(t, []Run{old}, []Run{new}).Rows[35]
		if row.Verdict != want {
			t.Errorf("%d launches a side: %s because %q", launches, row.Verdict, row.Because)
		}
	}
}

// TestFurtherMetricsAreFamiliesOfTheirOwn has a metric that the headline does not
// count beside one that it does.
func TestFurtherMetricsAreFamiliesOfTheirOwn(t *testing.T) {
	old, new := of36(seeded(), 10, 0.03, unchanged)
	alone := compareRuns(t, []Run{old}, []Run{new})
	for _, run := range []Run{old, new} {
		for i := range run.Launches {
			run.Launches[i].Metrics[results.CPUPerMsg] = float64(1000 + i%10)
		}
	}
	c := compareRuns(t, []Run{old}, []Run{new})
	for i, row := range c.Primary().Rows {
		if row.Among != 36 || row.Lo != alone.Rows[i].Lo || row.Corrected != alone.Rows[i].Corrected {
			t.Errorf("%s %s is corrected for %d cells", describe(row.Cell), row.Metric, row.Among)
		}
	}
	if len(c.Rows) != 2*len(alone.Rows) {
		t.Errorf("%d rows", len(c.Rows))
	}
}

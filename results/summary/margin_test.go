package summary

import (
	"math"
	"math/rand/v2"
	"testing"

	"ipcbench/results"
	"ipcbench/results/resultstest"
)

func TestPrimaryMarginIsTheSummarysOwn(t *testing.T) {
	cell := resultstest.Cell("pipe", "throughput", 64, "same-cpu")
	launches := resultstest.Of(cell, results.MsgsPerS, 10, 3, 7, 1, 9, 2, 8)
	launches = append(launches, results.Launch{Cell: cell, Launch: 8, Status: results.Failed})
	if got, want := Margin(launches), Of(launches)[0].Metrics[results.MsgsPerS].Margin(); got != want || !(got > 0) {
		t.Errorf("the margin is %v and in the summary %v", got, want)
	}
	short := resultstest.Of(resultstest.Cell("pipe", "latency", 64, "same-cpu"), results.RTTP50, 1, 2, 3, 4, 5, 6, 7)
	delete(short[0].Metrics, results.RTTP50) // too few round trips for a median
	for what, launches := range map[string][]results.Launch{"none": nil, "failed": {{Cell: cell, Status: results.Failed}}, "one without a median": short} {
		if got := Margin(launches); !math.IsNaN(got) {
			t.Errorf("%s: the margin is %v", what, got)
		}
	}
}

// TestStoppingWhenNarrowCostsLittleCoverage launches as --until does: ten times
// and then on, until the interval is within 5 % of the median. The moment is
// chosen by the interval itself, which therefore holds the true median a little
// less often than 95 % of the time.
func TestStoppingWhenNarrowCostsLittleCoverage(t *testing.T) {
	const trials, until, most = 600, 0.05, 100
	rng := rand.New(rand.NewPCG(1, 2))
	for _, p := range populations {
		covered := 0
		for range trials {
			values := draws(rng, 10, p.draw)
			e := EstimateOf(values)
			for e.Margin() > until && len(values) < most {
				values = append(values, p.draw(rng))
				e = EstimateOf(values)
			}
			if e.Lo <= p.median && p.median <= e.Hi {
				covered++
			}
		}
		share := float64(covered) / trials
		t.Logf("%s: %.1f %%", p.name, 100*share)
		if share < 0.90 || share > 0.97 {
			t.Errorf("%s: stopped when narrow, %.1f %% of the intervals hold the median", p.name, 100*share)
		}
	}
}

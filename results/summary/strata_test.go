package summary

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"ipcbench/results"
	"ipcbench/results/resultstest"
)

// spun are launches of a cell on two CPUs, each with the round trip of a message
// and those of the cache line before and after.
func spun(transport string, size int, each ...[3]float64) []results.Launch {
	cell := resultstest.Cell(transport, "latency", size, "same-llc")
	cell.ConsumerCPU = 1
	var launches []results.Launch
	for i, of := range each {
		launches = append(launches, results.Launch{
			Cell: cell, Launch: i + 1, Status: results.OK, CacheLineNS: of[1:],
			Metrics: map[string]float64{results.RTTP50: of[0]},
		})
	}
	return launches
}

// regimes are launches of which some find the CPUs near each other, some far
// apart, and some are moved in between.
func regimes(rng *rand.Rand, n int, near, far float64) [][3]float64 {
	var each [][3]float64
	for i := range n {
		ns, before, after := near, 50.0, 50.0
		switch i % 10 {
		case 1, 4, 5, 8:
			ns, before, after = far, 300, 300
		case 9:
			ns, after = []float64{near, far}[rng.IntN(2)], 300
		}
		vary := func(x float64) float64 { return x * math.Exp(0.03*rng.NormFloat64()) }
		each = append(each, [3]float64{vary(ns), vary(before), vary(after)})
	}
	return each
}

func TestLaunchesAreDividedByHowNearTheirCPUsWere(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	launches := spun("mmap", 64, regimes(rng, 20, 111, 571)...)
	a := Analyze(resultstest.Run, launches, nil)
	var strata []string
	for _, s := range a.Cells {
		strata = append(strata, s.Stratum)
		values := s.Values(results.RTTP50)
		switch e := s.Metrics[results.RTTP50]; s.Stratum {
		case results.Near:
			if s.Launches != 10 || math.Abs(e.Median/111-1) > 0.05 || !(e.Margin() < 0.05) {
				t.Errorf("near: %d launches, %v ±%v", s.Launches, e.Median, e.Margin())
			}
		case results.Far:
			if s.Launches != 8 || math.Abs(e.Median/571-1) > 0.05 || !(e.Margin() < 0.05) {
				t.Errorf("far: %d launches, %v ±%v", s.Launches, e.Median, e.Margin())
			}
		case results.Mixed:
			if s.Launches != 2 || !slices.Contains(values, e.Median) || e.HasInterval() || s.IsToBeNarrow() {
				t.Errorf("mixed: %d launches, %v of %v", s.Launches, e.Median, values)
			}
		}
		if s.Modes != nil {
			t.Errorf("%s launches fall into modes: %v", s.Stratum, s.Modes)
		}
	}
	if !slices.Equal(strata, []string{results.Near, results.Far, results.Mixed}) {
		t.Errorf("the rows are %q", strata)
	}
	if said := strings.Join(words(t, a.Warnings), "; "); !strings.Contains(said, "CPUs 0 and 1 now near each other and now far apart") {
		t.Errorf("the run says %q", said)
	}
	if margin := Margin(a.Launches); !(margin > 0 && margin < 0.05) {
		t.Errorf("the widest of what is to be narrow is ±%v", margin)
	}
}

// What nobody would miss is not seen.
func TestNothingIsDividedWithoutNeed(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	one := func(n int) [][3]float64 {
		var each [][3]float64
		for range n {
			vary := func(x, by float64) float64 { return x * math.Exp(by*rng.NormFloat64()) }
			each = append(each, [3]float64{vary(111, 0.1), vary(60, 0.3), vary(60, 0.3)})
		}
		return each
	}
	for what, launches := range map[string][]results.Launch{
		"a machine of one kind":                spun("mmap", 64, one(200)...),
		"a cell that it does not decide about": spun("pipe", 64, regimes(rng, 100, 5000, 5000)...),
		"too few to tell":                      spun("mmap", 64, regimes(rng, 5, 111, 571)...),
		"no cache line was taken":              resultstest.Of(resultstest.Cell("mmap", "latency", 64, "same-llc"), results.RTTP50, 111, 571, 112, 570, 110, 569, 111),
	} {
		for _, l := range Stratify(launches) {
			if l.Stratum != "" {
				t.Errorf("%s: launch %d is %s", what, l.Launch, l.Stratum)
				break
			}
		}
	}
	if launches := spun("mmap", 64, regimes(rng, 20, 111, 571)...); Stratify(launches)[0].Stratum == "" || launches[0].Stratum != "" {
		t.Error("what was given was changed, or nothing was divided")
	}
}

// Lines of one kind are parted in few of many runs, and hardly any cell is divided for it.
func TestChanceDividesNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	parted := 0
	for range 300 {
		var lines []float64
		for range 100 {
			lines = append(lines, 60*math.Exp(0.5*rng.NormFloat64()))
		}
		if limitOf(lines) > 0 {
			parted++
		}
	}
	t.Logf("%d of 300", parted)
	if parted > 3 {
		t.Errorf("in %d of 300 runs with cache lines of one wide kind there are two", parted)
	}
}

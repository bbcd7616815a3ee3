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

// drifting makes a launch of so many slices whose time per message goes from 1
// to the end, in equal steps, under noise.
func drifting(rng *rand.Rand, slices int, end float64, noise func(*rand.Rand) float64) results.Launch {
	l := resultstest.OK(resultstest.Cell("pipe", "latency", 64, "same-cpu"), 1, results.RTTP50, 5000)
	for i := range slices {
		trend := 1 + (end-1)*float64(i)/float64(slices-1)
		l.SlicesNS = append(l.SlicesNS, 5000*trend*noise(rng))
	}
	return l
}

func shareDrifting(slices int, end float64, noise func(*rand.Rand) float64) float64 {
	rng := rand.New(rand.NewPCG(uint64(slices), 8))
	const trials = 4000
	marked := 0
	for range trials {
		if Drifting(drifting(rng, slices, end, noise)) {
			marked++
		}
	}
	return float64(marked) / trials
}

func TestNoiseIsNoDrift(t *testing.T) {
	for name, noise := range map[string]func(*rand.Rand) float64{
		"log-normal 0.1": lognormal(0.1),
		"log-normal 0.5": lognormal(0.5),
		"stalls": func(rng *rand.Rand) float64 {
			if rng.Float64() < 0.1 {
				return 5
			}
			return 1 + 0.02*rng.Float64()
		},
	} {
		for n := 5; n <= 10; n++ {
			share := shareDrifting(n, 1, noise)
			t.Logf("%s, %d slices: %.2f %%", name, n, 100*share)
			if share > 0.01 {
				t.Errorf("%s: %.1f %% of the launches with %d slices are said to drift", name, 100*share, n)
			}
		}
	}
}

func TestDriftIsFound(t *testing.T) {
	for _, end := range []float64{0.6, 1.6} {
		for _, n := range []int{6, 8, 10} {
			share := shareDrifting(n, end, lognormal(0.03))
			t.Logf("to %.1f, %d slices: %.1f %%", end, n, 100*share)
			if share < 0.9 {
				t.Errorf("a drift to %.1f of the time is found in %.1f %% of the launches with %d slices", end, 100*share, n)
			}
		}
	}
	if share := shareDrifting(10, 0.95, lognormal(0.001)); share > 0 {
		t.Errorf("a change of 5 %% is a drift in %.1f %% of the launches", 100*share)
	}
}

func TestDriftingLaunchesAreMarkedWithARemedy(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	launches := []results.Launch{
		drifting(rng, 10, 0.5, lognormal(0.01)), drifting(rng, 10, 1, lognormal(0.01)),
		drifting(rng, 10, 2, lognormal(0.01)), drifting(rng, 8, 0.5, lognormal(0.01)),
	}
	launches[1].SlicesNS = nil // of a version that did not record them
	failed := launches[0]
	failed.Status = results.Failed
	s := Of(append(launches, failed))[0]
	said := words(t, s.Warnings)
	if s.Drifting != 3 || len(said) != 2 {
		t.Fatalf("%d drifting, warnings %q", s.Drifting, said)
	}
	for i, want := range []string{"a launch still drifted to shorter times ", "a launch still drifted to longer times "} {
		if !strings.HasPrefix(said[i], want) || !strings.Contains(said[i], "--") {
			t.Errorf("warning is %q, want %q and a flag", said[i], want)
		}
	}
}

// The numbers of orders add up to all there are, and are those of a table.
func TestOrdersByInversions(t *testing.T) {
	if got := ordersByInversions(4); !slices.Equal(got, []float64{1, 3, 5, 6, 5, 3, 1}) {
		t.Errorf("orders of 4 values by inversions: %v", got)
	}
	sum := 0.0
	for _, orders := range ordersByInversions(10) {
		sum += orders
	}
	if sum != math.Gamma(11) {
		t.Errorf("10 values have %v orders", sum)
	}
}

package summary

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"ipcbench/results"
	"ipcbench/results/resultstest"
)

func TestLaunchInTwoModesIsTold(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	cell := resultstest.Cell("pipe", "latency", 64, "free")
	launches := []results.Launch{
		resultstest.Latency(t, cell, 1, resultstest.Around(rng, 5000, 2000)),
		resultstest.Latency(t, cell, 2, slices.Concat(resultstest.Around(rng, 5000, 1000), resultstest.Around(rng, 36_000, 1000))),
	}
	s := Of(launches)[0]
	want := "in 1 of 2 launches the times are of two kinds, such as "
	if said := words(t, s.Warnings); len(said) != 1 || !strings.HasPrefix(said[0], want) {
		t.Errorf("warnings are %q, want %q", said, want)
	}
}

func TestTwoKindsAreFarApartAndBothFrequent(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	both := func(fast, slow int, times float64) *results.Histogram {
		return resultstest.Histogram(slices.Concat(resultstest.Around(rng, 5000, fast), resultstest.Around(rng, times*5000, slow))...)
	}
	for name, c := range map[string]struct {
		h   *results.Histogram
		two bool
	}{
		"halves":            {both(1000, 1000, 3), true},
		"a quarter is slow": {both(1500, 500, 3), true},
		"a quarter is fast": {both(500, 1500, 3), true},
		"one in ten":        {both(1800, 200, 3), false},
		"near":              {both(1000, 1000, 1.7), false},
		"few":               {both(200, 200, 3), false},
		"none":              {results.NewHistogram(), false},
	} {
		fast, slow, two := kinds(c.h.Times())
		if two != c.two || two && (fast < 4500 || fast > 6000 || slow < 13_500 || slow > 18_000) {
			t.Errorf("%s: %v and %v, %v", name, fast, slow, two)
		}
	}
}

package summary

import (
	"math"

	"ipcbench/results"
)

const (
	driftAlpha = 0.005 // chance that slices in a random order pass for a trend
	leastDrift = 0.10  // from the first third of the slices to the last, as a ratio
)

// Drifting says whether the launch was still changing while it was measured:
// its slices have a trend, and it moved the time per message by more than 10 %.
// It takes 6 slices to tell. What is told of such a launch is on the way to
// somewhere.
func Drifting(l results.Launch) bool { return drift(l) != 0 }

// drift returns by how much the time per message changed from the first third
// of the slices to the last, as a ratio minus 1; 0 where that is no drift.
func drift(l results.Launch) float64 {
	third := len(l.SlicesNS) / 3
	if !hasTrend(l.SlicesNS) {
		return 0
	}
	first := results.Median(l.SlicesNS[:third])
	last := results.Median(l.SlicesNS[len(l.SlicesNS)-third:])
	if change := last/first - 1; math.Abs(change) > leastDrift {
		return change
	}
	return 0
}

// hasTrend is the test of Mann (Econometrica 13, 1945) and Kendall: of all
// pairs, so many more rise than fall, or fall than rise, as few random orders
// have.
func hasTrend(values []float64) bool {
	rising, falling := 0, 0
	for i, a := range values {
		for _, b := range values[i+1:] {
			switch {
			case b > a:
				rising++
			case b < a:
				falling++
			}
		}
	}
	if rising == falling {
		return false
	}
	total, few := 0.0, 0.0
	for inversions, orders := range ordersByInversions(len(values)) {
		total += orders
		if inversions <= min(rising, falling) {
			few += orders
		}
	}
	return 2*few/total <= driftAlpha
}

// ordersByInversions returns how many orders of n values have 0, 1, 2, ...
// pairs that are the wrong way round.
func ordersByInversions(n int) []float64 {
	orders := []float64{1}
	for size := 2; size <= n; size++ {
		// The new value goes before 0 to size-1 of the others.
		next := make([]float64, len(orders)+size-1)
		for inversions, count := range orders {
			for before := range size {
				next[inversions+before] += count
			}
		}
		orders = next
	}
	return orders
}

// Of launches that were still drifting. The warnings have no count, so that rows
// share them.
var (
	driftedDown = results.Cautions(results.Caution{ID: "drift-down", Words: func(results.Warning) string {
		return "a launch still drifted to shorter times while it was measured: give it a longer --warmup"
	}})
	driftedUp = results.Cautions(results.Caution{ID: "drift-up", Words: func(results.Warning) string {
		return "a launch still drifted to longer times while it was measured: see with a longer --time where that ends"
	}})
)

// markDrift counts the launches that were still drifting.
func (s *Summary) markDrift() {
	for _, launch := range s.OK {
		switch change := drift(launch); {
		case change < 0:
			s.Drifting++
			s.warn(driftedDown.With())
		case change > 0:
			s.Drifting++
			s.warn(driftedUp.With())
		}
	}
}

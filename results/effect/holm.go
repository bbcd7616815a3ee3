package effect

import (
	"cmp"
	"math"
	"slices"
)

// Holm returns the p-values corrected for their number, by Holm's method: if
// no cell has changed, the chance that any of them falls below alpha is at most
// alpha, however they depend on each other. What is NaN was not tested, stays
// NaN and does not count.
//
// It is applied to the cells of one metric at a time. The metrics of a cell are
// views of the same launches, and a reader who asks for one more of them should
// not see less in the others.
func Holm(ps []float64) []float64 {
	corrected := slices.Clone(ps)
	var byP []int
	for i, p := range ps {
		if !math.IsNaN(p) {
			byP = append(byP, i)
		}
	}
	slices.SortStableFunc(byP, func(a, b int) int { return cmp.Compare(ps[a], ps[b]) })
	least := 0.0
	for rank, i := range byP {
		least = max(least, min(1, ps[i]*float64(len(byP)-rank)))
		corrected[i] = least
	}
	return corrected
}

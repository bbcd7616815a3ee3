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
// Source: Holm, A simple sequentially rejective multiple test procedure,
// Scandinavian Journal of Statistics 6 (1979).
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

// Correct corrects a family of effects, those that a reader looks at together,
// for their number: p-values by [Holm], and intervals so that one holds no
// change exactly where the corrected p-value is above alpha.
//
// Holm's method goes from the smallest p-value up, tests each at alpha divided
// by how many are left, and stops at the first that shows nothing. An interval
// is its effect's test turned round at the level at which that was tested; all
// that the method did not come to share the level at which it stopped, where
// none of them would have shown anything either. Equal p-values have no order
// and share the strictest of their levels.
//
// So no interval of an effect that is none misses it with more than the chance
// alpha, and those of effects not shown hold all of these together with it
// (Strassburger and Bretz, Compatible simultaneous lower confidence bounds for
// the Holm procedure, Statistics in Medicine 27 (2008)). How large the effects are
// that were shown is promised of each by itself, at alpha ÷ Among: for all of them
// together the theory has nothing but their direction.
func Correct(family []*Effect, alpha float64) {
	ps := make([]float64, len(family))
	for i, e := range family {
		ps[i] = e.P
	}
	stop := math.Inf(1) // the least p-value that shows nothing
	for i, p := range Holm(ps) {
		family[i].Corrected = p
		if p > alpha {
			stop = min(stop, ps[i])
		}
	}
	ordered := slices.DeleteFunc(ps, math.IsNaN)
	slices.Sort(ordered)
	for _, e := range family {
		if math.IsNaN(e.P) {
			continue
		}
		smaller, _ := slices.BinarySearch(ordered, min(e.P, stop))
		e.Among = len(ordered) - smaller
		level := alpha / float64(e.Among)
		// What is p × n on one side and alpha ÷ n on the other rounds differently.
		if e.Corrected <= alpha {
			level = max(level, e.P)
		} else {
			level = min(level, math.Nextafter(stop, 0))
		}
		if e.test != nil {
			i := e.test.interval(level)
			e.Lo, e.Hi = i.Lo, i.Hi
		}
	}
}

// Package effect says how far two sets of replicates are from each other, and how
// sure that is: the change, its interval and its p-value.
//
// It knows statistics and how to write their results. It must not know what was
// measured.
package effect

import (
	"math"
	"slices"

	"github.com/aclements/go-moremath/stats"

	"ipcbench/results"
)

// An Effect is the change from old to new, as a ratio minus 1: -0.5 is half,
// 1 is twice. Lo and Hi are its 95 % confidence interval, NaN where there are
// too few replicates for one; all three are NaN where the old value is 0, for
// there is no ratio to that. P is the p-value of no change, NaN where it was
// not tested, and Corrected the same for the number of cells (Holm).
type Effect struct {
	Change, Lo, Hi float64
	P, Corrected   float64
}

// None is the effect where nothing varies and nothing differs.
var None = Effect{P: 1, Corrected: 1}

// Untested is the change of medians, of too few replicates to say how sure it is.
func Untested(old, new []float64) Effect {
	scale := scaleOf(old, new)
	unknown := math.NaN()
	return Effect{Change: scale.change(scale.of(results.Median(new)) - scale.of(results.Median(old))), Lo: unknown, Hi: unknown, P: unknown, Corrected: unknown}
}

// OfRanks compares launches, of which there are enough to assume nothing
// about their distribution. P is of the exact Mann-Whitney U test. The change
// is the Hodges-Lehmann estimate: the median over all ratios of a new value to
// an old one. The interval is made of those ratios that the test would not
// rule out, and so holds no change exactly where P is above 0.05. It has at
// least the confidence it claims: 95.7 % of 10 launches against 10, and with
// fewer than 4 against 4 there is none.
//
// Equal values on both sides count as evidence for no change, the whole of
// them, in the interval as in P. The usual halves need another distribution
// for every pattern of ties, and give an interval that can disagree with P.
func OfRanks(old, new []float64) Effect {
	scale := scaleOf(old, new)
	differences := make([]float64, 0, len(old)*len(new))
	below, equal := 0, 0
	to := scale.all(new)
	for _, a := range scale.all(old) {
		for _, b := range to {
			difference := b - a
			differences = append(differences, difference)
			if difference < 0 {
				below++
			}
			if difference == 0 {
				equal++
			}
		}
	}
	slices.Sort(differences)
	above := len(differences) - below - equal

	u := uTest{len(old), len(new)}
	p := u.p(min(below, above) + equal)
	effect := Effect{Change: scale.change(results.Median(differences)), Lo: math.NaN(), Hi: math.NaN(), P: p, Corrected: p}
	if outside, enough := u.critical(); enough {
		effect.Lo = scale.change(differences[outside])
		effect.Hi = scale.change(differences[len(differences)-1-outside])
	}
	return effect
}

// OfMeans compares runs, by Welch's t test of the logarithms of their
// values: the change is the ratio of the geometric means. There are few runs,
// and ranks of few say nothing: of 3 against 3 the U test's least p-value is
// 0.1, however far apart they are. So this assumes that the logarithms are
// normal, which whoever shows it has to say.
func OfMeans(old, new []float64) Effect {
	scale := scaleOf(old, new)
	from, to := stats.Sample{Xs: scale.all(old)}, stats.Sample{Xs: scale.all(new)}
	test, err := stats.TwoSampleWelchTTest(to, from, stats.LocationDiffers)
	if err != nil {
		return OfRanks(old, new) // no value varies on its own side: nothing to measure the change by
	}
	difference := to.Mean() - from.Mean()
	deviation := math.Sqrt(from.Variance()/from.Weight() + to.Variance()/to.Weight())
	margin := deviation * stats.InvCDF(stats.TDist{V: test.DoF})((1+results.Confidence)/2)
	return Effect{
		Change: scale.change(difference),
		Lo:     scale.change(difference - margin),
		Hi:     scale.change(difference + margin),
		P:      test.P, Corrected: test.P,
	}
}

// A uTest is the Mann-Whitney U test of so many old and new values, none equal.
type uTest struct{ old, new int }

// exact is up to how many pairs U's distribution is computed. Beyond, that gets
// slow, and a normal one is as good.
const exact = 50 * 50

// atMost returns the chance that no more than u of the pairs are in the one
// order if neither order is likelier.
func (t uTest) atMost(u int) float64 {
	pairs := float64(t.old * t.new)
	if t.old*t.new <= exact {
		return stats.UDist{N1: t.old, N2: t.new}.CDF(float64(u))
	}
	deviation := math.Sqrt(pairs * float64(t.old+t.new+1) / 12)
	return stats.StdNormal.CDF((float64(u) + 0.5 - pairs/2) / deviation)
}

// p returns the two-sided p-value of u pairs in the rarer order.
func (t uTest) p(u int) float64 { return min(1, 2*t.atMost(u)) }

// critical returns the largest u that rules out what it was found under, or
// false if even 0 does not.
func (t uTest) critical() (u int, exists bool) {
	rulesOut := func(u int) bool { return t.p(u) <= 1-results.Confidence }
	pairs := float64(t.old * t.new)
	u = int(pairs/2 - 1.96*math.Sqrt(pairs*float64(t.old+t.new+1)/12)) // near it: then by steps
	for u = max(u, 0); u > 0 && !rulesOut(u); {
		u--
	}
	for rulesOut(u + 1) {
		u++
	}
	return u, rulesOut(u)
}

// A scale is where values are compared: the difference of two stands for a
// change.
type scale struct {
	of     func(value float64) float64
	change func(difference float64) float64 // as a ratio minus 1
}

// scaleOf returns the logarithm, on which differences are ratios. A value of 0
// has none. Then differences are counted in old medians, as if that one were
// known exactly; and if it is 0 too, no number says how large a change is.
func scaleOf(old, new []float64) scale {
	unit := results.Median(old)
	switch {
	case min(slices.Min(old), slices.Min(new)) > 0:
		return scale{math.Log, math.Expm1}
	case unit > 0:
		return scale{identity, func(difference float64) float64 { return difference / unit }}
	}
	return scale{identity, func(float64) float64 { return math.NaN() }}
}

func identity(value float64) float64 { return value }

func (s scale) all(values []float64) []float64 {
	scaled := make([]float64, len(values))
	for i, value := range values {
		scaled[i] = s.of(value)
	}
	return scaled
}

// LeastReplicates returns how many replicates a side can be told apart among so
// many cells, if all of one side are below all of the other.
func LeastReplicates(alpha float64, cells int) int {
	n := 2
	for !CanTell(n, n, alpha, cells) {
		n++
	}
	return n
}

// CanTell says whether so many replicates can be told apart among so many cells,
// if all of one side are below all of the other.
func CanTell(old, new int, alpha float64, cells int) bool {
	return (uTest{old, new}).p(0)*float64(cells) <= alpha
}

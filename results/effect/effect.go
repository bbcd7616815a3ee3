// Package effect says how far two sets of replicates are from each other, and how
// sure that is: the change, its interval and its p-value.
//
// It knows statistics and how to write their results. It must not know what was
// measured.
package effect

import (
	"math"
	"slices"
	"sync"

	"github.com/aclements/go-moremath/stats"

	"ipcbench/results"
)

// An Effect is the change from old to new, as a ratio minus 1: -0.5 is half,
// 1 is twice. All that is NaN is unknown: the change and its intervals where the
// old value is 0, for there is no ratio to that, and intervals where there are
// too few replicates for one.
type Effect struct {
	Change float64

	// P is the p-value of no change, NaN where it was not tested, and Own the
	// interval in which the same test rules out no change, of 95 %: what is known
	// of this effect if nobody looks at others.
	P   float64
	Own Interval

	// Corrected is P, and Lo to Hi the interval, corrected for how many effects
	// are looked at: see [Correct]. Before that they are P and Own.
	Corrected float64
	Lo, Hi    float64
	Among     int // Lo to Hi is of the level alpha ÷ Among; 0: it is Own

	test test // nil: there is none
}

// An Interval is where a change lies, NaN at both ends where there are too few
// replicates to say.
type Interval struct{ Lo, Hi float64 }

// IsKnown says whether there is an interval.
func (i Interval) IsKnown() bool { return !math.IsNaN(i.Lo) && !math.IsNaN(i.Hi) }

var noInterval = Interval{math.NaN(), math.NaN()}

// A test is one for no change that can be turned round: interval returns the
// changes that it does not rule out at a level alpha.
type test interface{ interval(alpha float64) Interval }

// effectOf is the effect that nothing has been corrected of.
func effectOf(change, p float64, t test) Effect {
	own := t.interval(1 - results.Confidence)
	return Effect{Change: change, P: p, Own: own, Corrected: p, Lo: own.Lo, Hi: own.Hi, test: t}
}

// None is the effect where nothing varies and nothing differs.
var None = Effect{P: 1, Corrected: 1, test: still{}}

// still is the test of what does not vary.
type still struct{}

func (still) interval(float64) Interval { return Interval{} }

// Untested is the change of medians, of too few replicates to say how sure it is.
func Untested(old, new []float64) Effect {
	scale := scaleOf(old, new)
	unknown := math.NaN()
	return Effect{
		Change: scale.change(scale.of(results.Median(new)) - scale.of(results.Median(old))),
		P:      unknown, Own: noInterval, Corrected: unknown, Lo: unknown, Hi: unknown,
	}
}

// OfRanks compares launches, of which there are enough to assume nothing
// about their distribution. P is of the exact Mann-Whitney U test. The change
// is the Hodges-Lehmann estimate: the median over all ratios of a new value to
// an old one. The interval is made of those ratios that the test would not
// rule out, and so holds no change exactly where P is above its level. It has at
// least the confidence it claims: of 95 %, 95.7 % of 10 launches against 10, and
// with fewer than 4 against 4 there is none.
//
// Equal values on both sides count as evidence for no change, the whole of
// them, in the interval as in P. The usual halves need another distribution
// for every pattern of ties, and give an interval that can disagree with P.
func OfRanks(old, new []float64) Effect {
	r := ranks{scaleOf(old, new), make([]float64, 0, len(old)*len(new)), uTest{len(old), len(new)}}
	below, equal := 0, 0
	to := r.scale.all(new)
	for _, a := range r.scale.all(old) {
		for _, b := range to {
			difference := b - a
			r.differences = append(r.differences, difference)
			if difference < 0 {
				below++
			}
			if difference == 0 {
				equal++
			}
		}
	}
	slices.Sort(r.differences)
	above := len(r.differences) - below - equal
	return effectOf(r.scale.change(results.Median(r.differences)), r.u.p(min(below, above)+equal), r)
}

// ranks is the U test of launches, by the differences of all pairs in order.
type ranks struct {
	scale       scale
	differences []float64
	u           uTest
}

func (r ranks) interval(alpha float64) Interval {
	outside, enough := r.u.critical(alpha)
	if !enough {
		return noInterval
	}
	return Interval{r.scale.change(r.differences[outside]), r.scale.change(r.differences[len(r.differences)-1-outside])}
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
	m := means{scale, to.Mean() - from.Mean(), math.Sqrt(from.Variance()/from.Weight() + to.Variance()/to.Weight()), test.DoF}
	return effectOf(scale.change(m.difference), test.P, m)
}

// means is Welch's t test of runs.
type means struct {
	scale                 scale
	difference, deviation float64 // of the means, and how far that strays
	freedom               float64 // its degrees
}

func (m means) interval(alpha float64) Interval {
	margin := m.deviation * stats.InvCDF(stats.TDist{V: m.freedom})(1-alpha/2)
	return Interval{m.scale.change(m.difference - margin), m.scale.change(m.difference + margin)}
}

// A uTest is the Mann-Whitney U test of so many old and new values, none equal.
type uTest struct{ old, new int }

// exact is up to how many pairs U's distribution is computed. Beyond, that gets
// slow, and a normal one is as good.
const exact = 50 * 50

// uChances are exact chances that were computed, by uChance: all cells of a
// comparison ask for the same few.
var uChances sync.Map

type uChance struct {
	test uTest
	u    int
}

// atMost returns the chance that no more than u of the pairs are in the one
// order if neither order is likelier.
func (t uTest) atMost(u int) float64 {
	if t.old*t.new <= exact {
		key := uChance{t, u}
		if chance, known := uChances.Load(key); known {
			return chance.(float64)
		}
		chance := stats.UDist{N1: t.old, N2: t.new}.CDF(float64(u))
		uChances.Store(key, chance)
		return chance
	}
	pairs := float64(t.old * t.new)
	deviation := math.Sqrt(pairs * float64(t.old+t.new+1) / 12)
	return stats.StdNormal.CDF((float64(u) + 0.5 - pairs/2) / deviation)
}

// p returns the two-sided p-value of u pairs in the rarer order.
func (t uTest) p(u int) float64 { return min(1, 2*t.atMost(u)) }

// critical returns the largest u that rules out, at a level alpha, what it was
// found under, or false if even 0 does not.
func (t uTest) critical(alpha float64) (u int, exists bool) {
	rulesOut := func(u int) bool { return t.p(u) <= alpha }
	pairs := float64(t.old * t.new)
	u = int(pairs/2 - normalScore(alpha)*math.Sqrt(pairs*float64(t.old+t.new+1)/12)) // near it: then by steps
	for u = max(u, 0); u > 0 && !rulesOut(u); {
		u--
	}
	for rulesOut(u + 1) {
		u++
	}
	return u, rulesOut(u)
}

// normalScore is how many deviations from 0, to either side, a normal value is
// with the chance alpha at least.
func normalScore(alpha float64) float64 { return stats.StdNormal.InvCDF(1 - alpha/2) }

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

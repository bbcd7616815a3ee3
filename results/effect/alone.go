package effect

import (
	"cmp"
	"math"
	"slices"
)

// An Outlier is a host whose change is not that of the others.
type Outlier struct {
	Host int     // its place
	P    float64 // the chance that any of so many hosts strays so far by itself
}

const (
	fewestOthers = 4  // hosts that must be left to hold one against: of three, which is the odd one is anybody's guess
	fewestOfMore = 15 // hosts of which more than one can be told
)

// Outliers are the hosts that may be none of the others, what stands out most first. Each is
// held against a model without it, and without those that stand out more: several that
// changed alike would otherwise hide each other. Its residual, by how far it, the model's
// mean and hosts as such stray, is of Student's t, and p is that of the farthest of all
// that are left. A host's P is the least of its own and those of hosts behind it: those are
// outliers, too, where they are. At most one in five hosts can be, of more than 50 hosts one in
// twenty or ten, and of fewer than 15 one: the chances of more are not well enough known there.
//
// Sources: Viechtbauer and Cheung, Outlier and influence diagnostics for meta-analysis,
// Research Synthesis Methods 1 (2010), for the residual; Rosner, Percentage points for a
// generalized ESD many-outlier procedure, Technometrics 25 (1983), for their number.
func Outliers(hosts []Ratio) []Outlier {
	var list []Outlier
	var left []int
	for i := range hosts {
		left = append(left, i)
	}
	for range mostOutliers(len(hosts)) {
		place, score, freedom := farthest(hosts, left)
		list = append(list, Outlier{left[place], min(1, twoSided(score, freedom)*float64(len(left)))})
		left = slices.Delete(left, place, place+1)
	}
	for i := len(list) - 2; i >= 0; i-- {
		list[i].P = min(list[i].P, list[i+1].P)
	}
	return list
}

func mostOutliers(hosts int) int {
	switch {
	case hosts <= fewestOthers:
		return 0
	case hosts < fewestOfMore:
		return 1
	}
	return min(hosts/5, max(hosts/20, 10))
}

// candidates is how many hosts are held against the others in turn: those that are farthest
// from all. Where hosts have unlike variances, it need not be the first of them.
const candidates = 3

// farthest is the host, by its place in left, whose residual is the largest.
func farthest(hosts []Ratio, left []int) (place int, score, freedom float64) {
	all := make([]Ratio, len(left))
	for i, host := range left {
		all[i] = hosts[host]
	}
	mean, _, tau2 := fit(all)
	far := func(i int) float64 {
		if squares := (all[i].Log - mean) * (all[i].Log - mean); squares > 0 {
			return squares / (all[i].Variance + tau2)
		}
		return 0
	}
	order := make([]int, len(left))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(far(j), far(i)) })
	for n, i := range order[:min(candidates, len(order))] {
		s, f := Residual(all[i], slices.Concat(all[:i], all[i+1:]))
		if n == 0 || isFarther(s, f, score, freedom) {
			place, score, freedom = i, s, f
		}
	}
	return place, score, freedom
}

func isFarther(score, freedom, than, thanFreedom float64) bool {
	if freedom == thanFreedom {
		return math.Abs(score) > math.Abs(than)
	}
	return twoSided(score, freedom) < twoSided(than, thanFreedom)
}

// Residual is how many deviations a host is from what others say, and of how many degrees of
// freedom that is.
func Residual(host Ratio, others []Ratio) (score, freedom float64) {
	mean, squared, tau2 := fit(others)
	if score = (host.Log - mean) / math.Sqrt(host.Variance+tau2+squared); math.IsNaN(score) {
		score = 0 // all are the same
	}
	freedom = float64(len(others) - 1)
	if host.Freedom > 0 {
		freedom = min(freedom, host.Freedom)
	}
	return score, freedom
}

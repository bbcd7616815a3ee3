package summary

import (
	"math"
	"slices"
	"sort"

	"github.com/aclements/go-moremath/stats"

	"ipcbench/results"
)

// A mixture is the distribution of a time over the launches of a cell, all of
// the same weight: what a message meets in one of them, whichever it is. That a
// launch was fast, or that more of it was stamped, gives it no more weight. All
// percentiles that are shown are of a mixture, and so they are in order.
type mixture struct {
	launches []results.Times
	steps    []step // by their edges
}

// A step is where a mixture grows.
type step struct {
	edge int64   // ns
	part float64 // of all that is not longer, from 0 to 1
}

// mixtureOf returns the mixture of launches, of which those without a time are
// left out.
func mixtureOf(launches []results.Times) mixture {
	launches = slices.DeleteFunc(slices.Clone(launches), func(t results.Times) bool { return t.Count() == 0 })
	m := mixture{launches: launches}
	for _, t := range launches {
		m.steps = mixed(m.steps, t, 1/float64(t.Count())/float64(len(launches)))
	}
	sum := 0.0
	for i := range m.steps {
		sum += m.steps[i].part
		m.steps[i].part = sum
	}
	return m
}

// mixed adds a launch's times, each of that weight, to steps that are not added up yet.
// Most launches of a cell have times in the same buckets.
func mixed(steps []step, t results.Times, each float64) []step {
	all := make([]step, 0, len(steps)+len(steps)/4)
	for edge, count := range t.Buckets() {
		for len(steps) > 0 && steps[0].edge < edge {
			all, steps = append(all, steps[0]), steps[1:]
		}
		part := each * float64(count)
		if len(steps) > 0 && steps[0].edge == edge {
			part, steps = part+steps[0].part, steps[1:]
		}
		all = append(all, step{edge, part})
	}
	return append(all, steps...)
}

// count is of how many times without weights the mixture has the precision (Kish,
// Survey Sampling, 1965): the launch with the fewest counts most.
func (m mixture) count() float64 {
	sum := 0.0
	for _, t := range m.launches {
		sum += 1 / float64(t.Count())
	}
	return float64(len(m.launches)*len(m.launches)) / sum
}

// quantile returns the time in nanoseconds that a part q of the mixture does not
// exceed, if there is enough of it beyond to tell.
func (m mixture) quantile(q float64) (ns float64, ok bool) {
	if len(m.steps) == 0 || !results.EnoughBeyond(q, m.count()) {
		return 0, false
	}
	return float64(m.at(q)), true
}

// at is the edge where the mixture reaches the part q. What is lost by adding up
// fractions must not take it one edge further.
func (m mixture) at(q float64) int64 {
	i := sort.Search(len(m.steps), func(i int) bool { return m.steps[i].part >= q*(1-1e-12) })
	return m.steps[min(i, len(m.steps)-1)].edge
}

// interval returns a 95 % confidence interval of the quantile q of the mixture
// of all launches that could have been made, NaN where there are too few for one.
//
// The launches are the sample, each a cluster of times, and how far they differ
// in which part of them lies below the quantile says how many independent times
// they are worth (Woodruff, Journal of the American Statistical Association 47,
// 1952; Korn and Graubard, Survey Methodology 24, 1998). Where launches hardly
// overlap that is one each, and the interval that of medianInterval: between
// order statistics, which only a binomial distribution decides about.
func (m mixture) interval(q float64) (lo, hi float64) {
	worth := m.worth(q)
	first, last := orders(worth, q)
	return m.mean((first-1)/worth, first/worth), m.mean((last-1)/worth, last/worth)
}

// worth is how many independent times the launches are worth where it is about
// the quantile q: at least one each.
func (m mixture) worth(q float64) float64 {
	n := len(m.launches)
	if n < 2 {
		return float64(n)
	}
	edge := m.at(q)
	var below []float64
	for _, t := range m.launches {
		below = append(below, (t.UpTo(edge-1)+t.UpTo(edge))/2) // half of those that are just there
	}
	variance := stats.StdDev(below)
	variance *= variance
	spread := stats.StdNormal.InvCDF(1-(1-results.Confidence)/2) / studentsT(n-1)
	worth := float64(n) * math.Max(1, spread*spread*q*(1-q)/variance)
	return math.Min(worth, math.Max(float64(n), m.count()))
}

// studentsT is the quantile of Student's distribution that a 95 % interval is
// made with.
func studentsT(freedom int) float64 {
	return stats.InvCDF(stats.TDist{V: float64(freedom)})(1 - (1-results.Confidence)/2)
}

// mean is that of the mixture's times between two parts of it. Between launches
// that hardly overlap it goes over evenly from the one to the next.
func (m mixture) mean(from, to float64) float64 {
	sum, before := 0.0, 0.0
	for _, s := range m.steps {
		part := math.Min(s.part, to) - math.Max(before, from)
		if part > 0 {
			sum += part * float64(s.edge)
		}
		before = s.part
	}
	return sum / (to - from)
}

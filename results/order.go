package results

import (
	"cmp"
	"math"
	"slices"
)

// workloads and placements in the order of tables; others follow by name.
var (
	workloads  = []string{"latency", "throughput", "load", "setup"}
	placements = []string{"same-cpu", "smt", "same-llc", "cross-llc", "cross-node"} // near to far
)

// InReadingOrder returns the summaries as a reader looks them up: by workload,
// placement and size, and within what can be compared the best first, those
// without a result last. The shuffled order of measuring plays no part.
func InReadingOrder(summaries []Summary) []Summary {
	sorted := slices.Clone(summaries)
	slices.SortStableFunc(sorted, func(a, b Summary) int {
		return cmp.Or(
			compareGroups(a.Cell, b.Cell),
			cmp.Compare(a.worse(), b.worse()),
			CompareCells(a.Cell, b.Cell),
		)
	})
	return sorted
}

// CompareCells orders cells as a reader looks them up, whatever came of them:
// by workload, placement and size, then by name.
func CompareCells(a, b Cell) int {
	return cmp.Or(
		compareGroups(a, b),
		cmp.Compare(a.Transport, b.Transport),
		cmp.Compare(a.Dir, b.Dir),
	)
}

// compareGroups orders cells by what two must share to be compared.
func compareGroups(a, b Cell) int {
	return cmp.Or(
		compareNames(workloads, a.Workload, b.Workload),
		compareNames(placements, a.Placement, b.Placement),
		cmp.Compare(a.SizeBytes, b.SizeBytes),
		cmp.Compare(a.Pairs, b.Pairs),
		cmp.Compare(a.RatePerS, b.RatePerS),
	)
}

func compareNames(known []string, a, b string) int {
	place := func(name string) int {
		if i := slices.Index(known, name); i >= 0 {
			return i
		}
		return len(known)
	}
	return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a, b))
}

// worse is a number that is greater for a worse result of the same group.
func (s Summary) worse() float64 {
	if e, has := s.Metrics[RTTP50]; has {
		return e.Median
	}
	if e, has := s.Metrics[MsgsPerS]; has {
		return -e.Median
	}
	return math.Inf(1)
}

package results

import (
	"fmt"

	"github.com/montanaflynn/stats"
)

// suspects are what can take time from a launch and is watched.
var suspects = []struct {
	took func(Jitter) int64 // ns
	text string
}{
	{func(j Jitter) int64 { return j.StealNS }, "meanwhile the hypervisor took %s from its CPUs"},
	{func(j Jitter) int64 { return j.WaitNS }, "its ends waited %s for a CPU"},
	{func(j Jitter) int64 { return j.WorstNS }, "meanwhile a CPU that was free stalled for %s"},
}

// suspect says what took most time from a slow launch, of what was out of the
// ordinary for its cell; found is false where nothing was. That both happened at
// once is all that is known.
func (l Launch) suspect(cell []Launch) (text string, found bool) {
	if l.Jitter == nil {
		return "", false
	}
	most := int64(0)
	for _, s := range suspects {
		if ns := s.took(*l.Jitter); ns > most && l.isUnusual(ns, s.took, cell) {
			most, text = ns, fmt.Sprintf(s.text, FormatNS(float64(ns)))
		}
	}
	return text, most > 0
}

const (
	leastSuspect = 0.01 // of the launch's own time
	unusual      = 3.0  // times what is usual: two ends on one CPU always wait for each other
)

// isUnusual says whether so much time is a part of the launch's, and far more
// than in most launches of the cell.
func (l Launch) isUnusual(ns int64, took func(Jitter) int64, cell []Launch) bool {
	var all []float64
	for _, launch := range cell {
		if launch.Jitter != nil {
			all = append(all, float64(took(*launch.Jitter)))
		}
	}
	usual, _ := stats.Median(all)
	return float64(ns) > leastSuspect*float64(l.ElapsedNS) && float64(ns) > unusual*usual
}

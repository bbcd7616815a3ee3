package results

import (
	"fmt"

	"github.com/montanaflynn/stats"
)

// suspects are what can take time from a launch and is watched.
var suspects = []struct {
	took  func(Jitter) (ns int64, known bool)
	text  string
	brief string // for many launches
}{
	{func(j Jitter) (int64, bool) { return j.StealNS, true },
		"meanwhile the hypervisor took %s from its CPUs", "meanwhile the hypervisor took its CPUs"},
	{waited,
		"its ends waited %s for a CPU", "its ends waited for a CPU"},
	{func(j Jitter) (int64, bool) { return j.WorstNS, j.ProbeCPU != nil },
		"meanwhile a CPU that was free stalled for %s", "meanwhile a CPU that was free stalled"},
}

func waited(j Jitter) (ns int64, known bool) {
	if j.WaitNS == nil {
		return 0, false
	}
	return *j.WaitNS, true
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
		if ns, known := s.took(*l.Jitter); known && ns > most && l.isUnusual(ns, s.took, cell) {
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
func (l Launch) isUnusual(ns int64, took func(Jitter) (int64, bool), cell []Launch) bool {
	var all []float64
	for _, launch := range cell {
		if launch.Jitter == nil {
			continue
		}
		if ns, known := took(*launch.Jitter); known {
			all = append(all, float64(ns))
		}
	}
	usual, _ := stats.Median(all)
	return float64(ns) > leastSuspect*float64(l.ElapsedNS) && float64(ns) > unusual*usual
}

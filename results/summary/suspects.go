package summary

import (
	"fmt"

	"ipcbench/results"
)

// suspects are what can take time from a launch and is watched.
var suspects = []struct {
	id    string
	took  func(results.Jitter) (ns int64, known bool)
	text  string
	brief string // for many launches
}{
	{"steal", func(j results.Jitter) (int64, bool) { return j.StealNS, true },
		"meanwhile the hypervisor took %s from its CPUs", "meanwhile the hypervisor took its CPUs"},
	{"wait", waited,
		"its ends waited %s for a CPU", "its ends waited for a CPU"},
	{"stall", func(j results.Jitter) (int64, bool) { return j.WorstNS, j.ProbeCPU != nil },
		"meanwhile a CPU that was free stalled for %s", "meanwhile a CPU that was free stalled"},
}

func waited(j results.Jitter) (ns int64, known bool) {
	if j.WaitNS == nil {
		return 0, false
	}
	return *j.WaitNS, true
}

// suspectOf says which of them took most time from a slow launch, and how much,
// of what was out of the ordinary for its cell; "" where nothing was. That both
// happened at once is all that is known.
func suspectOf(l results.Launch, cell []results.Launch) (id string, most int64) {
	if l.Jitter == nil {
		return "", 0
	}
	for _, s := range suspects {
		if ns, known := s.took(*l.Jitter); known && ns > most && isUnusual(l, ns, s.took, cell) {
			id, most = s.id, ns
		}
	}
	return id, most
}

func suspectWords(w results.Warning) string {
	for _, s := range suspects {
		if s.id == w.Text("suspect") {
			return fmt.Sprintf(s.text, results.FormatNS(w.Number("took_ns")))
		}
	}
	return w.Text("suspect")
}

func suspectBrief(w results.Warning) string {
	for _, s := range suspects {
		if s.id == w.Text("suspect") {
			return s.brief
		}
	}
	return w.Text("suspect")
}

const (
	leastSuspect = 0.01 // of the launch's own time
	unusual      = 3.0  // times what is usual: two ends on one CPU always wait for each other
)

// isUnusual says whether so much time is a part of the launch's, and far more
// than in most launches of the cell.
func isUnusual(l results.Launch, ns int64, took func(results.Jitter) (int64, bool), cell []results.Launch) bool {
	var all []float64
	for _, launch := range cell {
		if launch.Jitter == nil {
			continue
		}
		if ns, known := took(*launch.Jitter); known {
			all = append(all, float64(ns))
		}
	}
	return float64(ns) > leastSuspect*float64(l.ElapsedNS) && float64(ns) > unusual*results.Median(all)
}

package fleet

import (
	"slices"
	"time"

	"ipcbench/results"
	"ipcbench/results/compare"
	"ipcbench/results/summary"
)

// newRun keeps of a run what a fleet is compared by.
func newRun(place string, run results.Run, launches []results.Launch) Run {
	r := Run{Place: place, ID: run.ID(), Name: run.Name, Host: hostOf(run, place), Labels: run.Labels}
	if !run.Started.IsZero() {
		r.Started = run.Started.UTC().Format(time.RFC3339Nano)
	}
	run.Labels = nil // they are kept by themselves: many runs have the same of all else
	r.Around = compare.Around(run)
	measured := map[results.Cell]bool{}
	for _, of := range summary.ByCell(launches) {
		measured[of[0].Identity("stratum")] = true
		r.Values = append(r.Values, values(of)...)
	}
	failed := map[results.Cell]bool{}
	for _, l := range launches {
		if identity := l.Identity("stratum"); l.Status == results.Failed && !measured[identity] && !failed[identity] {
			failed[identity] = true
			r.Failed = append(r.Failed, kept(l.Cell))
		}
	}
	return r
}

// values are those of a cell's launches: of the metrics that may decide on it, and those that
// are compared beside them.
func values(launches []results.Launch) []Value {
	cell := kept(launches[0].Cell)
	w := results.LookupWorkload(cell.Workload)
	decides := results.Deciding(w.Name, launches)
	metrics := append([]string{w.Main, w.Fine}, w.Compared...)
	slices.Sort(metrics)
	var list []Value
	for _, metric := range slices.Compact(metrics) {
		var ones []float64
		for _, l := range launches {
			if one, has := l.Metrics[metric]; has {
				ones = append(ones, one)
			}
		}
		if len(ones) < len(launches) || len(ones) == 0 {
			continue // those that have it are the fast ones, and do not stand for the others
		}
		list = append(list, Value{cell, metric, results.Median(ones), len(ones), metric == decides})
	}
	return list
}

// kept is the cell without what is of the one run: where it lay and how that was mounted are
// among what is around.
func kept(c results.Cell) *results.Cell {
	c.Stratum, c.Mount = "", ""
	return &c
}

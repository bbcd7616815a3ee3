package compare

import (
	"fmt"
	"slices"

	"ipcbench/results"
)

// warnings returns what a reader of the verdicts should know.
func warnings(contests []contest, replicate string) []string {
	var list []string
	add := func(warning string) {
		if warning != "" && !slices.Contains(list, warning) {
			list = append(list, warning)
		}
	}
	if replicate == byRun {
		add("runs are few: the logarithms of their medians are taken as normal")
	}
	for _, c := range contests {
		for _, run := range slices.Concat(c.old.runs, c.new.runs) {
			add(unfinished(run))
		}
		add(c.withoutControl())
		for _, warning := range c.disturbed() {
			add(warning)
		}
		for _, p := range c.pairs {
			add(p.old.losses())
			add(p.new.losses())
		}
	}
	return list
}

func unfinished(run Run) string {
	switch run.Status {
	case results.RunInterrupted:
		return fmt.Sprintf("run %s was interrupted: it lacks launches", run.Name)
	case results.Running:
		return fmt.Sprintf("run %s has not ended: it lacks launches", run.Name)
	}
	return "" // of one with failures, each cell is told
}

// withoutControl warns where nothing would show that the machine changed.
func (c contest) withoutControl() string {
	shared := names(c.old.runs) == names(c.new.runs)
	if shared || slices.ContainsFunc(c.controls, func(c Control) bool { return c.Lo == c.Lo }) {
		return ""
	}
	return fmt.Sprintf("no control whether the machine changed: %s and %s have too few samples of their floors", names(c.old.runs), names(c.new.runs))
}

// losses warns of launches that failed beside others that did not: those may be
// the ones that were fast enough.
func (g *group) losses() string {
	failed := g.failures()
	if failed == 0 || !g.isMeasured() {
		return ""
	}
	return fmt.Sprintf("%s: %d of %d launches failed in %s and are left out", describe(g.cell), failed, failed+len(g.measured()), g.failed[0].Run)
}

// failures counts the launches that were made and failed.
func (g *group) failures() int {
	failed := 0
	for _, launch := range g.failed {
		if launch.Status == results.Failed {
			failed++
		}
	}
	return failed
}

// tooShort warns of cells that a metric was left out of, see [group.ones].
func tooShort(contests []contest, metric, replicate string) string {
	cells := 0
	for _, c := range contests {
		for _, p := range c.pairs {
			if p.isCut(metric, replicate) {
				cells++
			}
		}
	}
	if cells == 0 {
		return ""
	}
	return fmt.Sprintf("%s is left out for %s of which some launches were too short for it: give a longer --time", metric, numberOf(cells, "cell"))
}

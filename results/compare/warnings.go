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
			add(leftMixed(run))
		}
		add(c.oneAfterTheOther())
		add(c.withoutControl())
		for _, warning := range slices.Concat(c.lone(), c.disturbed()) {
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

// oneAfterTheOther warns of sides of several runs of which one was measured
// before the other: a machine that is another from run to run, and more so from
// hour to hour, looks like a change.
func (c contest) oneAfterTheOther() string {
	if c.sharesRun() || len(c.old.runs)+len(c.new.runs) <= 2 {
		return "" // of one run each, the scope says what these can tell
	}
	first, then := c.old, c.new
	if then.runs[0].Started.Before(first.runs[0].Started) {
		first, then = then, first
	}
	for _, before := range first.runs {
		for _, after := range then.runs {
			if before.Started.IsZero() || !before.Started.Before(after.Started) {
				return ""
			}
		}
	}
	return fmt.Sprintf("all runs of %s were measured before all of %s, so that a machine that drifts from run to run looks like a change: measure them in turn, %s, or both in one run by %q",
		names(first.runs), names(then.runs), inTurn, then.runs[0].Typed("run", "--ab"))
}

// inTurn is how runs of two sides are measured so that a drift falls on both.
const inTurn = "A1 B1 A2 B2 A3 B3"

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
	return fmt.Sprintf("%s is left out for %s of which some launches were too short for it: give a longer --time", results.LookupMetric(metric).Words, numberOf(cells, "cell"))
}

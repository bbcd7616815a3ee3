package compare

import (
	"cmp"
	"fmt"
	"slices"

	"ipcbench/results"
	"ipcbench/results/effect"
	"ipcbench/results/summary"
)

// OfRuns says whether runs are the replicates: what differs then, differs from run to run.
func (c Comparison) OfRuns() bool { return c.Replicate == byRun }

// What can be a replicate: Comparison.Replicate.
const (
	byLaunch = "launch"
	byRun    = "run"
)

func plural(replicate string) string {
	if replicate == byLaunch {
		return "launches"
	}
	return "runs"
}

// leastRuns on each side make the run the replicate.
const leastRuns = 3

// replicateOf returns the highest level of which every side has enough.
// Launches of one run share its boot, its mounts and its hour, so they cannot
// tell a change from what differs between any two runs.
func replicateOf(contests []contest) string {
	for _, c := range contests {
		if min(len(c.old.runs), len(c.new.runs)) < leastRuns {
			return byLaunch
		}
	}
	return byRun
}

// ones returns the metric's values, one a replicate: of a launch, or the median
// over the launches of a run. They are whole if each launch has the metric. If
// not, the launches that were long enough for a percentile are the fast ones,
// and do not stand for the others.
func (g *group) ones(metric, replicate string) (values []float64, whole bool) {
	whole = true
	for _, run := range g.runs {
		var ofRun []float64
		for _, launch := range run {
			if value, has := launch.Metrics[metric]; has {
				ofRun = append(ofRun, value)
			}
		}
		whole = whole && len(ofRun) == len(run)
		switch {
		case replicate == byLaunch:
			values = append(values, ofRun...)
		case len(ofRun) > 0:
			values = append(values, results.Median(ofRun))
		}
	}
	return values, whole
}

// estimate is that of the metric over the replicates: of launches, what a table
// of them shows.
func (g *group) estimate(metric, replicate string, ones []float64) summary.Estimate {
	if replicate == byLaunch {
		if e, has := summary.EstimateFor(results.LookupMetric(metric), g.launches()); has {
			return e
		}
	}
	e := summary.EstimateOf(ones)
	e.Step = summary.StepOf(results.LookupMetric(metric), g.launches())
	return e
}

// rows compares each metric of each pair, in reading order.
func rows(contests []contest, replicate string, o Options) []Row {
	var list []Row
	for _, c := range contests {
		for _, p := range c.pairs {
			for _, metric := range o.metricsOf(p) {
				if row, ok := rowOf(p, metric, replicate); ok {
					row.OldValue, row.NewValue = c.old.value, c.new.value
					row.controls = concerning(c.controls, row)
					if len(c.old.runs) == 1 && len(c.new.runs) == 1 {
						row.planned = max(1, min(c.old.runs[0].Plan.Launches, c.new.runs[0].Plan.Launches))
					}
					list = append(list, row)
				}
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Row) int {
		return cmp.Or(results.CompareCells(a.identity, b.identity), results.CompareCells(a.Cell, b.Cell))
	})
	return list
}

// rowOf compares one metric of a pair, if both sides have it of every launch.
func rowOf(p pair, metric, replicate string) (Row, bool) {
	old, oldWhole := p.old.ones(metric, replicate)
	new, newWhole := p.new.ones(metric, replicate)
	if len(old) == 0 || len(new) == 0 || !oldWhole || !newWhole {
		return Row{}, false
	}
	row := Row{
		Cell: p.new.cell, OldCell: p.old.cell, identity: p.old.identity, Metric: metric, Deciding: metric == p.deciding(),
		Old: p.old.estimate(metric, replicate, old), New: p.new.estimate(metric, replicate, new), OldOnes: old, NewOnes: new,
		Effect: effectOf(old, new, replicate), OldFailed: p.old.failures(), NewFailed: p.new.failures(),
		oldContended: p.old.contended(), newContended: p.new.contended(), oldLaunches: len(p.old.measured()), newLaunches: len(p.new.measured()),
	}
	if row.oldContended+row.newContended > 0 {
		row.alone = p.undisturbed(metric, replicate)
	}
	return row, true
}

// isCut says whether both sides have a metric, but not of every launch.
func (p pair) isCut(metric, replicate string) bool {
	old, oldWhole := p.old.ones(metric, replicate)
	new, newWhole := p.new.ones(metric, replicate)
	return len(old) > 0 && len(new) > 0 && !(oldWhole && newWhole)
}

// scope says in one line what the verdicts hold for.
func scope(contests []contest, replicate, by string) string {
	old, new := len(contests[0].old.runs), len(contests[0].new.runs)
	const unknown = "they say nothing about what changes from boot to boot, mount to mount or hour to hour"
	switch {
	case replicate == byRun && by == "":
		return fmt.Sprintf("from run to run: the replicates are %d old and %d new runs, each by the median of its launches", old, new)
	case replicate == byRun:
		return "from run to run: the replicates are runs, each by the median of its launches"
	case by == results.VariantColumn:
		return "within " + whichRuns(contests) + ": the replicates are launches, and " + unknown + fmt.Sprintf("; %d such runs would", leastRuns)
	case by != "":
		return "within " + whichRuns(contests) + ": the replicates are launches, and " + unknown + fmt.Sprintf("; %d runs with each value of %s would", leastRuns, by)
	}
	return "within " + whichRuns(contests) + ": the replicates are launches, and " + unknown + "; 3 runs a side would, measured in turn (--old A1 --new B1 --old A2 --new B2 --old A3 --new B3)"
}

// whichRuns names the runs of all sides by their number: "these two runs".
func whichRuns(contests []contest) string {
	seen := map[string]bool{}
	for _, c := range contests {
		for _, run := range slices.Concat(c.old.runs, c.new.runs) {
			seen[run.Name] = true
		}
	}
	switch len(seen) {
	case 1:
		return "this run"
	case 2:
		return "these two runs"
	}
	return fmt.Sprintf("these %d runs", len(seen))
}

// effectOf returns the change from the old replicates to the new ones, each in
// the way that suits what a replicate is.
func effectOf(old, new []float64, replicate string) effect.Effect {
	fewest := min(len(old), len(new))
	switch {
	case fewest >= leastRuns && isOne(slices.Concat(old, new)):
		return effect.None
	case replicate == byLaunch:
		return effect.OfRanks(old, new)
	case fewest < leastRuns:
		return effect.Untested(old, new)
	}
	return effect.OfMeans(old, new)
}

func isOne(values []float64) bool { return slices.Min(values) == slices.Max(values) }

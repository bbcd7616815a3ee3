package fleet

import (
	"math"

	"ipcbench/results"
	"ipcbench/results/compare"
)

// gate judges as [compare.Gate] does: it fails by verdicts, which are corrected, of all hosts
// or of one alone, and by cells that fail on the new side; it passes by each row's own
// interval of 95 %.
func (c Comparison) gate() *compare.Gate {
	o := c.Options
	g := &compare.Gate{Threshold: o.Threshold, FalseAlarm: o.Alpha, Slips: (1 - results.Confidence) / 2}
	found := 0.0
	for _, class := range c.Classes {
		g.Broken += len(class.Broken)
		for _, row := range class.Rows {
			g.Results++
			worst := math.Max(worsening(row.Metric, row.Own.Lo), worsening(row.Metric, row.Own.Hi))
			switch {
			case row.Verdict.Judgement().Tone == compare.Bad && worsening(row.Metric, row.Change) > o.Threshold, row.hasWorse(o.Threshold):
				g.Worse++
			case !(worst <= o.Threshold) && row.Verdict.Judgement().Tone != compare.Good:
				g.Open++
			}
			change := worsening(row.Metric, o.Threshold) // its own inverse
			if finds := row.Finds(change, o.Alpha/2/float64(max(1, row.Among))); finds > 0 {
				found += finds
			}
		}
	}
	g.Missed = 1
	if g.Results > 0 {
		g.Missed = 1 - found/float64(g.Results)
	}
	switch {
	case g.Worse+g.Broken > 0:
		g.Outcome = compare.Failed
	case g.Open > 0 || g.Results == 0:
		g.Outcome = compare.Inconclusive
	default:
		g.Outcome = compare.Passed
	}
	return g
}

// hasWorse says whether a host alone got worse by more than the threshold.
func (r Row) hasWorse(threshold float64) bool {
	for _, on := range r.Shown() {
		if on.Verdict.Judgement().Tone == compare.Bad && worsening(r.Metric, on.Change) > threshold {
			return true
		}
	}
	return false
}

// worsening is by what share of the old value a change makes a metric worse; below 0, better.
func worsening(metric string, change float64) float64 {
	if results.LookupMetric(metric).More {
		return -change
	}
	return change
}

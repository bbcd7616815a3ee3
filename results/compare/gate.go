package compare

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"ipcbench/results"
)

// A Gate is whether the new side may pass: whether a result that the headline
// counts is worse by more than a threshold, or a cell fails that did not.
type Gate struct {
	Threshold  float64 // as a ratio
	Outcome    Outcome
	Results    int // counted
	Worse      int // of them, certainly worse and by more than the threshold, and not together with all
	Open       int // of the others, those that may be
	Unmeasured int // cells that have no result on the new side
	Thinned    int // cells that some runs or launches of the new side have no result of, and those of the old side have
	Broken     int // cells with launches that failed on the new side alone

	// How often it is wrong, as shares.
	FalseAlarm float64 // of comparisons in which nothing changed, it fails at most so many
	Missed     float64 // of cells that became worse by the threshold, each alone, such replicates would not show about so many
	Slips      float64 // of comparisons in which a cell became worse by more, it passes at most so many
}

// An Outcome is what a gate says.
type Outcome string

// The outcomes.
const (
	Passed       Outcome = "passed"       // every counted result is within the threshold, or better
	Failed       Outcome = "failed"       // something certainly got worse, or fails
	Inconclusive Outcome = "inconclusive" // neither: the data leave it open
)

// gate judges the counted rows.
//
// It fails by verdicts, which are corrected: of many cells, one is soon worse by
// chance. It passes by each cell's own interval of 95 %, which needs no
// correction: to pass, all of them have to be good, and a cell that is worse than
// the threshold has an interval that does not reach it in 2.5 % of comparisons,
// however many others there are (Berger, Multiparameter hypothesis testing and
// acceptance sampling, Technometrics 24 (1982): the intersection-union test).
func (c *Comparison) gate(contests []contest) *Gate {
	o := c.Options
	g := &Gate{Threshold: o.Threshold, FalseAlarm: o.Alpha, Slips: (1 - results.Confidence) / 2, Unmeasured: c.leftOut(contests), Thinned: thinned(contests)}
	rows := only(c.Rows, c.counted())
	failing := map[results.Cell]bool{}
	for _, row := range rows {
		if row.NewFailed > 0 && row.OldFailed == 0 {
			failing[row.Cell] = true
		}
		switch {
		case row.Verdict.Judgement().Tone == Bad && !row.together && !(row.worsening(row.Change) <= o.Threshold): // from 0, it is beyond any
			g.Worse++
		case !row.isWithin(o.Threshold):
			g.Open++
		}
	}
	g.Results, g.Broken, g.Missed = len(rows), len(failing), missed(rows, o)
	for _, m := range c.Missing {
		switch {
		case m.Side != "new":
		case m.Status == results.Failed:
			g.Broken++
		default: // it was not measured there; of a run that was interrupted, nothing says so
			g.Unmeasured++
		}
	}
	switch {
	case g.Worse+g.Broken > 0:
		g.Outcome = Failed
	case g.Open > 0 || g.Results == 0 || g.lost() > 0 && !o.AllowMissing:
		g.Outcome = Inconclusive
	default:
		g.Outcome = Passed
	}
	return g
}

// lost is how many cells are not covered as they were.
func (g Gate) lost() int { return g.Unmeasured + g.Thinned }

// thinned counts the cells that every run of the old side has a result of, and not
// every one of the new side's, or of which launches were skipped on that alone.
func thinned(contests []contest) int {
	isEmpty := func(run []*results.Launch) bool { return len(run) == 0 }
	isSkipped := func(l *results.Launch) bool { return l.Status == results.Skipped }
	lacks := func(g *group) bool {
		return slices.ContainsFunc(g.runs, isEmpty) || slices.ContainsFunc(g.failed, isSkipped)
	}
	cells := 0
	for _, contest := range contests {
		for _, p := range contest.pairs {
			if p.new.isMeasured() && lacks(p.new) && !lacks(p.old) {
				cells++
			}
		}
	}
	return cells
}

// isWithin says whether it can be ruled out that the row became worse by more
// than the threshold. Where the machine got faster, that may hide as much.
func (r Row) isWithin(threshold float64) bool {
	isHidden := r.Verdict == MachineChanged && r.slowdown() < 0
	worst := math.Max(r.worsening(r.Own.Lo), r.worsening(r.Own.Hi)) // NaN if one is
	return r.Verdict.Judgement().Tone == Good || worst <= threshold && !isHidden
}

// worsening is by what share of the old value a change makes the row's metric
// worse; below 0, better.
func (r Row) worsening(change float64) float64 {
	if r.metric().More {
		return -change
	}
	return change
}

// missed is the share of the rows, on average, in which a slowdown of the
// threshold, of one of them alone, would not be shown. It is tested at alpha
// divided by their number, see [effect.Effect.Finds].
func missed(rows []Row, o Options) float64 {
	if len(rows) == 0 {
		return 1
	}
	tested := len(only(rows, func(row Row) bool { return !math.IsNaN(row.P) }))
	sum := 0.0
	for _, row := range rows {
		change := row.worsening(o.Threshold) // its own inverse
		if found := row.Finds(change, o.Alpha/float64(tested)); found > 0 {
			sum += found
		}
	}
	return 1 - sum/float64(len(rows))
}

// leftOut counts the results that there are none of because some launches of a
// cell were too short for them, or those of the new side do not have them at all.
func (c *Comparison) leftOut(contests []contest) int {
	cells := 0
	for _, contest := range contests {
		for _, p := range contest.pairs {
			metrics := []string{p.deciding()}
			if c.asked {
				metrics = c.Options.Metrics
			}
			for _, metric := range metrics {
				if p.isCut(metric, c.Replicate) || p.hasLost(metric, c.Replicate) {
					cells++
				}
			}
		}
	}
	return cells
}

// hasLost says whether launches of both sides ended ok, and only the old ones have
// the metric.
func (p pair) hasLost(metric, replicate string) bool {
	old, _ := p.old.ones(metric, replicate)
	new, _ := p.new.ones(metric, replicate)
	return p.new.isMeasured() && len(old) > 0 && len(new) == 0
}

// missing says what is not covered as it was.
func (g Gate) missing() []string {
	var parts []string
	if g.Unmeasured > 0 {
		parts = append(parts, fmt.Sprintf("without a result on the new side: %s", numberOf(g.Unmeasured, "cell")))
	}
	if g.Thinned > 0 {
		parts = append(parts, fmt.Sprintf("without a result in some of its runs or launches: %s", numberOf(g.Thinned, "cell")))
	}
	return parts
}

// Caveat says what the gate passed without, or nothing.
func (g Gate) Caveat() string {
	if g.Outcome != Passed {
		return ""
	}
	return strings.Join(g.missing(), "; ")
}

// Reason says why the gate did not pass, or nothing.
func (g Gate) Reason() string {
	threshold := results.FormatPercentAsGiven(g.Threshold)
	var parts []string
	switch g.Outcome {
	case Failed:
		if g.Worse > 0 {
			parts = append(parts, fmt.Sprintf("slower by more than %s: %d of %d results", threshold, g.Worse, g.Results))
		}
		if g.Broken > 0 {
			parts = append(parts, fmt.Sprintf("failed on the new side alone: %s", numberOf(g.Broken, "cell")))
		}
	case Inconclusive:
		if g.Open > 0 {
			parts = append(parts, fmt.Sprintf("slower by more than %s cannot be ruled out: %d of %d results", threshold, g.Open, g.Results))
		}
		parts = append(parts, g.missing()...)
		if g.Results == 0 {
			parts = append(parts, "nothing can be compared")
		}
		return "inconclusive: " + strings.Join(parts, "; ")
	}
	return strings.Join(parts, "; ")
}

// Rates says how often the gate is wrong for the runs at hand.
func (g Gate) Rates() string {
	threshold := results.FormatPercentAsGiven(g.Threshold)
	return fmt.Sprintf("false alarms in at most %s of comparisons where nothing changed; one cell slower by %s is missed in about %s, and one slower by more passes in at most %s",
		results.FormatPercentAsGiven(g.FalseAlarm), threshold, results.FormatPercent(g.Missed), results.FormatPercentAsGiven(g.Slips))
}

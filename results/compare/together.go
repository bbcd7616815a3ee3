package compare

import (
	"fmt"
	"math"
	"slices"

	"ipcbench/results"
)

// Together is a change that most cells of two sides share. A change of software
// makes some cells slower than others; what makes all of them slower alike, with
// one run a side, is first of all another hour of the machine. No floor need have
// shown it.
type Together struct {
	Slowdown  float64 // of the time that a message takes, the median over the cells, as a ratio minus 1
	Cells, Of int     // so many of those that the headline counts
}

// To move together takes leastTogether cells, four in five of those that can say,
// and half of all. That of ten cells, none of which changed, five have their own
// intervals of 95 % on the same side happens once in 200,000 comparisons, and of
// 36, eighteen, never: what is seen is no chance. Of fewer cells, two that were
// truly changed alike would be most.
const (
	leastTogether = 5
	mostOfThem    = 0.8
	halfOfAll     = 0.5
)

// findTogether finds what the counted rows share, and marks the rows that do.
func (c *Comparison) findTogether() {
	counts := c.counted()
	var rows []*Row
	var slowdowns []float64
	for i := range c.Rows {
		row := &c.Rows[i]
		if counts(*row) && row.metric().TellsTime() && row.Own.IsKnown() && !math.IsInf(row.logSlowdown(row.Change), 0) {
			rows = append(rows, row)
			slowdowns = append(slowdowns, row.logSlowdown(row.Change))
		}
	}
	if len(rows) < leastTogether {
		return
	}
	shared := results.Median(slowdowns)
	var with []*Row
	mute := 0
	for _, row := range rows {
		switch moved, says := row.moved(shared); {
		case moved:
			with = append(with, row)
		case !says:
			mute++
		}
	}
	telling, all := float64(len(rows)-mute), float64(len(rows))
	if n := float64(len(with)); n < leastTogether || n < mostOfThem*telling || n < halfOfAll*all {
		return
	}
	for _, row := range with {
		row.together = true
	}
	c.Together = &Together{math.Expm1(shared), len(with), len(only(c.Rows, counts))}
}

// moved says whether the row moved by about the shared slowdown, a logarithm: its
// own interval is on that side of no change, and the estimate is within half as
// much and half as much again, or the interval holds it. One that holds both no
// change and that one says nothing.
func (r Row) moved(shared float64) (moved, says bool) {
	change, lo, hi := r.logSlowdown(r.Change), r.logSlowdown(r.Own.Lo), r.logSlowdown(r.Own.Hi)
	if lo > hi {
		lo, hi = hi, lo
	}
	holds := func(x float64) bool { return lo <= x && x <= hi }
	if holds(0) {
		return false, !holds(shared)
	}
	alike := math.Abs(change-shared) <= math.Abs(shared)/2 || holds(shared)
	return change*shared > 0 && alike, true
}

// logSlowdown is a change of the row's metric as the logarithm of how many times
// as long a message takes.
func (r Row) logSlowdown(change float64) float64 {
	if r.metric().More {
		return -math.Log1p(change)
	}
	return math.Log1p(change)
}

// sentence says it: "everything moved together, about 9.0 % slower".
func (t Together) sentence() string {
	who, way := "everything", Slower
	if t.Cells < t.Of {
		who = fmt.Sprintf("%d of %s", t.Cells, numberOf(t.Of, "cell"))
	}
	if t.Slowdown < 0 {
		way = Faster
	}
	return who + " moved together, about " + Magnitude(t.Slowdown, way)
}

// sharesRun says whether a run has launches on both sides: then they had the
// same machine, turn by turn.
func (c contest) sharesRun() bool {
	return slices.ContainsFunc(c.old.runs, func(old Run) bool {
		return slices.ContainsFunc(c.new.runs, func(new Run) bool { return new.Name == old.Name })
	})
}

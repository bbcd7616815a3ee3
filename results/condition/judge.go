package condition

import (
	"fmt"
	"math"
	"strings"

	"ipcbench/results"
	"ipcbench/results/summary"
)

// An Outcome is what becomes of a condition, by one cell or by all of them.
type Outcome int

// The outcomes, the better first.
const (
	Passed Outcome = iota // the whole interval of 95 % is on the good side of the limit
	Open                  // it reaches over the limit, or there is none
	Broken                // all of it is beyond
)

// A Judgement is what the cells of a run make of a condition.
type Judgement struct {
	Condition
	Outcome Outcome // the worst of all cells'; Open without any
	Cells   int     // that it is about
	As      int     // of them, those of that outcome
	Worst   Finding // of these, the one that is farthest beyond the limit, or nearest to it
}

// A Finding is what one cell makes of it.
type Finding struct {
	Cell    results.Cell
	Metric  results.Metric
	Outcome Outcome
	Value   summary.Estimate
	Beyond  float64 // how far the median is past the limit, as a ratio to that; below 0: it is on the good side; NaN: there is none
	Times   float64 // the median over the limit
	Because string  // why it is open where that is not because of the interval
}

// Judge looks at every cell that the condition is about. It passes where all of them
// do: a cell without a result does not. Launches during which the machine moved the
// CPUs are left out where the cell has others, as in a comparison.
func (c Condition) Judge(cells []summary.Summary) Judgement {
	j := Judgement{Condition: c, Worst: Finding{Beyond: math.Inf(-1)}}
	steady := map[results.Cell]bool{}
	for _, s := range cells {
		if s.Stratum != results.Mixed {
			steady[s.Undivided()] = true
		}
	}
	for _, s := range cells {
		m, has := c.metricOf(s.Cell)
		if !has || !c.isAbout(s.Cell) || s.Stratum == results.Mixed && steady[s.Undivided()] {
			continue
		}
		j.take(c.find(s, m))
	}
	if j.Cells == 0 {
		j.Outcome = Open
	}
	return j
}

func (j *Judgement) take(f Finding) {
	j.Cells++
	switch {
	case f.Outcome > j.Outcome || j.Cells == 1:
		j.Outcome, j.As, j.Worst = f.Outcome, 1, f
	case f.Outcome == j.Outcome:
		j.As++
		if f.Beyond > j.Worst.Beyond {
			j.Worst = f
		}
	}
}

// find judges a cell.
func (c Condition) find(s summary.Summary, m results.Metric) Finding {
	e, has := s.Metrics[m.Name]
	f := Finding{Cell: s.Cell, Metric: m, Outcome: Open, Value: e, Beyond: math.NaN()}
	switch {
	case s.Launches == 0:
		f.Because = "no launch of it ended well: " + s.Reason
		return f
	case !has && m.Of != "":
		f.Because = "too few messages to tell it: measure longer"
		return f
	case !has:
		f.Because = "its launches do not tell it"
		return f
	}
	f.Times = e.Median / c.limit
	f.Beyond = f.Times - 1
	if c.op[0] == '<' {
		f.Beyond = -f.Beyond
	}
	lo, hi := c.holds(e.Lo), c.holds(e.Hi)
	switch {
	case !e.HasInterval():
		f.Because = fmt.Sprintf("no interval: its %s are too few or not alike", counted(s.Launches, "launch", "launches"))
	case lo && hi:
		f.Outcome = Broken
	case !lo && !hi && s.Failed+s.Skipped > 0:
		f.Because = fmt.Sprintf("%s of it did not end well: %s", counted(s.Failed+s.Skipped, "launch", "launches"), s.Reason)
	case !lo && !hi:
		f.Outcome = Passed
	}
	return f
}

// holds says whether a value is what is not to be.
func (c Condition) holds(value float64) bool {
	for _, op := range operators {
		if op.sign == c.op {
			return op.holds(value, c.limit)
		}
	}
	return false
}

// String says in one line what became of the condition, which cell is the worst, and by
// how much: "p99>20us: broken by 1 of 6 cells: pipe latency 64 B same-cpu: 25.1 µs
// (24.0 µs to 26.2 µs), 26 % beyond".
func (j Judgement) String() string {
	if j.Cells == 0 {
		return j.Text + ": inconclusive: no cell of the run has " + j.metric
	}
	how := map[Outcome]string{Broken: "broken by", Open: "inconclusive in", Passed: "passed by"}[j.Outcome]
	which := map[Outcome]string{Broken: "the worst", Open: "the worst", Passed: "the nearest"}[j.Outcome]
	text := fmt.Sprintf("%s: %s %d of %s", j.Text, how, j.As, counted(j.Cells, "cell", "cells"))
	if j.As > 1 {
		text += ", " + which
	}
	return text + ": " + j.Worst.String()
}

// String says what the cell has, and how that lies to the limit.
func (f Finding) String() string {
	text := f.Cell.Describe(" ")
	if e := f.Value; e.N > 0 {
		text += ": " + f.Metric.Format(e.Median)
		if e.HasInterval() {
			text += fmt.Sprintf(" (%s to %s)", f.Metric.Format(e.Lo), f.Metric.Format(e.Hi))
		}
	}
	switch {
	case f.Because != "":
		return text + ": " + f.Because
	case f.Outcome == Open:
		return text + ", which reaches over the limit"
	case math.Abs(f.Beyond) < 1 && f.Beyond < 0:
		return text + ", " + results.FormatPercent(f.Beyond) + " within"
	case math.Abs(f.Beyond) < 1:
		return text + ", " + results.FormatPercent(f.Beyond) + " beyond"
	case math.Abs(f.Beyond) <= results.Bounds.Most:
		return text + ", " + strings.TrimSpace(results.FormatCount(f.Times)) + " times the limit"
	}
	return text
}

func counted(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"ipcbench/results"
)

// finding says in one line what a reader acts on: what changed most, and how many
// changes there are. It counts only the metric that says most about each workload, so a
// cell is counted once.
func finding(c Comparison, within string) string {
	text, isFinding := inOneLine(c, c.Primary().Rows)
	switch {
	case isFinding && c.between != "":
		text = "differs between " + c.between + ": " + text
	case c.Replicate == byLaunch:
		text += " (within " + within + ")"
	}
	return text
}

// Primary is the comparison with only the rows that the headline counts, and
// without warnings about metrics that it no longer has. Where metrics were asked
// for, these are all.
func (c Comparison) Primary() Comparison {
	if c.asked {
		return c
	}
	c.Rows = only(c.Rows, c.counted())
	c.Warnings = slices.Clone(c.Warnings)
	for metric, warning := range c.tooShort {
		if !slices.ContainsFunc(c.Rows, func(row Row) bool { return row.Metric == metric }) {
			c.Warnings = slices.DeleteFunc(c.Warnings, func(w string) bool { return w == warning })
		}
	}
	return c
}

// counted says of a row whether the headline counts it: those that were asked
// for, or the metric that decides on its cell; all, if there is none of
// that.
func (c Comparison) counted() func(Row) bool {
	isPrimary := func(row Row) bool { return row.Deciding }
	if c.asked || !slices.ContainsFunc(c.Rows, isPrimary) {
		return func(Row) bool { return true }
	}
	return isPrimary
}

func only(rows []Row, is func(Row) bool) []Row {
	var list []Row
	for _, row := range rows {
		if is(row) {
			list = append(list, row)
		}
	}
	return list
}

// inOneLine says the result, and whether it names what changed. Two runs differ
// also where nothing was changed, so of those that is no finding about anything
// else.
func inOneLine(c Comparison, rows []Row) (text string, isFinding bool) {
	changed := changes(rows)
	suspicious := withVerdict(rows, MachineChanged)
	switch {
	case len(rows) == 0:
		return "nothing can be compared: no cell has a result on both sides", false
	case len(suspicious) > len(changed):
		return fmt.Sprintf("the machine changed, and %d of %s with it: %s; %s",
			len(suspicious), numberOf(len(rows), c.counts()), largest(suspicious).Because, tally(rows)), false
	case c.Together != nil:
		text = c.Together.sentence() + ": the machine, until more runs say otherwise"
		if alone := only(changed, func(row Row) bool { return !row.together }); len(alone) > 0 {
			text += "; not with them: " + c.story(largest(alone))
		}
		return text + "; " + tally(rows), false
	case len(changed) == 0:
		return fmt.Sprintf("nothing changed that these %s can show: %s", plural(c.Replicate), tally(rows)), false
	case len(changed) == 1:
		return fmt.Sprintf("%s is the only change in %s: %s", c.story(changed[0]), numberOf(len(rows), c.counts()), tally(rows)), true
	}
	return fmt.Sprintf("%s is the largest of %d changes in %s: %s", c.story(largest(changed)), len(changed), numberOf(len(rows), c.counts()), tally(rows)), true
}

// counts names what the headline counts: a cell once, or each of its metrics.
func (c Comparison) counts() string {
	if c.asked && len(c.Options.Metrics) > 1 {
		return "result"
	}
	return "cell"
}

// changes are the rows that got better or worse.
func changes(rows []Row) []Row {
	return slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return !r.Verdict.IsChange() })
}

func withVerdict(rows []Row, verdicts ...Verdict) []Row {
	return only(rows, func(row Row) bool { return slices.Contains(verdicts, row.Verdict) })
}

// largest returns the row with the greatest ratio, in either direction.
func largest(rows []Row) Row {
	return slices.MaxFunc(rows, func(a, b Row) int { return cmp.Compare(a.size(), b.size()) })
}

func (r Row) size() float64 { return math.Abs(math.Log1p(r.Change)) }

// story says what changed and how much: "pipe 64 B same-llc round trip 9.1×
// faster (49.5 µs → 5.30 µs)".
func (c Comparison) story(row Row) string {
	metric := row.metric()
	return fmt.Sprintf("%s %s %s%s (%s → %s)%s", c.nameOf(row), metric.Quantity(), row.magnitude(), c.than(row),
		metric.Format(row.Old.Median), metric.Format(row.New.Median), c.cause(row))
}

// cause says what profiles make of a change: ": of its CPU time +9.0 points in schedule".
func (c Comparison) cause(row Row) string {
	if c.Options.Cause == nil {
		return ""
	}
	if cause := c.Options.Cause(row.Cell); cause != "" {
		return ", of its CPU time " + cause
	}
	return ""
}

// than says what a row is compared with, where that is part of a run: " than
// ext4".
func (c Comparison) than(row Row) string {
	switch c.By {
	case "":
		return ""
	case results.VariantColumn:
		return " with " + row.NewValue + " than with " + row.OldValue
	}
	return " than " + row.OldValue
}

// nameOf names a row's cell, with the value that Comparison.By varies.
func (c Comparison) nameOf(row Row) string {
	if c.By == results.VariantColumn {
		return describe(row.both())
	}
	cell := row.Cell
	if c.inOneDirectory() {
		cell.Dir = ""
	}
	name := describe(cell)
	if strings.HasPrefix(c.By, labelColumn) || c.By == fstype {
		name += " " + row.NewValue
	}
	return name
}

// inOneDirectory says whether all cells lie in the same one: it tells none from another.
func (c Comparison) inOneDirectory() bool {
	dir := ""
	return !slices.ContainsFunc(c.Rows, func(r Row) bool {
		for _, cell := range []results.Cell{r.OldCell, r.Cell} {
			if dir == "" {
				dir = cell.Dir
			}
			if cell.Dir != "" && cell.Dir != dir {
				return true
			}
		}
		return false
	})
}

// describe names a cell as people do: "pipe 64 B same-llc".
func describe(c results.Cell) string { return c.Describe(" ", "workload") }

func (r Row) magnitude() string { return Magnitude(r.Change, r.Verdict) }

// Magnitude says how much faster or slower, as a factor where that is greater
// than 2.
func Magnitude(change float64, way Verdict) string {
	return strings.TrimSpace(howMuch(change) + " " + string(way))
}

// howMuch is how large a change is, in either direction: "9.5×", "42 %"; "" from 0 or to 0.
func howMuch(change float64) string {
	switch factor := math.Exp(math.Abs(math.Log1p(change))); {
	case math.IsNaN(factor) || math.IsInf(factor, 0):
		return ""
	case factor >= 9.95:
		return fmt.Sprintf("%.0f×", factor)
	case factor >= 2:
		return fmt.Sprintf("%.1f×", factor)
	}
	return results.FormatPercent(change)
}

// tally counts the verdicts there are: "12 faster, 2 slower, 15 same, 7 too
// noisy".
func tally(rows []Row) string {
	var parts []string
	for _, j := range Judgements {
		if n := len(withVerdict(rows, j.Verdict)); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, j.Counted))
		}
	}
	return strings.Join(parts, ", ")
}

// whatDiffers names what differs in the environment or, of much, counts it and
// names what explains most.
func whatDiffers(environment []Difference) string {
	var each []string
	for _, d := range environment {
		each = append(each, d.brief())
	}
	if len(each) > 2 {
		return fmt.Sprintf("; %d facts differ: %s, …", len(each), each[0])
	}
	if len(each) > 0 {
		return "; what differs: " + strings.Join(each, ", ")
	}
	return ""
}

// brief says what differs, and from what to what if that is short.
func (d Difference) brief() string {
	if len(d.Old)+len(d.New) > 40 {
		return d.Key
	}
	return fmt.Sprintf("%s %s → %s", d.Key, d.Old, d.New)
}

func numberOf(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

package summary

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"ipcbench/results"
)

// Of a run that was to go on until each cell's interval is narrow.
var (
	wide = results.Cautions(results.Caution{ID: "not-narrow", Words: func(w results.Warning) string {
		return fmt.Sprintf("not within ±%s: %s: %s", asked(w), w.Text("cell"), reached(w))
	}})
	wideToo = results.Cautions(results.Caution{ID: "not-narrow-either", Words: func(w results.Warning) string {
		return fmt.Sprintf("not within ±%s either: %s more, none of them wider", asked(w), w.Text("cells"))
	}})
	budgetSpent = results.Cautions(results.Caution{ID: "budget-spent", Words: func(w results.Warning) string {
		return fmt.Sprintf("--budget %s was spent before every cell was within ±%s", budget(w), asked(w))
	}})
	budgetShort = results.Cautions(results.Caution{ID: "budget-short", Words: func(w results.Warning) string {
		return fmt.Sprintf("the first %s launches of each cell alone took --budget %s: there were no further ones", w.Text("launches"), budget(w))
	}})
)

func asked(w results.Warning) string  { return results.FormatPercentAsGiven(w.Number("until")) }
func budget(w results.Warning) string { return time.Duration(w.Number("budget_ns")).String() }

// reached says how narrow a cell got: "±7.1 % after 34 launches".
func reached(w results.Warning) string {
	text := "no interval"
	if m := w.Number("margin"); m > 0 {
		text = "±" + results.FormatSpread(m)
	}
	text += fmt.Sprintf(" after %s launches", w.Text("launches"))
	if w.Number("failed") > 0 {
		text += fmt.Sprintf(", and %s failed", w.Text("failed"))
	}
	return text
}

// mostNotNarrow is how many cells are named that did not get as narrow as asked
// for.
const mostNotNarrow = 10

// notNarrow says which cells --until did not get as narrow as asked for, the
// widest first, and how far they got. A run that was cut short had its budget
// left.
func notNarrow(a Analysis) []results.Warning {
	plan := a.Plan
	if plan.Until == 0 || a.CutShort != "" || a.Status == results.RunInterrupted || a.Status == results.Running {
		return nil
	}
	var all []Summary
	for _, s := range a.Cells {
		if s.Launches > 0 && s.IsToBeNarrow() && !(s.Margin() <= plan.Until) {
			all = append(all, s)
		}
	}
	slices.SortStableFunc(all, func(a, b Summary) int { return cmp.Compare(b.Margin(), a.Margin()) })
	var warnings []results.Warning
	if slices.ContainsFunc(all, func(s Summary) bool { return s.Failed == 0 }) {
		warnings = append(warnings, whatBudget(a))
	}
	for i, s := range all {
		if i == mostNotNarrow {
			return append(warnings, wideToo.With("until", plan.Until, "cells", len(all)-i))
		}
		margin := max(s.Margin(), s.Metrics[s.Main().Name].Finest())
		if math.IsNaN(margin) {
			margin = 0
		}
		warnings = append(warnings, wide.With("until", plan.Until, "cell", s.Describe(" "), "margin", margin, "launches", s.Launches, "failed", s.Failed))
	}
	return warnings
}

// whatBudget says on what the budget was spent: a cell that is wide and did not
// fail would otherwise have got further launches.
func whatBudget(a Analysis) results.Warning {
	values := []any{"budget_ns", a.Plan.BudgetNS, "until", a.Plan.Until, "launches", a.Plan.Launches}
	if slices.ContainsFunc(a.Launches, func(l results.Launch) bool { return l.Launch > a.Plan.Launches }) {
		return budgetSpent.With(values...)
	}
	return budgetShort.With(values...)
}

package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"ipcbench/results"
)

// mostNotNarrow is how many cells are named that did not get as narrow as asked
// for.
const mostNotNarrow = 10

// notNarrow says which cells --until did not get as narrow as asked for, the
// widest first, and how far they got.
func notNarrow(plan results.Plan, launches []results.Launch) []string {
	if plan.Until == 0 {
		return nil
	}
	var wide []results.Summary
	for _, s := range results.Summarize(launches) {
		if s.Launches > 0 && !(margin(s) <= plan.Until) {
			wide = append(wide, s)
		}
	}
	slices.SortStableFunc(wide, func(a, b results.Summary) int { return cmp.Compare(margin(b), margin(a)) })
	var warnings []string
	if len(wide) > 0 && isSpentOnPlan(plan, launches) {
		warnings = append(warnings, fmt.Sprintf("the first %d launches of each cell alone took longer than --budget %s: there were no further ones", plan.Launches, time.Duration(plan.BudgetNS)))
	}
	for i, s := range wide {
		if i == mostNotNarrow {
			return append(warnings, fmt.Sprintf("not within ±%s either: %d more, none of them wider", formatPercent(plan.Until), len(wide)-i))
		}
		warnings = append(warnings, fmt.Sprintf("not within ±%s: %s: %s", formatPercent(plan.Until), cellName(s.Cell), reached(s)))
	}
	return warnings
}

func margin(s results.Summary) float64 {
	return s.Metrics[results.PrimaryMetric(s.Workload)].Margin()
}

// reached says how narrow a cell got: "±7.1 % after 34 launches".
func reached(s results.Summary) string {
	text := "no interval"
	if m := margin(s); !math.IsNaN(m) {
		text = "±" + formatPercent(m)
	}
	text += fmt.Sprintf(" after %d launches", s.Launches)
	if s.Failed > 0 {
		text += fmt.Sprintf(", and %d failed", s.Failed)
	}
	return text
}

// isSpentOnPlan says whether the launches that are made in any case took all of
// the budget.
func isSpentOnPlan(plan results.Plan, launches []results.Launch) bool {
	began, ended := launches[0].Started, launches[0].Started
	for _, l := range launches {
		if l.Launch > plan.Launches {
			return false
		}
		if end := l.Started.Add(time.Duration(l.ElapsedNS)); end.After(ended) {
			ended = end
		}
	}
	return ended.Sub(began) >= time.Duration(plan.BudgetNS)
}

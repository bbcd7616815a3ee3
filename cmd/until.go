package cmd

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
	if sound := slices.DeleteFunc(slices.Clone(wide), func(s results.Summary) bool { return s.Failed > 0 }); len(sound) > 0 {
		warnings = append(warnings, budgetSpent(plan, launches))
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

// budgetSpent says on what the budget was spent: a cell that is wide and did not
// fail would otherwise have got further launches.
func budgetSpent(plan results.Plan, launches []results.Launch) string {
	budget := time.Duration(plan.BudgetNS)
	if slices.ContainsFunc(launches, func(l results.Launch) bool { return l.Launch > plan.Launches }) {
		return fmt.Sprintf("--budget %s was spent before every cell was within ±%s", budget, formatPercent(plan.Until))
	}
	return fmt.Sprintf("the first %d launches of each cell alone took --budget %s: there were no further ones", plan.Launches, budget)
}

package cmd

import (
	"fmt"

	"ipcbench/results"
	"ipcbench/results/compare"
)

// regression says what of a comparison got worse by more than threshold, a
// ratio, or nil where nothing did: rows that are slower, and cells of which
// launches fail on the new side alone. A threshold of 0 is none.
func regression(c compare.Comparison, threshold float64) error {
	if threshold == 0 {
		return nil
	}
	slower, failed := 0, 0
	counted := map[results.Cell]bool{}
	for _, row := range c.Rows {
		if row.NewFailed > 0 && row.OldFailed == 0 && !counted[row.Cell] {
			counted[row.Cell] = true
			failed++
		}
		if row.Verdict == compare.Slower && !(worsening(row) <= threshold) { // from 0, it is beyond any
			slower++
		}
	}
	for _, m := range c.Missing {
		if m.Side == "new" && m.Status == results.Failed {
			failed++
		}
	}
	switch {
	case slower > 0 && failed > 0:
		return fmt.Errorf("compare: slower by more than %s: %d of %d results; failed on the new side alone: %d cells", results.FormatPercentAsGiven(threshold), slower, len(c.Rows), failed)
	case slower > 0:
		return fmt.Errorf("compare: slower by more than %s: %d of %d results", results.FormatPercentAsGiven(threshold), slower, len(c.Rows))
	case failed > 0:
		return fmt.Errorf("compare: failed on the new side alone: %d cells", failed)
	}
	return nil
}

// worsening is by what share of the old value the new one of a slower row is
// worse.
func worsening(row compare.Row) float64 {
	if results.LookupMetric(row.Metric).More {
		return -row.Change
	}
	return row.Change
}

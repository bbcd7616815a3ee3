package report

import (
	"fmt"
	"strings"

	"ipcbench/results"
)

// warnings lists what a reader should know before believing any number: the
// warnings of the run, and the launches that are missing from a cell's numbers.
// Those of single rows are the footnotes of their tables.
func warnings(run results.Run, summaries []results.Summary) []string {
	cells := map[string][]string{}
	var order []string
	add := func(warning string, s results.Summary) {
		if cells[warning] == nil {
			order = append(order, warning)
		}
		cells[warning] = append(cells[warning], cellName(s.Cell))
	}
	for _, s := range summaries {
		if missing := s.Skipped + s.Failed; missing > 0 && s.Launches > 0 {
			add(fmt.Sprintf("%d of %d launches are missing: %s", missing, missing+s.Launches, s.Reason), s)
		}
	}
	all := append([]string(nil), run.Warnings...)
	for _, warning := range order {
		all = append(all, warning+" ("+someOf(cells[warning])+")")
	}
	return all
}

// someOf lists a few names and says how many there are beyond.
func someOf(names []string) string {
	const few = 4
	if len(names) <= few {
		return strings.Join(names, "; ")
	}
	return fmt.Sprintf("%s; and %d more cells", strings.Join(names[:few], "; "), len(names)-few)
}

func cellName(c results.Cell) string {
	parts := []string{c.Workload, c.Transport, results.FormatSize(c.SizeBytes), c.Placement}
	if c.Dir != "" {
		parts = append(parts, c.Dir)
	}
	return strings.Join(parts, ", ")
}

package report

import (
	"fmt"
	"strings"

	"ipcbench/results/summary"
	"ipcbench/results/table"
)

// warnings lists what a reader should know before believing any number: the
// warnings of the run, and the launches that are missing from a cell's numbers.
// Those of single rows are the footnotes of their tables.
func warnings(run summary.Analysis) []string {
	cells := map[string][]string{}
	var order []string
	add := func(warning string, s summary.Summary) {
		if cells[warning] == nil {
			order = append(order, warning)
		}
		cells[warning] = append(cells[warning], s.Describe(", "))
	}
	for _, s := range run.Cells {
		if missing := s.Skipped + s.Failed; missing > 0 && s.Launches > 0 {
			add(fmt.Sprintf("%d of %d launches are missing: %s", missing, missing+s.Launches, s.Reason), s)
		}
	}
	var all []string
	for _, warning := range run.Warnings {
		all = append(all, warning.String())
	}
	all = append(all, table.OfMachine(run.Cells)...)
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

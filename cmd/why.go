package cmd

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"ipcbench/results"
	"ipcbench/results/summary"
	"ipcbench/results/table"
	"ipcbench/results/why"
)

// printWhy prints of each cell what its time goes to: a sentence, and what a
// message costs each end.
func printWhy(out *console, w io.Writer, run summary.Analysis) error {
	columns := out.columns(w)
	about := table.Wrapped("Why, from what all launches of a cell counted; costs are per message or round trip:", columns)
	if _, err := fmt.Fprintf(w, "\n%s\n\n", about); err != nil {
		return err
	}
	for _, e := range why.Of(run.Cells, run.Diagnosed) {
		t := e.Table()
		t.Title = e.Cell.Describe(" ") + ": " + e.Sentence
		if err := t.Render(w, table.Text(columns)); err != nil {
			return err
		}
	}
	return printMissingEvents(w, columns, run.Diagnosed)
}

// printMissingEvents says which perf events could not be counted, by reason.
func printMissingEvents(w io.Writer, columns int, diagnosed []results.Launch) error {
	missing := map[string]map[string]bool{}
	for _, l := range diagnosed {
		for _, worker := range l.Workers {
			for event, reason := range worker.PerfMissing {
				if missing[reason] == nil {
					missing[reason] = map[string]bool{}
				}
				missing[reason][event] = true
			}
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(missing)) {
		events := slices.Sorted(maps.Keys(missing[reason]))
		words := fmt.Sprintf("No perf event %s: %s", strings.Join(events, ", "), reason)
		if _, err := fmt.Fprintln(w, table.Wrapped(words, columns)); err != nil {
			return err
		}
	}
	return nil
}

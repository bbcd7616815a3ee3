package cmd

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"ipcbench/internal/folder"
	"ipcbench/internal/quote"
	"ipcbench/results"
	"ipcbench/results/report"
	"ipcbench/results/summary"
	"ipcbench/results/table"
)

// printResults prints what a person reads first: the tables, what bounds them
// from below, what to beware of, where the rest is and, of variants, how they
// compare.
func printResults(out *console, w io.Writer, dir *folder.Folder, run summary.Analysis) error {
	if err := table.Write(w, run.Cells, table.Text); err != nil {
		return err
	}
	var b strings.Builder
	printFloors(&b, run.Floors)
	printWarnings(&b, run.Warnings)
	b.WriteString("\n")
	for _, name := range []string{report.PageFile, report.LaunchesFile} {
		if dir.Has(name) { // where the disk is full, there is none
			fmt.Fprintln(&b, quote.Line(filepath.Join(dir.Path(), name)))
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return err
	}
	if err := printVariants(out, w, run); err != nil {
		return err
	}
	return printAnswer(w, run)
}

// printFloors prints what no result can be below, one line for each kind.
func printFloors(b *strings.Builder, floors []results.Floor) {
	var names []string
	byName := map[string][]results.Floor{}
	for _, floor := range floors {
		if byName[floor.Name] == nil {
			names = append(names, floor.Name)
		}
		byName[floor.Name] = append(byName[floor.Name], floor)
	}
	if len(names) > 0 {
		b.WriteString("\nWhat the harness and the bare machine cost, below which no result can be:\n")
	}
	for _, name := range names {
		var values []string
		for _, floor := range byName[name] {
			value := results.FormatNS(floor.NS)
			if of := floor.Of(); of != "" {
				value += " (" + of + ")"
			}
			values = append(values, value)
		}
		fmt.Fprintf(b, "  %-9s %s: %s\n", name, strings.Join(values, ", "), byName[name][0].Doc)
	}
}

// printWarnings prints those of the run; those of its rows stand below the
// tables.
func printWarnings(b *strings.Builder, warnings []results.Warning) {
	if len(warnings) > 0 {
		b.WriteString("\nWarnings:\n")
	}
	for _, warning := range warnings {
		fmt.Fprintf(b, "  %s\n", oneLine(warning.String()))
	}
}

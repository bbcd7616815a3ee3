package cmd

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"ipcbench/internal/folder"
	"ipcbench/internal/quote"
	"ipcbench/results"
	"ipcbench/results/report"
	"ipcbench/results/summary"
	"ipcbench/results/table"
)

// printResults prints what a person reads: what to beware of, the tables, what bounds
// them from below, where the rest is and, of variants, how they compare.
func printResults(out *console, w io.Writer, dir *folder.Folder, run summary.Analysis, floors bool) error {
	columns := out.columns(w)
	var b strings.Builder
	printWarnings(&b, run, columns)
	if err := table.Write(&b, run.Cells, table.Text(columns)); err != nil {
		return err
	}
	b.WriteString("\n")
	if floors {
		printFloors(&b, run.Floors, columns)
	} else if len(run.Floors) > 0 {
		fmt.Fprintln(&b, table.Wrapped("What no message by itself can be faster than (floors): see --floors, or report.html.", columns))
	}
	for _, name := range []string{report.PageFile, report.LaunchesFile} {
		if dir.Has(name) { // where the disk is full, there is none
			fmt.Fprintln(&b, table.Wrapped(quote.Line(filepath.Join(dir.Path(), name)), columns))
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return err
	}
	if err := printVariants(out, w, run); err != nil {
		return err
	}
	return printAnswer(out, w, run)
}

// addFloors declares the flag for the floors, which most readers do without.
func addFloors(flags *pflag.FlagSet, floors *bool) {
	flags.BoolVar(floors, "floors", false, "also print what the harness and the bare machine cost")
}

// printFloors prints what no result can be below, each kind by itself.
func printFloors(b *strings.Builder, floors []results.Floor, columns int) {
	var names []string
	byName := map[string][]results.Floor{}
	for _, floor := range floors {
		if byName[floor.Name] == nil {
			names = append(names, floor.Name)
		}
		byName[floor.Name] = append(byName[floor.Name], floor)
	}
	if len(names) > 0 {
		fmt.Fprintln(b, table.Wrapped("What the harness and the bare machine cost, below which no message by itself can be:", columns))
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
		words := strings.Join(values, ", ") + ": " + byName[name][0].Doc
		fmt.Fprintln(b, table.Beside(fmt.Sprintf("  %-9s ", name), words, min(columns, table.TextWidth)))
	}
	if len(names) > 0 {
		b.WriteString("\n")
	}
}

// printWarnings prints those of the run and of the machine; those of single rows
// stand below their tables.
func printWarnings(b *strings.Builder, run summary.Analysis, columns int) {
	var warnings []string
	for _, warning := range run.Warnings {
		warnings = append(warnings, warning.String())
	}
	warnings = append(warnings, table.OfMachine(run.Cells)...)
	if len(warnings) == 0 {
		return
	}
	b.WriteString("Warnings:\n")
	for _, warning := range warnings {
		fmt.Fprintln(b, table.Beside("  ", oneLine(warning), min(columns, table.TextWidth)))
	}
	b.WriteString("\n")
}

package cmd

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"ipcbench/results"
	"ipcbench/results/charts"
	"ipcbench/results/report"
)

const (
	chartsDir = "charts"
	pageFile  = "report.html"
)

// writePage makes the charts and the page of a run directory.
func writePage(dir string, run results.Run, launches []results.Launch) error {
	return errors.Join(
		charts.WriteDir(filepath.Join(dir, chartsDir), charts.All(run, launches)),
		replaceFile(filepath.Join(dir, pageFile), func(w io.Writer) error { return report.Write(w, run, launches) }))
}

// replaceFile writes a file beside its place and then moves it there, so that
// nobody ever sees half of it.
func replaceFile(path string, write func(io.Writer) error) error {
	part := path + ".part"
	defer os.Remove(part)
	file, err := os.Create(part)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriter(file)
	if err := errors.Join(write(buffered), buffered.Flush(), file.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(part, path)
}

// summarize brings launches together in the order in which they are read.
func summarize(launches []results.Launch) []results.Summary {
	return results.InReadingOrder(results.Summarize(launches))
}

// printResults prints what a person reads first: the tables, what bounds them
// from below, what to beware of, and where the rest is.
func printResults(w io.Writer, dir string, run results.Run, launches []results.Launch) error {
	if err := results.RenderTable(w, summarize(launches), results.Text); err != nil {
		return err
	}
	var b strings.Builder
	printFloors(&b, run.Floors)
	printWarnings(&b, run)
	fmt.Fprintf(&b, "\n%s\n", filepath.Join(dir, pageFile))
	fmt.Fprintf(&b, "%s\n", filepath.Join(dir, "launches.csv"))
	_, err := io.WriteString(w, b.String())
	return err
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
func printWarnings(b *strings.Builder, run results.Run) {
	if len(run.Warnings) > 0 {
		b.WriteString("\nWarnings:\n")
	}
	for _, warning := range run.Warnings {
		fmt.Fprintf(b, "  %s\n", oneLine(warning))
	}
}

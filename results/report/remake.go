package report

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"ipcbench/internal/folder"
	"ipcbench/results"
	"ipcbench/results/charts"
	"ipcbench/results/export"
	"ipcbench/results/profile"
	"ipcbench/results/summary"
)

// The names of what is made from a run's records, in its directory.
const (
	PageFile     = "report.html"
	LaunchesFile = "launches.csv"

	workersFile = "workers.csv"
	profileFile = "profile.csv" // of a run with profiles
	summaryFile = "summary.csv"
	benchFile   = "bench.txt"
	chartsDir   = "charts"
)

// Remake makes everything in a run's directory that follows from its records, in
// place of what is there.
func Remake(dir string, run summary.Analysis) error {
	f, err := results.OpenFolder(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return RemakeIn(f, run)
}

// RemakeIn is Remake in a directory that is open: the one that the records are
// from, wherever its path leads to by now.
func RemakeIn(dir *folder.Folder, run summary.Analysis) error {
	dir.Tidy()
	drawn := charts.All(run)
	profiled, _, err := profile.Open(dir, run.Schema)
	wrong := []error{err}
	type file struct {
		name  string
		write func(io.Writer) error
	}
	files := []file{
		{LaunchesFile, func(w io.Writer) error { return export.WriteLaunchesCSV(w, run.Launches, run.Asked...) }},
		{workersFile, func(w io.Writer) error { return export.WriteWorkersCSV(w, run.Launches, run.Diagnosed) }},
		{summaryFile, func(w io.Writer) error { return export.WriteSummaryCSV(w, run.Cells) }},
		{benchFile, func(w io.Writer) error { return export.WriteBench(w, run.Run, run.Launches) }},
		{PageFile, func(w io.Writer) error { return Write(w, run, drawn, profiled...) }},
	}
	if len(profiled) > 0 {
		files = append(files, file{profileFile, func(w io.Writer) error { return export.WriteProfileCSV(w, profiled) }})
	}
	for _, file := range files {
		wrong = append(wrong, dir.Replace(file.name, file.write))
	}
	wrong = append(wrong, writeCard(dir, run)...)
	return firstOf(append(wrong, writeCharts(dir, drawn), writeFlames(dir, profiled)))
}

// writeCharts makes their directory only where there are any, and takes those away
// that an earlier rendering left.
func writeCharts(dir *folder.Folder, drawn []charts.Chart) error {
	if len(drawn) == 0 && !dir.Has(chartsDir) {
		return nil
	}
	into, err := dir.Make(chartsDir)
	if err != nil {
		return fmt.Errorf("write charts to %s: %w", filepath.Join(dir.Path(), chartsDir), err)
	}
	defer into.Close()
	return charts.WriteTo(into, drawn)
}

// firstOf returns the first error and how many files more there were: what keeps
// one from being written mostly keeps the others too.
func firstOf(errs []error) error {
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if len(errs) > 1 {
		return fmt.Errorf("%w (and so of %d more)", errs[0], len(errs)-1)
	}
	return errors.Join(errs...)
}

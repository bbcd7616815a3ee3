package report

import (
	"errors"
	"io"
	"path/filepath"

	"ipcbench/results"
	"ipcbench/results/charts"
	"ipcbench/results/export"
	"ipcbench/results/summary"
)

// The names of what is made from a run's records, in its directory.
const (
	PageFile     = "report.html"
	LaunchesFile = "launches.csv"

	workersFile = "workers.csv"
	summaryFile = "summary.csv"
	benchFile   = "bench.txt"
	chartsDir   = "charts"
)

// Remake makes everything in a run's directory that follows from its records, in
// place of what is there.
func Remake(dir string, run summary.Analysis) error {
	drawn := charts.All(run)
	for _, file := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{LaunchesFile, func(w io.Writer) error { return export.WriteLaunchesCSV(w, run.Launches) }},
		{workersFile, func(w io.Writer) error { return export.WriteWorkersCSV(w, run.Launches, run.Diagnosed) }},
		{summaryFile, func(w io.Writer) error { return export.WriteSummaryCSV(w, run.Cells) }},
		{benchFile, func(w io.Writer) error { return export.WriteBench(w, run.Run, run.Launches) }},
	} {
		if err := results.ReplaceFile(filepath.Join(dir, file.name), file.write); err != nil {
			return err
		}
	}
	return errors.Join(
		charts.WriteDir(filepath.Join(dir, chartsDir), drawn),
		results.ReplaceFile(filepath.Join(dir, PageFile), func(w io.Writer) error { return Write(w, run, drawn) }))
}

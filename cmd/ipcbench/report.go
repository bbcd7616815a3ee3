package main

import (
	"github.com/spf13/cobra"

	"ipcbench/results"
)

func newReport(out *console) *cobra.Command {
	return &cobra.Command{
		Use:     "report RUN...",
		GroupID: "read",
		Short:   "Make tables, charts and report.html again from run directories",
		Long: `Makes everything in a run directory again from its run.json and launches.jsonl:
launches.csv, summary.csv, bench.txt, the charts and report.html. Prints the table.`,
		Example: `  ipcbench report results/20261123T101500Z-1a2b`,
		Args:    someRunGiven,
		RunE: func(_ *cobra.Command, paths []string) error {
			runs, err := openRuns(out, paths)
			if err != nil {
				return usage(err)
			}
			for _, run := range runs {
				if err := run.remake(); err != nil {
					return err
				}
				if err := printResults(out.stdout, run.path, run.Run, run.launches); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func someRunGiven(_ *cobra.Command, paths []string) error {
	if len(paths) == 0 {
		return usagef("report: no run directory is given: name one that \"ipcbench run\" made, such as results/2*")
	}
	return nil
}

// A pastRun is a run directory that has been read.
type pastRun struct {
	results.Run
	path     string
	launches []results.Launch
}

// openRuns reads all of them before anything is written.
func openRuns(out *console, paths []string) ([]pastRun, error) {
	var runs []pastRun
	for _, path := range paths {
		run, launches, warnings, err := results.Open(path)
		if err != nil {
			return nil, err
		}
		for _, warning := range warnings {
			out.warn(warning)
		}
		runs = append(runs, pastRun{run, path, launches})
	}
	return runs, nil
}

func (r pastRun) remake() error {
	if err := results.WriteTables(r.path, r.Run, r.launches); err != nil {
		return err
	}
	return writePage(r.path, r.Run, r.launches)
}

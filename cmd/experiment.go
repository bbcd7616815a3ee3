package cmd

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"ipcbench/internal/folder"
	"ipcbench/results/compare"
	"ipcbench/results/experiment"
	"ipcbench/results/report"
	"ipcbench/results/table"
)

// remakeExperiments makes everything again that follows from the runs of experiments,
// and returns the paths that are of none.
func remakeExperiments(out *console, paths []string) (others []string, err error) {
	for _, path := range paths {
		in, err := folder.Open(path)
		if err != nil {
			in, err = folder.Open(filepath.Join(out.parent(), path))
		}
		if err != nil || !in.Has(experiment.RecordFile) {
			others = append(others, path)
			continue
		}
		defer in.Close()
		record, err := experiment.Read(in)
		if err != nil {
			return nil, usage(err)
		}
		if err := showExperimentIn(out, in, record); err != nil {
			return nil, err
		}
	}
	return others, nil
}

// showExperiment holds each variant against the first: a line of each on stdout, and all
// of it in the directory of the experiment.
func showExperiment(out *console, path string, record experiment.Record) error {
	in, err := folder.Open(path)
	if err != nil {
		return fmt.Errorf("experiment: open %s: %w", path, err)
	}
	defer in.Close()
	return showExperimentIn(out, in, record)
}

func showExperimentIn(out *console, in *folder.Folder, record experiment.Record) error {
	c := comparer{out: out}
	outcome, err := experiment.Compare(record, func(name string) (compare.Run, error) {
		runs, err := c.open([]string{filepath.Join(in.Path(), name)}, nil)
		if err != nil {
			return compare.Run{}, err
		}
		return runs[0], nil
	})
	if err != nil {
		return err
	}
	for _, a := range outcome.Against {
		out.beside(out.stdout, "", a.Line(record.First()))
	}
	fmt.Fprintln(out.stdout)
	out.beside(out.stdout, "", outcome.Answer())
	out.note(filepath.Join(in.Path(), report.ExperimentFile) + " has the page")
	wrong := []error{report.RemakeExperiment(in, outcome, func(w io.Writer, c compare.Comparison) error {
		return compare.WriteText(w, c, table.TextWidth, out.paintVerdictOn(w))
	})}
	if failed := record.Failed(); failed > 0 {
		wrong = append(wrong, fmt.Errorf("%d of %d runs failed: %s says why", failed, len(record.Turns), filepath.Join(in.Path(), experiment.RecordFile)))
	}
	return errors.Join(wrong...)
}

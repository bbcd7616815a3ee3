package cmd

import (
	"fmt"
	"iter"

	"github.com/spf13/cobra"

	"ipcbench/results"
	"ipcbench/results/export"
	"ipcbench/results/store"
)

// newExport returns nothing where no format is known: see [export.RegisterFormat].
func newExport(out *console) []*cobra.Command {
	if len(export.Formats()) == 0 {
		return nil
	}
	e := exporter{out: out}
	cmd := &cobra.Command{
		Use:     "export RUN... [flags]",
		GroupID: "read",
		Short:   "One table of many runs, for engines that answer queries",
		Long: `Writes one table of all runs that are given, a row for each metric of each launch, with
what tells the launch and what the machine says of itself beside it. A word is a run,
a directory that holds runs, or the URL of either ("ipcbench push"). One that cannot
be read is left out of several, and said to be.`,
		RunE: func(_ *cobra.Command, words []string) error { return e.run(words) },
	}
	for _, f := range export.Formats() {
		e.exports.flag(cmd.Flags(), f.Name, "write it "+f.What+" to `file`, or - for stdout", f.Write)
	}
	return []*cobra.Command{cmd}
}

// An exporter carries out the command export.
type exporter struct {
	out     *console
	exports exports[iter.Seq2[export.Row, error]]
}

func (e *exporter) run(words []string) error {
	switch {
	case len(words) == 0:
		return usagef("export: no run is given: name some, or a directory or a store that holds them")
	case !e.exports.any():
		return usagef("export: no format is given: give --%s FILE", export.Formats()[0].Name)
	}
	var paths []string
	for _, word := range words {
		more, err := runsOf(e.out, word, store.NoProfiles)
		if err != nil {
			return usage(fmt.Errorf("export: %w", err))
		}
		paths = append(paths, more...)
	}
	if err := e.exports.open(e.out.stdout); err != nil {
		return usage(err)
	}
	return e.exports.write(e.rows(paths))
}

// rows reads one run after the other, so that no more than one is in memory.
func (e *exporter) rows(paths []string) iter.Seq2[export.Row, error] {
	return func(yield func(export.Row, error) bool) {
		for _, path := range paths {
			run, err := openRun(e.out, path)
			if err != nil && len(paths) > 1 {
				e.out.warn(fmt.Sprintf("left out: %v", err))
				continue
			}
			if err == nil {
				run.folder.Close()
				err = e.out.ctx.Err()
			}
			if err != nil {
				yield(export.Row{}, err)
				return
			}
			for row := range export.Rows(&run.Run, run.launches) {
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}

// runsOf are the run directories that a word means: one, or all in a directory or a store.
func runsOf(out *console, word string, with store.With) ([]string, error) {
	if store.IsURL(word) {
		if paths, err := fetchAll(out, word); err != nil || len(paths) > 0 {
			return paths, err
		}
	} else if below, _ := runsBelow(word); len(below) > 0 && !results.IsRun(word) {
		return below, nil
	}
	path, err := locate(out, word, with)
	if err != nil {
		return nil, err
	}
	if !results.IsRun(path) {
		return nil, fmt.Errorf("%s is no run directory and has none in it: name one that \"ipcbench run\" made", path)
	}
	return []string{path}, nil
}

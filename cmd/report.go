package cmd

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"ipcbench/internal/folder"
	"ipcbench/results"
	"ipcbench/results/alike"
	"ipcbench/results/report"
	"ipcbench/results/summary"
	"ipcbench/results/table"
)

func newReport(out *console) *cobra.Command {
	var why, hgrm, floors bool
	var percentiles []float64
	var format likeForLike
	cmd := &cobra.Command{
		Use:     "report RUN... [flags]",
		GroupID: "read",
		Short:   "Make tables, charts and report.html again from run directories",
		Long: `Makes everything in a run directory again from its run.json and launches.jsonl:
launches.csv, workers.csv, summary.csv, bench.txt, the charts and report.html.
Prints the table, or with --like-for-like one for each placement and way of
waiting: between transports that wait differently, most of the difference is the
waiting.`,
		Example: `  ipcbench report results/20261123T101500Z-1a2b
  ipcbench report --like-for-like=markdown results/20261123T101500Z-1a2b`,
		Args: someRunGiven,
		RunE: func(_ *cobra.Command, paths []string) error {
			runs, err := openRuns(out, paths)
			if err != nil {
				return usage(err)
			}
			var wrong []error
			for _, run := range runs {
				if len(percentiles) > 0 {
					run.Plan.Percentiles = percentiles
				}
				analysis := summary.Analyze(run.Run, run.launches, run.diagnosed)
				unwritten := report.RemakeIn(run.folder, analysis) // can be read all the same
				if hgrm {
					unwritten = errors.Join(unwritten, report.WritePercentiles(run.folder, analysis))
				}
				wrong = append(wrong, show(out, run, analysis, format, why, floors), unwritten)
				run.folder.Close()
			}
			return errors.Join(wrong...)
		},
	}
	cmd.Flags().BoolVar(&hgrm, "hgrm", false, "also write each distribution as an HDR percentile file, in percentiles/")
	addPercentiles(cmd.Flags(), &percentiles)
	cmd.Flags().BoolVar(&why, "why", false, "also print what the time of each cell goes to")
	addFloors(cmd.Flags(), &floors)
	cmd.Flags().Var(&format, "like-for-like", "compare only transports that wait alike, in a `format`: text or markdown")
	cmd.Flags().Lookup("like-for-like").NoOptDefVal = "text"
	return cmd
}

// show prints what there is to say of a run.
func show(out *console, run pastRun, analysis summary.Analysis, format likeForLike, why, floors bool) error {
	var err error
	if format != "" {
		err = alike.Write(out.stdout, alike.Of(analysis.Cells), format.style(out.columns(out.stdout)))
	} else {
		err = printResults(out, out.stdout, run.folder, analysis, floors)
	}
	if why {
		err = errors.Join(err, printWhy(out, out.stdout, analysis))
	}
	return err
}

// A likeForLike is how the tables of transports that wait alike are printed.
type likeForLike string

func (l *likeForLike) String() string { return string(*l) }
func (l *likeForLike) Type() string   { return "format" }

func (l *likeForLike) Set(format string) error {
	if format != "text" && format != "markdown" {
		return fmt.Errorf("there is no format %q: write text or markdown", format)
	}
	*l = likeForLike(format)
	return nil
}

func (l likeForLike) style(columns int) table.Style {
	if l == "markdown" {
		return table.Markdown
	}
	return table.Text(columns)
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
	folder    *folder.Folder
	launches  []results.Launch
	diagnosed []results.Launch // to explain the launches; see results.OpenWhy
}

// openRuns reads all of them before anything is written.
func openRuns(out *console, paths []string) ([]pastRun, error) {
	var runs []pastRun
	for _, path := range paths {
		run, err := openRun(out, path)
		if err != nil {
			return nil, err
		}
		runs = append(runs, run)
	}
	return runs, nil
}

// openRun reads a run directory and leaves it open.
func openRun(out *console, path string) (pastRun, error) {
	f, err := results.OpenFolder(whereRun(path))
	if err != nil {
		return pastRun{}, err
	}
	run, launches, warnings, err := results.Read(f)
	if err != nil {
		return pastRun{}, err
	}
	diagnosed, more, err := results.ReadWhy(f, run.Schema)
	if err != nil {
		return pastRun{}, err
	}
	for _, warning := range append(warnings, more...) {
		out.warn(warning)
	}
	return pastRun{run, f, launches, diagnosed}, nil
}

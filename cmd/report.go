package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime/debug"

	"github.com/spf13/cobra"

	"ipcbench/internal/folder"
	"ipcbench/results"
	"ipcbench/results/alike"
	"ipcbench/results/report"
	"ipcbench/results/store"
	"ipcbench/results/summary"
	"ipcbench/results/table"
)

func newReport(out *console) *cobra.Command {
	r := reporter{out: out}
	cmd := &cobra.Command{
		Use:        "report RUN... [flags]",
		SuggestFor: []string{"chart", "charts", "graph", "plot", "html", "render"},
		GroupID:    "read",
		Short:      "Make tables, charts and report.html again from run directories",
		Long: `Makes everything in a run directory again from its run.json and launches.jsonl:
launches.csv, workers.csv, summary.csv, bench.txt, the charts and report.html; and in
the directory of an experiment its comparisons, experiment.html and experiment.md.
Prints the table, or with --like-for-like one for each placement and way of
waiting: between transports that wait differently, most of the difference is the
waiting. A run is named as for "ipcbench compare": base, latest, latest~1; one in a store
("ipcbench push") by its URL, and what is made of it is then in the cache.`,
		Example: `  ipcbench report latest
  ipcbench report base --export-json base.json --fail-if 'p99>20us'
  ipcbench report --like-for-like=markdown results/20261123T101500Z-1a2b`,
		RunE: func(_ *cobra.Command, words []string) error { return r.run(words) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&r.hgrm, "hgrm", false, "also write each distribution as an HDR percentile file, in percentiles/")
	addPercentiles(flags, &r.percentiles)
	flags.BoolVar(&r.why, "why", false, "also print what the time of each cell goes to")
	flags.BoolVar(&r.profiles, "profile", false, "also print where the time of each cell goes that \"ipcbench run --profile\" has sampled")
	choose(flags, (*string)(&r.format), "like-for-like", "", "compare only transports that wait alike, in a `format`: text or markdown", func() []knownWord {
		return knownWords(string(likeText), string(likeMarkdown))
	})
	flags.Lookup("like-for-like").NoOptDefVal = string(likeText)
	addFloors(flags, &r.floors)
	runExports(&r.exports, flags)
	r.failIf.flag(flags)
	return cmd
}

// A reporter carries out the command report.
type reporter struct {
	out         *console
	hgrm, why   bool
	profiles    bool
	floors      bool
	percentiles []float64
	format      likeForLike
	exports     exports[summary.Analysis]
	failIf      conditions
}

func (r *reporter) run(words []string) error {
	if len(words) == 0 {
		return usagef("report: no run is given: name one that \"ipcbench run\" made, such as latest%s", orSuch("", madeIn(r.out.parent())))
	}
	words, err := remakeExperiments(r.out, words)
	if err != nil {
		return err
	}
	if len(words) == 0 && (len(r.failIf) > 0 || r.exports.any()) {
		return usagef("report: --fail-if and --export-* are of runs, and only experiments are given: name their runs")
	}
	runs, err := openRuns(r.out, words)
	if err != nil {
		return usage(err)
	}
	for _, run := range runs {
		if err := r.failIf.check(measured(run.launches)); err != nil {
			return usage(err)
		}
	}
	if r.exports.any() && len(runs) > 1 {
		return usagef("report: %d runs are given, and an export is of one: name one run", len(runs))
	}
	if err := r.exports.open(r.out.stdout); err != nil {
		return usage(err)
	}
	debug.SetGCPercent(400) // nearly all that is made is garbage soon: a fifth of the time of large runs
	for _, run := range runs {
		err = together(err, r.report(run))
		run.folder.Close()
	}
	return err
}

// measured are the cells of launches.
func measured(launches []results.Launch) []results.Cell {
	var cells []results.Cell
	seen := map[results.Cell]bool{}
	for _, l := range launches {
		if !seen[l.Cell] {
			cells = append(cells, l.Cell)
		}
		seen[l.Cell] = true
	}
	return cells
}

// report makes of a run all that can be made, also where some of it cannot.
func (r *reporter) report(run pastRun) error {
	if len(r.percentiles) > 0 {
		run.Plan.Percentiles = r.percentiles
	}
	r.failIf.ask(&run.Plan.Percentiles)
	analysis := summary.Analyze(run.Run, run.launches, run.diagnosed)
	unwritten := report.RemakeIn(run.folder, analysis) // can be read all the same
	if r.hgrm {
		unwritten = errors.Join(unwritten, report.WritePercentiles(run.folder, analysis))
	}
	err := errors.Join(r.exports.write(analysis), r.show(run, analysis), unwritten)
	return together(err, r.failIf.judge(r.exports.tableTo(r.out), analysis))
}

// show prints what there is to say of a run.
func (r *reporter) show(run pastRun, analysis summary.Analysis) error {
	var err error
	to := r.exports.tableTo(r.out)
	if r.format != "" {
		err = alike.Write(to, alike.Of(analysis.Cells), r.format.style(r.out.columns(to)))
	} else {
		err = printResults(r.out, to, run.folder, analysis, r.floors)
	}
	if r.why {
		err = errors.Join(err, printWhy(r.out, to, analysis))
	}
	if r.profiles {
		err = errors.Join(err, printProfiles(r.out, to, run.folder, analysis))
	}
	return err
}

// A likeForLike is how the tables of transports that wait alike are printed.
type likeForLike string

// The formats that there are; "": none was asked for.
const (
	likeText     likeForLike = "text"
	likeMarkdown likeForLike = "markdown"
)

func (l likeForLike) style(columns int) table.Style {
	if l == likeMarkdown {
		return table.Markdown
	}
	return table.Text(columns)
}

// A pastRun is a run directory that has been read.
type pastRun struct {
	results.Run
	folder    *folder.Folder
	launches  []results.Launch
	diagnosed []results.Launch // to explain the launches; see results.OpenWhy
}

// openRuns reads all of them before anything is written.
func openRuns(out *console, words []string) ([]pastRun, error) {
	paths, err := locateAll(out, words, store.Profiles)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	var runs []pastRun
	for _, path := range paths {
		run, err := openRun(out, path)
		if errors.Is(err, fs.ErrNotExist) && filepath.Base(path) == path {
			return nil, fmt.Errorf("report: no run is called %q, and none is in %s: name the directory of one that \"ipcbench run\" made", path, out.parent())
		}
		if err != nil {
			return nil, err
		}
		runs = append(runs, run)
	}
	return runs, nil
}

// openRun reads a run directory and leaves it open.
func openRun(out *console, path string) (pastRun, error) {
	f, err := results.OpenFolder(path)
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

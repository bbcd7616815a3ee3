package cmd

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ipcbench/results"
	"ipcbench/results/charts"
	"ipcbench/results/history"
	"ipcbench/results/report"
	"ipcbench/results/store"
)

func newHistory(out *console) *cobra.Command {
	c := historian{out: out}
	cmd := &cobra.Command{
		Use:        "history [DIR...] [flags]",
		SuggestFor: []string{"trend", "timeline"},
		GroupID:    "read",
		Short:      "When results changed, over many runs of one machine",
		Long: `Follows each cell over many runs in the order in which they started, of nightly
kernels say, and finds the runs from which on its result was another: by how much,
what else changed there, and whether the machine did, by its floors and by what
most cells share. A directory is a run, by its name too, or holds
runs; without any it is results. So may the URL of a store: see "ipcbench push". What changes for less than ` + fmt.Sprint(history.LeastSegment) + ` runs is not found, and a run that lacks a cell is a gap.

The chance of any false change in the whole history is --alpha at most, if runs
depend on each other in nothing but their level. To compare two sides of runs, use
"ipcbench compare".`,
		Example: `  ipcbench history nightly
  ipcbench history nightly -o history.svg
  ipcbench history --json results/2026*`,
		RunE: func(_ *cobra.Command, paths []string) error { return c.run(paths) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	chooseMetrics(flags, &c.options.Metrics, "the one that decides on each cell")
	flags.Float64Var(&c.options.Alpha, "alpha", 0.05, "`chance` of any false change in the whole history")
	flags.BoolVar(&c.options.Force, "force", false, "follow over different hardware and placements all the same")
	c.addExports(flags)
	return cmd
}

// A historian carries out the command history.
type historian struct {
	out     *console
	options history.Options
	exports exports[history.History]
	chart   *output[history.History]
}

func (c *historian) addExports(flags *pflag.FlagSet) {
	add := func(name, what, alone string, write func(io.Writer, history.History) error) {
		c.exports.flag(flags, name, what, write)
		flags.Lookup(name).NoOptDefVal = alone
	}
	add("json", "print JSON, with every run's value, or write it to a `file`", "-", history.WriteJSON)
	add("csv", "print the changes as CSV, or write them to a `file`", "-", history.WriteCSV)
	add("html", "write a page to a `file`", "history.html", report.WriteHistory)
	c.chart = &output[history.History]{flag: "chart", write: func(w io.Writer, h history.History) error {
		return writePicture(w, charts.History(h), filepath.Ext(c.chart.path))
	}}
	flags.StringVarP(&c.chart.path, "chart", "o", "", "draw the series into a `file`, .svg or .png")
	c.exports.all = append(c.exports.all, c.chart)
}

func (c *historian) run(paths []string) error {
	if path := c.chart.path; path != "" && path != "-" && !slices.Contains([]string{".svg", ".png"}, filepath.Ext(path)) {
		return usagef("--chart %s: name the file .svg or .png, for its format", path)
	}
	if !(c.options.Alpha > 0 && c.options.Alpha <= 0.05) {
		return usagef("--alpha %g: it is a chance above 0 and at most 0.05", c.options.Alpha)
	}
	h, err := c.read(paths)
	if err != nil {
		return usage(err)
	}
	if err := c.exports.open(c.out.stdout); err != nil {
		return usage(err)
	}
	err = c.exports.write(h)
	if !c.exports.onStdout() {
		err = errors.Join(err, history.WriteText(fitter{c.out.stdout}, h, c.out.columns(c.out.stdout), c.out.paintVerdictOn(c.out.stdout)))
	}
	return err
}

// read takes in one run after the other, so that no more than one is in memory.
func (c *historian) read(words []string) (history.History, error) {
	if len(words) == 0 {
		words = []string{c.out.parent()}
	}
	b, err := history.NewBuilder(c.options)
	if err != nil {
		return history.History{}, err
	}
	for _, word := range words {
		if err := c.take(b, word); err != nil {
			return history.History{}, err
		}
	}
	h, err := b.History()
	var refusal *history.Refusal
	if errors.As(err, &refusal) {
		err = fmt.Errorf("%w, or give --force", err)
	}
	return h, err
}

// take adds what a word means: a run, or all of a directory.
func (c *historian) take(b *history.Builder, word string) error {
	if store.IsURL(word) {
		if paths, err := fetchAll(c.out, word); err != nil || len(paths) > 0 {
			return cmp.Or(err, c.addEach(b, paths))
		}
	} else if below, _ := runsBelow(word); len(below) > 0 {
		return c.addAll(b, word)
	}
	path, err := locate(c.out, word, store.NoProfiles)
	switch {
	case err != nil:
		return fmt.Errorf("history: %w", err)
	case results.IsRun(path):
		return c.add(b, path)
	}
	return c.addAll(b, path)
}

// addAll adds the runs in a directory. One that cannot be read is left out, and
// said to be: of many nights, some fail.
func (c *historian) addAll(b *history.Builder, parent string) error {
	paths, err := runsBelow(parent)
	switch {
	case err != nil:
		return fmt.Errorf("history: runs are looked for in %s: %w", parent, err)
	case len(paths) == 0:
		return fmt.Errorf("history: %s is no run directory and has none in it: name one that \"ipcbench run\" made, or where there are several", parent)
	}
	return c.addEach(b, paths)
}

func (c *historian) addEach(b *history.Builder, paths []string) error {
	for _, path := range paths {
		run, err := openRun(c.out, path)
		if err != nil {
			c.out.warn(fmt.Sprintf("left out: %v", err))
			continue
		}
		run.folder.Close()
		if err := b.Add(run.Run, run.launches); err != nil {
			return err
		}
	}
	return nil
}

func (c *historian) add(b *history.Builder, path string) error {
	run, err := openRun(c.out, path)
	if err != nil {
		return err
	}
	run.folder.Close()
	return b.Add(run.Run, run.launches)
}

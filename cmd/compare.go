package cmd

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ipcbench/internal/near"
	"ipcbench/results"
	"ipcbench/results/compare"
	"ipcbench/results/profile"
	"ipcbench/results/store"
	"ipcbench/results/table"
)

func newCompare(out *console) *cobra.Command {
	c := comparer{out: out}
	cmd := &cobra.Command{
		Use:        "compare [OLD NEW] | --old RUN... --new RUN... | RUN... --by COLUMN | --old KEY=VALUE --new KEY=VALUE INDEX [flags]",
		SuggestFor: []string{"diff", "cmp", "delta", "benchstat"},
		GroupID:    "read",
		Short:      "What changed between runs, and how sure that is",
		Long: `Compares two runs, several on each side, or the parts of one that a column tells
apart, and gives each cell a verdict: faster, slower, same, too noisy to tell, or
the machine changed. A run is named by its directory, or by its name (run --name),
which means the newest of that name in results (or IPCBENCH_OUT); latest is the newest
of all, and base~1 or latest~1 the one before. A URL means the same in a store. Without any, they are the two newest. Of two runs, verdicts hold for those two; give three runs a
side for what also changes from boot to boot and hour to hour. Measure these in
turn, A1 B1 A2 B2 A3 B3: where all of one side come first, whatever drifts on the
machine looks like a change. "ipcbench run --ab" measures two things in one run.

With --threshold the exit status is 0 where every result is shown to be within it
or better, 1 where one got worse by more or fails, and 3 where neither is certain,
also because all of them moved together, or because the new side lacks a cell that
the old one has (unless --allow-missing). How often that is wrong for these runs
is printed beside it.

Of many hosts, --old and --new select runs by labels and facts, out of an index
("ipcbench collect"), directories or stores. Hosts are then the replicates: what all of
them show is told from what one shows alone, within each class of hardware.`,
		Example: `  ipcbench compare base latest
  ipcbench compare --old a1 --new b1 --old a2 --new b2 --old a3 --new b3
  ipcbench compare results/sample --by fstype
  ipcbench compare results/ab --by variant
  ipcbench compare --threshold 5% --json=compare.json main branch
  ipcbench compare --old kernel=6.12 --new 'kernel=6.18 site=berlin' fleet.jsonl`,
		RunE: func(cmd *cobra.Command, paths []string) error {
			if c.asksForFleet(paths) {
				return c.runFleet(cmd.Context(), paths)
			}
			return c.run(paths)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringArrayVar(&c.old, "old", nil, "a `run` of the old side, or what many say: key=value; repeatable")
	flags.StringArrayVar(&c.new, "new", nil, "a `run` of the new side, or what many say: key=value; repeatable")
	flags.StringVar(&c.by, "by", "", "compare by a `column`: "+strings.Join(compare.Columns(), ", "))
	chooseMetrics(flags, &c.options.Metrics, "rtt_p50_ns,msgs_per_s")
	percentVar(flags, &c.options.Threshold, "threshold", "exit with 1 if anything is slower by more than a `percentage`, as 5%, or fails, and with 3 if that cannot be ruled out")
	flags.BoolVar(&c.options.AllowMissing, "allow-missing", false, "with --threshold, let cells be missing on the new side")
	percentVar(flags, &c.options.Same, "same", "call the same what is certainly within ± a `percentage` (default 5%)")
	flags.Float64Var(&c.options.Alpha, "alpha", 0.05, "`chance` of any false faster or slower in the headline")
	flags.BoolVar(&c.options.Force, "force", false, "compare different hardware and placements all the same")
	flags.StringVar(&c.profiles, "profile", "", "also print what changed in the profiles of both sides, and with a `directory` draw it there as flame graphs")
	flags.Lookup("profile").NoOptDefVal = justPrinted
	c.addExports(flags)
	return cmd
}

func percentVar(flags *pflag.FlagSet, ratio *float64, name, what string) {
	flags.Func(name, what, func(text string) (err error) {
		*ratio, err = results.ParsePercent(text)
		return err
	})
}

// A comparer carries out the command compare.
type comparer struct {
	out      *console
	old, new []string
	by       string
	profiles string // "": what changed there is nobody's question
	before   []profile.Profile
	after    []profile.Profile
	changes  []profile.Change // from those to these
	options  compare.Options
	exports  exports[compare.Comparison]
	chart    *output[compare.Comparison]
}

// chooseMetrics declares the flag for the metrics that are looked at.
func chooseMetrics(flags *pflag.FlagSet, into *[]string, usual string) {
	const all = "all"
	known := func() []knownWord {
		known := []knownWord{{near.Word{Name: all}, "every one"}}
		for _, m := range results.Metrics() {
			known = append(known, knownWord{near.Word{Name: m.Name}, m.Words})
		}
		return known
	}
	set := func(name string) {
		names := []string{name}
		if name == all {
			names = results.MetricNames()
		}
		for _, name := range names {
			if !slices.Contains(*into, name) {
				*into = append(*into, name)
			}
		}
	}
	flags.Var(&choice{known: known, set: set, list: true}, "metric", "`names` of columns of launches.csv, or all (default "+usual+")")
}

func (c *comparer) run(paths []string) error {
	comparison, err := c.compare(paths)
	if err != nil {
		return usage(err)
	}
	if err := c.exports.open(c.out.stdout); err != nil {
		return usage(err)
	}
	err = c.exports.write(comparison)
	shown := comparison.Primary()
	if !c.exports.onStdout() {
		err = errors.Join(err, compare.WriteText(fitter{c.out.stdout}, shown, c.out.columns(c.out.stdout), c.out.paintVerdictOn(c.out.stdout)))
		err = errors.Join(err, c.writeProfiles())
		if columns, is := terminalColumns(c.out.stdout); is && err == nil { // whose last lines are what one sees
			fmt.Fprintf(c.out.stdout, "\n%s\n", table.Wrapped(oneLine(shown.Headline), columns))
		}
	}
	return cmp.Or(err, c.judge(comparison.Gate)) // what was not written comes first
}

// compare reads the runs and compares them in the way that was asked for.
func (c *comparer) compare(paths []string) (compare.Comparison, error) {
	if !(c.options.Alpha > 0 && c.options.Alpha <= 0.05) {
		return compare.Comparison{}, fmt.Errorf("--alpha %g: it is a chance above 0 and at most 0.05", c.options.Alpha)
	}
	if c.options.AllowMissing && c.options.Threshold == 0 {
		return compare.Comparison{}, errors.New("--allow-missing: it is about what --threshold passes: give one")
	}
	if err := c.checkChart(); err != nil {
		return compare.Comparison{}, err
	}
	if c.by != "" {
		return c.compareParts(paths)
	}
	old, new, err := c.sides(paths)
	if err != nil {
		return compare.Comparison{}, err
	}
	with := store.With(c.profiles != "")
	if old, err = locateAll(c.out, old, with); err == nil {
		new, err = locateAll(c.out, new, with)
	}
	if err != nil {
		return compare.Comparison{}, fmt.Errorf("compare: %w", err)
	}
	if path := onBothSides(old, new); path != "" {
		return compare.Comparison{}, fmt.Errorf("compare: run %s is on both sides: name another run", path)
	}
	before, err := c.open(old, &c.before)
	if err != nil {
		return compare.Comparison{}, err
	}
	after, err := c.open(new, &c.after)
	if err != nil {
		return compare.Comparison{}, err
	}
	c.changes = profile.Compare(c.before, c.after)
	c.options.Cause = func(cell results.Cell) string { return profile.CauseIn(c.changes, cell) }
	comparison, err := compare.Runs(before, after, c.options)
	var refusal *compare.Refusal
	if errors.As(err, &refusal) {
		err = fmt.Errorf("%w, or give --force", err)
	}
	return comparison, err
}

func (c *comparer) compareParts(paths []string) (compare.Comparison, error) {
	if len(c.old)+len(c.new) > 0 {
		return compare.Comparison{}, errors.New("compare: --by compares the parts of runs, --old and --new whole runs: give one of them")
	}
	if len(paths) == 0 {
		return compare.Comparison{}, errors.New("compare: no run directory is given: name one that \"ipcbench run\" made")
	}
	paths, err := locateAll(c.out, paths, store.NoProfiles)
	if err != nil {
		return compare.Comparison{}, fmt.Errorf("compare: %w", err)
	}
	if c.profiles != "" {
		return compare.Comparison{}, errors.New("compare: --profile compares whole runs, and --by the parts of runs: give one of them")
	}
	runs, err := c.open(paths, nil)
	if err != nil {
		return compare.Comparison{}, err
	}
	return compare.By(runs, c.by, c.options)
}

// sides says which runs are old and which are new.
func (c *comparer) sides(paths []string) (old, new []string, err error) {
	switch flagged := len(c.old) + len(c.new); {
	case flagged > 0 && len(paths) > 0:
		return nil, nil, fmt.Errorf("compare: %s stands on no side: write --old or --new before each run", strings.Join(paths, " "))
	case flagged > 0 && (len(c.old) == 0 || len(c.new) == 0):
		return nil, nil, errors.New("compare: only one side is given: name runs with both --old and --new")
	case flagged > 0:
		return c.old, c.new, nil
	case len(paths) == 0:
		if paths, err = newest(c.out, 2); err != nil {
			return nil, nil, fmt.Errorf("compare: %w: name an old one and a new one", err)
		}
		return paths[:1], paths[1:], nil
	case len(paths) == 2:
		return paths[:1], paths[1:], nil
	case len(paths) == 1:
		return nil, nil, fmt.Errorf("compare: %s alone: name a second run, or compare its parts with --by %s", paths[0], strings.Join(compare.Columns(), ", "))
	}
	return nil, nil, fmt.Errorf("compare: %d runs are given: name an old one and a new one, or several with --old and --new before each (and output files as in --json=FILE)", len(paths))
}

// onBothSides returns a directory that is given on both sides, which is a slip; a
// copy of one is none.
func onBothSides(old, new []string) string {
	for _, path := range new {
		mine, err := os.Stat(path)
		for _, other := range old {
			theirs, unknown := os.Stat(other)
			if err == nil && unknown == nil && os.SameFile(mine, theirs) {
				return path
			}
		}
	}
	return ""
}

// open reads runs, with their profiles where these are kept.
func (c *comparer) open(paths []string, profiles *[]profile.Profile) ([]compare.Run, error) {
	var runs []compare.Run
	for _, path := range paths {
		run, err := openRun(c.out, path)
		if err != nil {
			return nil, err
		}
		if profiles != nil {
			err = c.openProfiles(run, profiles)
		}
		run.folder.Close()
		if err != nil {
			return nil, err
		}
		runs = append(runs, compare.Of(run.Run, run.launches))
	}
	return runs, nil
}

// paintVerdictOn gives the words of verdicts on w the colours of their tones.
func (c *console) paintVerdictOn(w io.Writer) compare.Paint {
	colours := map[compare.Tone]string{compare.Good: green, compare.Bad: red, compare.Suspect: yellow}
	return func(verdict compare.Verdict, words string) string {
		if colour, has := colours[verdict.Judgement().Tone]; has {
			return c.paintOn(w, colour, words)
		}
		return words
	}
}

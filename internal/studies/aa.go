package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"ipcbench/results"
)

// mostWrong is the share of comparisons of a thing with itself that may be
// called faster or slower.
const mostWrong = 0.05

// An aa measures one thing again and again and compares it with itself: what is
// called faster or slower is called so wrongly.
type aa struct {
	shelf
	pairs int
}

// A way is one in which what is compared was measured.
type way struct {
	name    string
	measure func(ctx context.Context, l lab) (dirs, compare []string, err error)
}

// ways are the two in which a user gets two sides.
var ways = []way{
	{"two runs, one after the other", func(ctx context.Context, l lab) (dirs, compare []string, err error) {
		for range 2 {
			dir, err := l.measure(ctx, 0, equal...)
			if err != nil {
				return nil, nil, err
			}
			dirs = append(dirs, dir)
		}
		return dirs, dirs, nil
	}},
	{"one run of two variants in turn (run --ab)", func(ctx context.Context, l lab) (dirs, compare []string, err error) {
		dir, err := l.measure(ctx, 0, append([]string{"--ab", specs, specs}, equal...)...)
		return []string{dir}, []string{dir, "--by", results.VariantColumn}, err
	}},
}

// What is compared with itself: 32 cells.
var (
	specs = "mmap:wait=spin mmap:wait=futex pipe unix file"
	equal = []string{"-s", "64,64KiB", "--time", "20ms"}
)

func newAA() *cobra.Command {
	a := &aa{}
	c := &cobra.Command{
		Use:   "aa [flags]",
		Short: "Is what did not change called changed? (15 min)",
		Long: fmt.Sprintf(`Measures one thing again and again and compares it with itself, by two runs and by
two variants of one run, for which "ipcbench compare" should find no change. Counts
the comparisons that call any cell changed, and the verdicts of each cell, in
aa.md. Takes a quarter of an hour.

It holds where at most %.0f %% of the comparisons, less what chance may do to so few,
call any cell faster or slower by the metric that decides on it.`, 100*mostWrong),
		Args: noWords,
		RunE: carryOut(a.study),
	}
	c.Flags().IntVar(&a.pairs, "pairs", 20, "how many comparisons of each kind")
	a.addFlag(c)
	return c
}

func (a *aa) study(ctx context.Context, l lab) (missed []string, err error) {
	if err := atLeastOne("pairs", a.pairs); err != nil {
		return nil, err
	}
	var tallies []tally
	for _, w := range ways {
		tallies = append(tallies, tally{way: w.name, counts: map[string]map[string]int{}})
	}
	for pair := range a.pairs {
		for i, w := range ways {
			fmt.Fprintf(l.log, "pair %d of %d: %s\n", pair+1, a.pairs, w.name)
			dirs, what, err := w.measure(ctx, l)
			if err != nil {
				return nil, err
			}
			comparison, err := l.compare(ctx, what...)
			if err != nil {
				return nil, err
			}
			if err := tallies[i].add(dirs, comparison, l.log); err != nil {
				return nil, err
			}
		}
	}
	var text strings.Builder
	for _, t := range tallies {
		text.WriteString(t.markdown())
		missed = append(missed, t.missed()...)
	}
	fmt.Fprint(l.out, text.String())
	return missed, a.keep("aa.md", text.String())
}

// A tally counts the verdicts on things that did not change.
type tally struct {
	way                  string
	comparisons, wrongly int                       // those that call any cell changed
	cells                []string                  // in the order in which they were first seen
	counts               map[string]map[string]int // by verdict
	all, wrong           int                       // of the metrics that decide
	others, wrongOthers  int
	correlations         []float64 // of successive launches, of each run
}

// add counts the verdicts of a comparison.
func (t *tally) add(dirs []string, comparison []told, log io.Writer) error {
	before := t.wrong
	for _, told := range comparison {
		t.count(told, log)
	}
	t.comparisons++
	if t.wrong > before {
		t.wrongly++
	}
	for _, dir := range dirs {
		correlation, err := successive(dir)
		if err != nil {
			return err
		}
		t.correlations = append(t.correlations, correlation)
	}
	return nil
}

// count counts a verdict, and tells log of one that is wrong.
func (t *tally) count(v told, log io.Writer) {
	wrong := 0
	if v.Verdict == "faster" || v.Verdict == "slower" {
		wrong = 1
	}
	if !v.Deciding {
		t.others++
		t.wrongOthers += wrong
		return
	}
	t.all++
	t.wrong += wrong
	name := strings.Join([]string{v.Cell.Transport, v.Cell.Workload, results.FormatSize(v.Cell.SizeBytes), v.Cell.Placement}, " | ")
	if t.counts[name] == nil {
		t.counts[name] = map[string]int{}
		t.cells = append(t.cells, name)
	}
	t.counts[name][v.Verdict]++
	if wrong > 0 {
		fmt.Fprintf(log, "%s: %s, %s\n", name, v.Verdict, v.change())
	}
}

func (t *tally) missed() []string {
	n := float64(t.comparisons)
	if allowed := mostWrong*n + 2*math.Sqrt(mostWrong*(1-mostWrong)*n); float64(t.wrongly) > allowed {
		return []string{fmt.Sprintf("%s: %d of %d comparisons call a cell changed, to be ≤ %.0f %%", t.way, t.wrongly, t.comparisons, 100*mostWrong)}
	}
	return nil
}

func (t *tally) markdown() string {
	var b strings.Builder
	share, lo, hi := wilson(t.wrongly, t.comparisons)
	fmt.Fprintf(&b, "## %s\n\n", results.Capital(t.way))
	fmt.Fprintf(&b, "Of %d comparisons, %d (%.2g %%, 95 %% interval %.2g to %.2g %%) call any cell faster or slower.\n",
		t.comparisons, t.wrongly, 100*share, 100*lo, 100*hi)
	fmt.Fprintf(&b, "Of their %d verdicts on a cell, %d (%.2g %%) do.\n", t.all, t.wrong, 100*float64(t.wrong)/float64(t.all))
	fmt.Fprintf(&b, "Of %d verdicts on further metrics (p99, CPU time per message), %d (%.2g %%).\n", t.others, t.wrongOthers, 100*float64(t.wrongOthers)/float64(max(1, t.others)))
	fmt.Fprintf(&b, "Successive launches of a run, of whatever cells, correlate by %.2f (median over runs; 0: they do not depend on each other).\n\n", results.Median(t.correlations))
	verdicts := []string{"same", "noisy", "machine-changed", "faster", "slower"}
	fmt.Fprintf(&b, "| transport | workload | size | placement | %s |\n|%s\n", strings.Join(verdicts, " | "), strings.Repeat(" --- |", 4+len(verdicts)))
	for _, name := range t.cells {
		fmt.Fprintf(&b, "| %s |", name)
		for _, v := range verdicts {
			fmt.Fprintf(&b, " %d |", t.counts[name][v])
		}
		fmt.Fprintln(&b)
	}
	fmt.Fprintln(&b)
	return b.String()
}

package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"ipcbench/results"
)

// mostWrong is the share of comparisons of a thing with itself that may be
// called faster or slower.
const mostWrong = 0.05

// An aa runs one command again and again and compares each run with the next:
// what is called faster or slower is called so wrongly.
type aa struct {
	shelf
	pairs int
}

func newAA() *cobra.Command {
	a := &aa{}
	c := &cobra.Command{
		Use:   "aa [flags]",
		Short: "Is what did not change called changed? (15 min)",
		Long: fmt.Sprintf(`Runs one command again and again and compares each run with the next, for which
"ipcbench compare" should find no change. Counts the verdicts of each cell in
aa.md. Takes a quarter of an hour.

It holds where at most %.0f %% of the comparisons are called faster or slower: of
the metric that says most of a workload.`, 100*mostWrong),
		Args: noWords,
		RunE: carryOut(a.study),
	}
	c.Flags().IntVar(&a.pairs, "pairs", 40, "how many runs are compared with one more")
	a.addFlag(c)
	return c
}

func (a *aa) study(ctx context.Context, l lab) (missed []string, err error) {
	if err := atLeastOne("pairs", a.pairs); err != nil {
		return nil, err
	}
	t := tally{counts: map[string]map[string]int{}}
	for pair := range a.pairs {
		fmt.Fprintf(l.log, "pair %d of %d\n", pair+1, a.pairs)
		comparison, err := equalRuns(ctx, l)
		if err != nil {
			return nil, err
		}
		for _, told := range comparison {
			t.count(told, l.log)
		}
	}
	text := t.markdown()
	fmt.Fprint(l.out, text)
	return t.missed(), a.keep("aa.md", text)
}

// equalRuns measures the same twice and compares.
func equalRuns(ctx context.Context, l lab) ([]told, error) {
	var runs [2]string
	for i := range runs {
		var err error
		if runs[i], err = l.measure(ctx, 0, "-s", "64,64KiB", "--time", "20ms"); err != nil {
			return nil, err
		}
	}
	return l.compare(ctx, runs[0], runs[1])
}

// A tally counts the verdicts on things that did not change.
type tally struct {
	cells               []string // in the order in which they were first seen
	counts              map[string]map[string]int
	all, wrong          int // of primary metrics
	others, wrongOthers int
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
	if share := float64(t.wrong) / float64(t.all); share > mostWrong {
		return []string{fmt.Sprintf("%d of %d comparisons (%.1f %%) are wrong, to be ≤ %.0f %%", t.wrong, t.all, 100*share, 100*mostWrong)}
	}
	return nil
}

func (t *tally) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Of %d comparisons of a cell with itself, %d (%.2g %%) were called faster or slower.\n", t.all, t.wrong, 100*float64(t.wrong)/float64(t.all))
	fmt.Fprintf(&b, "Of %d comparisons of further metrics (p99, CPU time per message), %d (%.2g %%).\n\n", t.others, t.wrongOthers, 100*float64(t.wrongOthers)/float64(max(1, t.others)))
	verdicts := []string{"same", "noisy", "machine-changed", "faster", "slower"}
	fmt.Fprintf(&b, "| transport | workload | size | placement | %s |\n|%s\n", strings.Join(verdicts, " | "), strings.Repeat(" --- |", 4+len(verdicts)))
	for _, name := range t.cells {
		fmt.Fprintf(&b, "| %s |", name)
		for _, v := range verdicts {
			fmt.Fprintf(&b, " %d |", t.counts[name][v])
		}
		fmt.Fprintln(&b)
	}
	return b.String()
}

package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"ipcbench/bench"
	"ipcbench/results"
)

// mostLength is how many times as long a message of n bytes may take as one of n+1
// words, which is eight times as long and more, when neither is carried anywhere.
const mostLength = 1.15

// lengths are those that are made and checked in different ways: less than a word, a
// word and some bytes, two words, and those with a rest that is no word.
var lengths = []int{1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 31, 33, 63, 65}

// A lengthsStudy compares the null transport with itself.
type lengthsStudy struct{ rounds int }

func newLengths() *cobra.Command {
	s := &lengthsStudy{}
	c := &cobra.Command{
		Use:   "lengths [flags]",
		Short: "Does making and checking a message of few bytes cost no more than of many? (1 min)",
		Long: fmt.Sprintf(`Holds the null transport's round trip of n bytes, which is what making, copying and
checking a message takes, against that of n+1 words, both launched once in each round.
Prints a table. Tests do not: how fast something is, is no test.

It holds where the median of the rounds' ratios is at most %.2f for each n.`, mostLength),
		Args: noWords,
		RunE: carryOut(s.study),
	}
	c.Flags().IntVar(&s.rounds, "rounds", usualRounds, "how often each is launched")
	return c
}

func (s *lengthsStudy) study(ctx context.Context, l lab) (missed []string, err error) {
	if err := atLeastOne("rounds", s.rounds); err != nil {
		return nil, err
	}
	var trials []*lengthsTrial
	for _, n := range lengths {
		trial := &lengthsTrial{bytes: n}
		for i, size := range []int{n, trial.words()} {
			if trial.cells[i], err = cellOf(ctx, "null", "latency", size, "auto"); err != nil {
				return nil, refusal{err}
			}
		}
		trials = append(trials, trial)
	}
	for round := range s.rounds {
		fmt.Fprintf(l.log, "round %d of %d\n", round+1, s.rounds)
		for _, trial := range trials {
			if err := trial.measure(ctx, round); err != nil {
				return nil, err
			}
		}
	}
	fmt.Fprintf(l.out, "the null transport, medians of %d interleaved launches of %v each, and of their ratios:\n", s.rounds, launchTime)
	printLengths(l.out, trials)
	for _, trial := range trials {
		if miss := trial.miss(); miss != "" {
			missed = append(missed, miss)
		}
	}
	return missed, nil
}

// A lengthsTrial is a length and what was measured of it and of as many words and one
// more, in ns.
type lengthsTrial struct {
	bytes   int
	cells   [2]bench.Cell
	figures [2]figures
}

func (t *lengthsTrial) words() int { return 8 * (t.bytes + 1) }

// measure takes both round trips once, the first of them in turn: of each the median of
// batches, for a single one is shorter than the clock can tell.
func (t *lengthsTrial) measure(ctx context.Context, round int) error {
	for turn := range t.cells {
		i := (round + turn) % len(t.cells)
		if err := t.figures[i].add(launchFor(ctx, t.cells[i], results.RTTBatchP50)); err != nil {
			return err
		}
	}
	return nil
}

func (t *lengthsTrial) ratio() float64 { return medianRatio(t.figures[0], t.figures[1]) }

// miss says by how much the trial missed its limit, and "" where it did not.
func (t *lengthsTrial) miss() string {
	if ratio := t.ratio(); !(ratio <= mostLength) {
		return fmt.Sprintf("null of %d bytes: %.3f × that of %d, to be at most %.2f", t.bytes, ratio, t.words(), mostLength)
	}
	return ""
}

func printLengths(out io.Writer, trials []*lengthsTrial) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "n (bytes)\tns\tn+1 words (bytes)\tns\tratio\tverdict")
	for _, t := range trials {
		verdict := "ok"
		if t.miss() != "" {
			verdict = "missed"
		}
		fmt.Fprintf(w, "%d\t%.1f\t%d\t%.1f\t%.3f\t%s\n", t.bytes, results.Median(t.figures[0]), t.words(), results.Median(t.figures[1]), t.ratio(), verdict)
	}
	w.Flush()
}

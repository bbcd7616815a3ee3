package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"ipcbench/bench"
	"ipcbench/results"
)

// How far the round trip of a cache line may be from that of a tight loop in C,
// either way, as a ratio.
const (
	leastCores = 0.90
	mostCores  = 1.10
)

// Rounds are short and many: a hypervisor that moves a virtual CPU then falls into
// few of them, and not between the two halves of most.
const (
	coresRounds = 41
	coresTime   = 100 * time.Millisecond
)

// A coresStudy compares the round trip of a cache line with that of a tight C loop on
// the same CPUs.
type coresStudy struct{ rounds int }

func newCores() *cobra.Command {
	s := &coresStudy{}
	c := &cobra.Command{
		Use:   "cores [flags]",
		Short: "Does a cache line take as long as in a tight loop in C? (10 s a placement)",
		Long: fmt.Sprintf(`Holds the round trip of a cache line, as the command cores has it, against a tight
C loop on the same CPUs, both measured once in each round, for one pair of CPUs of
each placement. Prints a table. Needs gcc and two CPUs.

It holds where the median of the rounds' ratios is from %.2f to %.2f.`, leastCores, mostCores),
		Args: noWords,
		RunE: carryOut(s.study),
	}
	c.Flags().IntVar(&s.rounds, "rounds", coresRounds, "how often each is measured")
	return c
}

func (s *coresStudy) study(ctx context.Context, l lab) (missed []string, err error) {
	if err := atLeastOne("rounds", s.rounds); err != nil {
		return nil, err
	}
	trials, err := coresTrials()
	if err != nil {
		return nil, err
	}
	programs, err := l.compile(ctx, "cores", nil)
	if err != nil {
		return nil, err
	}
	for round := range s.rounds {
		fmt.Fprintf(l.log, "round %d of %d\n", round+1, s.rounds)
		for _, trial := range trials {
			if err := trial.measure(ctx, programs[0], round); err != nil {
				return nil, err
			}
		}
	}
	fmt.Fprintf(l.out, "there and back, medians of %d interleaved rounds, and of their ratios:\n", s.rounds)
	printCores(l.out, trials)
	for _, trial := range trials {
		if miss := trial.miss(); miss != "" {
			missed = append(missed, miss)
		}
	}
	return missed, nil
}

// A coresTrial is a pair of CPUs and what was measured between them, in ns.
type coresTrial struct {
	placement string
	cpus      []int
	ours, c   figures
}

// coresTrials returns the pairs, one of each placement on two CPUs.
func coresTrials() ([]*coresTrial, error) {
	placements, err := bench.Placements()
	if err != nil {
		return nil, refusal{err}
	}
	var trials []*coresTrial
	for _, p := range placements {
		if len(slices.Compact(slices.Clone(p.CPUs))) == 2 {
			trials = append(trials, &coresTrial{placement: p.Name, cpus: p.CPUs})
		}
	}
	if len(trials) == 0 {
		return nil, refusef("no two CPUs can be used whose relation is known: allow more (taskset, cpuset), or mount /sys")
	}
	return trials, nil
}

// measure takes the round trip once by each, the first of them in turn.
func (t *coresTrial) measure(ctx context.Context, program string, round int) error {
	measure := []func() error{
		func() error { return t.ours.add(t.roundTrip(ctx, uint64(round))) },
		func() error { return t.c.add(t.roundTripC(ctx, program)) },
	}
	for turn := range measure {
		if err := measure[(round+turn)%len(measure)](); err != nil {
			return err
		}
	}
	return nil
}

func (t *coresTrial) roundTrip(ctx context.Context, seed uint64) (float64, error) {
	plan, err := bench.PlanCores(t.cpus, 1, coresTime, seed)
	if err != nil {
		return 0, err
	}
	cores, err := plan.Carry(ctx, func(int) {})
	switch {
	case err != nil:
		return 0, err
	case len(cores.Pairs[0].RTT) == 0:
		return 0, fmt.Errorf("%s: %s", t.placement, cores.Pairs[0].Reason)
	}
	return cores.Pairs[0].RTT.Median(), nil
}

func (t *coresTrial) roundTripC(ctx context.Context, program string) (float64, error) {
	figures, err := runC(ctx, program, t.cpus[0], t.cpus[1], coresTime.Milliseconds())
	if err != nil {
		return 0, err
	}
	return figures[0], nil
}

// miss says by how much the trial missed its limits, and "" where it did not.
func (t *coresTrial) miss() string {
	if ratio := medianRatio(t.ours, t.c); !(ratio >= leastCores && ratio <= mostCores) {
		return fmt.Sprintf("%s, CPUs %v: %.3f × C, to be %.2f to %.2f", t.placement, t.cpus, ratio, leastCores, mostCores)
	}
	return ""
}

func printCores(out io.Writer, trials []*coresTrial) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "placement\tCPUs\tC (ns)\tleast to most\tipcbench (ns)\tleast to most\tto C\tverdict")
	for _, t := range trials {
		verdict := "ok"
		if t.miss() != "" {
			verdict = "missed"
		}
		fmt.Fprintf(w, "%s\t%v\t%.1f\t%.1f-%.1f\t%.1f\t%.1f-%.1f\t%.3f\t%s\n", t.placement, t.cpus, results.Median(t.c), slices.Min(t.c), slices.Max(t.c),
			results.Median(t.ours), slices.Min(t.ours), slices.Max(t.ours), medianRatio(t.ours, t.c), verdict)
	}
	w.Flush()
}

package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"ipcbench/bench"
	"ipcbench/results"
)

// What the harness is held to: a round trip takes at most 1.10 times as long
// as in C, and a stream reaches at least 0.90 times its rate.
const (
	mostLatency = 1.10
	leastRate   = 0.90
)

// An overheadCase is held against c/overhead.c with the mechanism mech.
type overheadCase struct {
	spec, mech, workload string
	size                 int
	placement            string
}

func (c overheadCase) String() string {
	return fmt.Sprintf("%s %s %d %s", c.spec, c.workload, c.size, c.placement)
}

// Every transport that is a system call at heart has its round trip here, on
// one CPU, because that of two is mostly the sleep of a processor. A stream is
// held against C where the C program has the same buffers.
var overheadCases = []overheadCase{
	{"pipe", "pipe", "latency", 64, "same-cpu"},
	{"pipe:wait=poll", "pipe-poll", "latency", 64, "same-cpu"},
	{"pipe:wait=epoll", "pipe-epoll", "latency", 64, "same-cpu"},
	{"fifo", "fifo", "latency", 64, "same-cpu"},
	{"vmsplice", "vmsplice", "latency", 64, "same-cpu"},
	{"unix", "unix", "latency", 64, "same-cpu"},
	{"unix:wait=poll", "unix-poll", "latency", 64, "same-cpu"},
	{"unix:type=seqpacket", "unix-seqpacket", "latency", 64, "same-cpu"},
	{"unix:type=dgram", "unix-dgram", "latency", 64, "same-cpu"},
	{"tcp", "tcp", "latency", 64, "same-cpu"},
	{"udp", "udp", "latency", 64, "same-cpu"},
	{"sockmap", "sockmap", "latency", 64, "same-cpu"},
	{"mq", "mq", "latency", 64, "same-cpu"},
	{"sysvmsg", "sysvmsg", "latency", 64, "same-cpu"},
	{"eventfd", "eventfd", "latency", 8, "same-cpu"},
	{"signal", "signal", "latency", 8, "same-cpu"},
	{"futex", "futex", "latency", 8, "same-cpu"},
	{"cma", "cma", "latency", 64, "same-cpu"},
	{"memfdpass", "memfdpass", "latency", 64, "same-cpu"},
	{"uring:over=pipe", "uring-pipe", "latency", 64, "same-cpu"},
	{"uring:over=unix", "uring-unix", "latency", 64, "same-cpu"},
	{"msgring", "msgring", "latency", 8, "same-cpu"},
	{"mmap:wait=futex", "mmap-futex", "latency", 64, "same-cpu"},
	{"mmap:wait=eventfd", "mmap-eventfd", "latency", 64, "same-cpu"},
	{"mmap:wait=spin", "mmap-spin", "latency", 64, "0-1"},
	{"mmap:wait=spin", "mmap-spin", "latency", 8, "0-1"},
	{"file", "file-poll", "latency", 64, "0-1"},
	{"log", "log-poll", "latency", 64, "0-1"},
	{"pipe", "pipe", "throughput", 4096, "same-cpu"},
	{"unix", "unix", "throughput", 4096, "same-cpu"},
	{"pipe", "pipe", "throughput", 4096, "0-1"},
	{"unix", "unix", "throughput", 4096, "0-1"},
	{"mmap:wait=spin", "mmap-spin", "throughput", 8, "0-1"},
	{"mmap:wait=spin", "mmap-spin", "throughput", 64, "0-1"},
	{"mmap:wait=spin", "mmap-spin", "throughput", 64 << 10, "0-1"},
	{"mmap:ring=index,wait=spin", "mmap-index", "throughput", 8, "0-1"},
	{"mmap:ring=index,wait=spin", "mmap-index", "throughput", 64, "0-1"},
}

// An overhead compares this harness with a tight C loop of the same system calls
// on the same CPUs.
type overhead struct {
	only   []string // mechanisms; none: all
	rounds int
}

func newOverhead() *cobra.Command {
	o := &overhead{}
	c := &cobra.Command{
		Use:   "overhead [flags]",
		Short: "Is a transport here as fast as a tight loop of the same calls in C? (3 min)",
		Long: fmt.Sprintf(`Holds every transport that is a system call at heart, and the ring, against a
tight C loop of the same calls on the same CPUs, both launched once in each
round. Prints a table. Takes three minutes and needs gcc.

It holds where the median of the rounds' ratios is at most %.2f for a round trip
and at least %.2f for the rate of a stream. What cannot run here is no miss.`, mostLatency, leastRate),
		Args: noWords,
		RunE: carryOut(o.study),
	}
	c.Flags().StringSliceVar(&o.only, "only", nil, "`mechanisms` of the C program, with commas between: pipe,mq")
	c.Flags().IntVar(&o.rounds, "rounds", usualRounds, "how often each is launched")
	return c
}

func (o *overhead) study(ctx context.Context, l lab) (missed []string, err error) {
	trials, err := o.trials(ctx)
	if err != nil {
		return nil, err
	}
	programs, err := l.compile(ctx, "overhead", nil)
	if err != nil {
		return nil, err
	}
	for round := range o.rounds {
		fmt.Fprintf(l.log, "round %d of %d\n", round+1, o.rounds)
		for _, trial := range trials {
			if err := trial.launch(ctx, programs[0], round); err != nil {
				return nil, err
			}
		}
	}
	fmt.Fprintf(l.out, "medians of %d interleaved launches of %v each, and of their ratios:\n", o.rounds, launchTime)
	printOverhead(l.out, trials)
	for _, trial := range trials {
		if miss := trial.miss(); miss != "" {
			missed = append(missed, miss)
		}
	}
	return missed, nil
}

// An overheadTrial is what became of a case.
type overheadTrial struct {
	overheadCase
	cell    bench.Cell
	missing error // why this machine, or this version, cannot run it
	failed  error // what ended it
	ours, c figures
}

// trials returns the chosen cases, with their cells. At least one can run.
func (o *overhead) trials(ctx context.Context) ([]*overheadTrial, error) {
	if err := atLeastOne("rounds", o.rounds); err != nil {
		return nil, err
	}
	var mechs []string
	for _, c := range overheadCases {
		mechs = append(mechs, c.mech)
	}
	for _, mech := range o.only {
		if !slices.Contains(mechs, mech) {
			return nil, refusef("--only %s: there are %s", mech, strings.Join(slices.Compact(slices.Sorted(slices.Values(mechs))), ","))
		}
	}
	var trials []*overheadTrial
	for _, c := range overheadCases {
		if len(o.only) == 0 || slices.Contains(o.only, c.mech) {
			trial := &overheadTrial{overheadCase: c}
			trial.cell, trial.missing = cellOf(ctx, c.spec, c.workload, c.size, c.placement)
			trials = append(trials, trial)
		}
	}
	if !slices.ContainsFunc(trials, func(t *overheadTrial) bool { return t.missing == nil }) {
		return nil, refusef("nothing of this can run here: %w", trials[0].missing)
	}
	return trials, nil
}

// launch measures the case once by each, the first of them in turn. What goes
// wrong ends the trial, and an interruption all of them.
func (t *overheadTrial) launch(ctx context.Context, program string, round int) error {
	measure := []func() error{
		func() error { return t.ours.add(launch(ctx, t.cell)) },
		func() error { return t.c.add(t.launchC(ctx, program)) },
	}
	for turn := range measure {
		if t.missing == nil && t.failed == nil {
			t.failed = measure[(round+turn)%len(measure)]()
		}
	}
	return ctx.Err()
}

func (t *overheadTrial) launchC(ctx context.Context, program string) (float64, error) {
	figures, err := runC(ctx, program, t.mech, t.workload, t.size, t.cell.ProducerCPU, t.cell.ConsumerCPU, launchTime.Milliseconds())
	if err != nil {
		return 0, err
	}
	return figures[0], nil
}

// limit says what the case is held to and whether a ratio to C is beyond it.
func (c overheadCase) limit(ratio float64) (limit string, missed bool) {
	if c.workload == "latency" {
		return fmt.Sprintf("≤ %.2f", mostLatency), ratio > mostLatency
	}
	return fmt.Sprintf("≥ %.2f", leastRate), ratio < leastRate
}

// miss says by how much the trial missed its limit, or that it failed, and ""
// where all is well.
func (t *overheadTrial) miss() string {
	switch {
	case t.missing != nil:
		return ""
	case t.failed != nil:
		return fmt.Sprintf("%v: %v", t, t.failed)
	}
	ratio := medianRatio(t.ours, t.c)
	if limit, missed := t.limit(ratio); missed {
		return fmt.Sprintf("%v: %.3f × C, to be %s", t, ratio, limit)
	}
	return ""
}

func printOverhead(out io.Writer, trials []*overheadTrial) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "transport\tworkload\tsize\tplacement\tunit\tC\tipcbench\tto C\tlimit\tverdict")
	for _, t := range trials {
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\n", t.spec, t.workload, t.size, t.placement, results.PrimaryMetric(t.workload), t.verdict())
	}
	w.Flush()
}

// verdict is what the table says of a trial.
func (t *overheadTrial) verdict() string {
	switch {
	case t.missing != nil:
		return "-\t-\t-\t-\tskipped: " + t.missing.Error()
	case t.failed != nil:
		return "-\t-\t-\t-\tfailed: " + t.failed.Error()
	}
	ratio, verdict := medianRatio(t.ours, t.c), "ok"
	limit, missed := t.limit(ratio)
	if missed {
		verdict = "missed"
	}
	return fmt.Sprintf("%.0f\t%.0f\t%.3f\t%s\t%s", results.Median(t.c), results.Median(t.ours), ratio, limit, verdict)
}

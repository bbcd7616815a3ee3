// Command agree holds rows of ours against what the libraries' own benchmarks say of the
// same thing on the same machine, in turn: one of theirs, one of ours, and again. Each rival
// is a file of its own. "make agree" builds and runs it; it takes some minutes in which the
// machine should do nothing else.
//
// All of it runs in a network namespace of its own, because such benchmarks listen at
// ports that everybody could reach.
package main

import (
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"os/signal"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"ipcbench/bench"
	"ipcbench/bench/workload"
	_ "ipcbench/contrib/all"
	"ipcbench/results"
	"ipcbench/transports"
	_ "ipcbench/transports/all"
)

// A rival is a benchmark of theirs, and the row of ours that measures the same.
type rival struct {
	name     string // what a user types: grpc
	what     string // theirs, in a few words
	spec     string // ours,
	workload string
	size     int    // bytes
	metric   string // and which of our metrics theirs is one of
	// theirs measures for about so long, and returns that metric, in its unit. scratch is
	// a directory for what it may leave.
	theirs func(ctx context.Context, r rival, measured time.Duration, scratch string) (float64, error)
}

// rivals are all of them. Each file adds its own.
var rivals []rival

// tolerance is how far apart the medians may be, as a ratio.
const tolerance = 0.15

func main() {
	bench.Worker()
	rounds := flag.Int("rounds", 7, "how often each is measured, in turn")
	measured := flag.Duration("time", 2*time.Second, "how long each is measured at a time")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	status, err := inPrivateNetwork(func() (int, error) { return compare(ctx, chosen(flag.Args()), *rounds, *measured) })
	if err != nil {
		fmt.Fprintln(os.Stderr, "agree:", err)
		os.Exit(2)
	}
	os.Exit(status)
}

// chosen are the rivals whose names, or the beginnings of their names, are given; all of
// them without any.
func chosen(names []string) []rival {
	if len(names) == 0 {
		return rivals
	}
	return slices.DeleteFunc(slices.Clone(rivals), func(r rival) bool {
		return !slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(r.name, name) })
	})
}

// compare prints a row for each, and returns the exit status: 1 where one is off.
func compare(ctx context.Context, rivals []rival, rounds int, measured time.Duration) (status int, err error) {
	if len(rivals) == 0 {
		return 0, fmt.Errorf("no benchmark is called so: see the files of internal/agree")
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "row\tsize\ttheirs\tmetric\tours, median\ttheirs, median\tours / theirs\t")
	for _, r := range rivals {
		ours, theirs, err := r.interleave(ctx, rounds, measured)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", r.name, err)
		}
		ratio := results.Median(ours) / results.Median(theirs)
		verdict := "agrees"
		if math.Abs(ratio-1) > tolerance {
			verdict, status = fmt.Sprintf("off by more than %g %%", tolerance*100), 1
		}
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%.0f\t%.0f\t%.3f\t%s\n", r.spec, r.size, r.what, r.metric, results.Median(ours), results.Median(theirs), ratio, verdict)
	}
	return status, table.Flush()
}

// interleave measures both in turn, each round the other first.
func (r rival) interleave(ctx context.Context, rounds int, measured time.Duration) (ours, theirs []float64, err error) {
	scratch, err := os.MkdirTemp("", "ipcbench-agree-")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(scratch)
	both := []struct {
		who     string
		measure func(context.Context, rival, time.Duration, string) (float64, error)
		values  *[]float64
	}{{"theirs", r.theirs, &theirs}, {"ours", measureOurs, &ours}}
	for round := range rounds {
		for _, one := range both {
			value, err := one.measure(ctx, r, measured, scratch)
			if err != nil {
				return nil, nil, fmt.Errorf("%s: %w", one.who, err)
			}
			fmt.Fprintf(os.Stderr, "agree: %s, round %d of %d, %s: %.0f\n", r.name, round+1, rounds, one.who, value)
			*one.values = append(*one.values, value)
		}
		slices.Reverse(both)
	}
	return ours, theirs, nil
}

// measureOurs is one launch, with the ends wherever the scheduler has them, as theirs are.
func measureOurs(ctx context.Context, r rival, measured time.Duration, scratch string) (float64, error) {
	spec, err := transports.Parse(r.spec)
	if err != nil {
		return 0, err
	}
	plan := bench.Plan{
		Specs: []transports.Spec{spec}, Workloads: []string{r.workload}, Sizes: []int{r.size}, Placements: []string{"free"},
		Launches: 1, Time: measured, Warmup: workload.Warmup{Time: measured / 2},
	}
	cells, err := plan.Cells(ctx)
	if err != nil {
		return 0, err
	}
	run, err := bench.NewRun(plan, cells, bench.Options{Parent: scratch})
	if err != nil {
		return 0, err
	}
	analysis, err := run.Carry(ctx)
	if err != nil {
		return 0, err
	}
	for _, cell := range analysis.Cells {
		if e, has := cell.Metrics[r.metric]; has {
			return e.Median, nil
		}
	}
	for _, launch := range analysis.Launches {
		err = fmt.Errorf("no %s: %s", r.metric, launch.Reason)
	}
	return 0, err
}

package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"time"

	"ipcbench/bench"
	"ipcbench/bench/workload"
	"ipcbench/results"
	"ipcbench/results/effect"
	"ipcbench/transports"
)

// A row is one of ours, and who else measures the same.
type row struct {
	name     string // what a user types, or the beginning of it
	spec     string
	workload string
	size     int    // bytes
	metric   string // theirs is one of it as well
	rivals   []rival
}

// A rival is a benchmark of theirs, or the loop of loop.go.
type rival struct {
	what    string // in a few words
	differs string // from ours, so that it need not agree; "": it has to
	measure func(context.Context, task) (float64, error)
}

// A task is what a rival is to measure.
type task struct {
	row
	time    time.Duration // about so long
	scratch string        // a directory for what it may leave
}

// rows are all of them. Each library's file adds its own.
var rows []row

// tolerance is how far they may be apart, as a ratio.
const tolerance = 0.15

// compare measures all of a row in turn, each round the other way round, and prints a line
// for each rival. It says whether those agree that have to.
func (r row) compare(ctx context.Context, out io.Writer, rounds int, measured time.Duration) (agree bool, err error) {
	scratch, err := os.MkdirTemp("", "ipcbench-agree-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(scratch)
	all := append([]rival{{what: "ours", measure: measureOurs}}, r.rivals...)
	order, values := make([]int, len(all)), make([][]float64, len(all))
	for i := range order {
		order[i] = i
	}
	for range rounds {
		for _, i := range order {
			value, err := all[i].measure(ctx, task{r, measured, scratch})
			if err != nil {
				return false, fmt.Errorf("%s: %w", all[i].what, err)
			}
			fmt.Fprintf(os.Stderr, "agree: %s, %s: %s\n", r.name, all[i].what, r.format(value))
			values[i] = append(values[i], value)
		}
		slices.Reverse(order)
	}
	agree = true
	for i, rival := range all[1:] {
		e := effect.OfRanks(values[i+1], values[0])
		verdict := "agrees"
		if math.Abs(e.Change) > tolerance {
			verdict = cmp.Or(rival.differs, fmt.Sprintf("off by more than %g %%", tolerance*100))
			agree = agree && rival.differs != ""
		}
		fmt.Fprintf(out, "%s\t%s\t%d\t%s\t%s\t%s\t%.2f (%.2f to %.2f)\t%s\n", r.spec, r.workload, r.size, rival.what,
			r.format(results.Median(values[0])), r.format(results.Median(values[i+1])), 1+e.Change, 1+e.Own.Lo, 1+e.Own.Hi, verdict)
	}
	return agree, nil
}

func (r row) format(value float64) string { return results.LookupMetric(r.metric).Format(value) }

// measureOurs is one launch, with the ends wherever the scheduler has them, as theirs are.
func measureOurs(ctx context.Context, t task) (float64, error) {
	spec, err := transports.Parse(t.spec)
	if err != nil {
		return 0, err
	}
	plan := bench.Plan{
		Specs: []transports.Spec{spec}, Workloads: []string{t.workload}, Sizes: []int{t.size}, Placements: []string{"free"},
		Launches: 1, Time: t.time, Warmup: workload.Warmup{Time: t.time / 2},
	}
	cells, err := plan.Cells(ctx)
	if err != nil {
		return 0, err
	}
	run, err := bench.NewRun(plan, cells, bench.Options{Parent: t.scratch})
	if err != nil {
		return 0, err
	}
	analysis, err := run.Carry(ctx)
	if err != nil {
		return 0, err
	}
	for _, cell := range analysis.Cells {
		if e, has := cell.Metrics[t.metric]; has {
			return e.Median, nil
		}
	}
	for _, launch := range analysis.Launches {
		err = fmt.Errorf("no %s: %s", t.metric, launch.Reason)
	}
	for _, cell := range cells {
		if !cell.Runnable() {
			err = fmt.Errorf("%s cannot run here: %s%s", cell.Transport, cell.Skip, cell.Fail)
		}
	}
	return 0, err
}

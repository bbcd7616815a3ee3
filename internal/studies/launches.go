package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"ipcbench/bench"
	"ipcbench/results"
	"ipcbench/transports"
)

// What is held against C is launched in rounds, each program once in each and
// in turning order, so that what drifts on the machine falls on all.
const (
	usualRounds = 11
	launchTime  = 100 * time.Millisecond
	launchLimit = 20 * time.Second // for one that hangs
)

// figures are those of one program, a figure a round.
type figures []float64

// add keeps a figure of the next round, whatever it is worth after an error.
func (f *figures) add(figure float64, err error) error {
	*f = append(*f, figure)
	return err
}

// medianRatio is the median of the rounds' ratios: two figures of one round were
// measured within a second, and the machine may have changed since the last.
func medianRatio(a, b figures) float64 {
	ratios := make([]float64, len(a))
	for round := range a {
		ratios[round] = a[round] / b[round]
	}
	return results.Median(ratios)
}

// cellOf returns a cell, or why this machine, or this version, has none.
func cellOf(ctx context.Context, spec, workload string, size int, placement string) (bench.Cell, error) {
	parsed, err := transports.Parse(spec)
	if err != nil {
		return bench.Cell{}, err
	}
	cells, err := planOf(parsed, workload, size, placement).Cells(ctx)
	if err == nil && !cells[0].Runnable() {
		err = fmt.Errorf("%s: %s", spec, cells[0].Skip+cells[0].Fail)
	}
	if err != nil {
		return bench.Cell{}, err
	}
	return cells[0], nil
}

func planOf(spec transports.Spec, workload string, size int, placement string) bench.Plan {
	return bench.Plan{
		Specs: []transports.Spec{spec}, Workloads: []string{workload}, Sizes: []int{size},
		Placements: []string{placement}, Dirs: []string{os.TempDir()},
		Launches: 1, Time: launchTime, Warmup: bench.Warmup{Messages: 2000},
		Timeout: launchLimit, Seed: 1,
	}
}

// launch measures the cell once and returns its primary metric: the median round
// trip, in ns, or the messages per second.
func launch(ctx context.Context, cell bench.Cell) (float64, error) {
	return launchFor(ctx, cell, results.PrimaryMetric(cell.Workload))
}

// launchFor measures the cell once and returns a metric.
func launchFor(ctx context.Context, cell bench.Cell, metric string) (float64, error) {
	plan := planOf(cell.Spec, cell.Workload, cell.SizeBytes, cell.Placement)
	launches, err := plan.Run(ctx, []bench.Cell{cell}, func(results.Launch) error { return nil })
	switch {
	case err != nil:
		return 0, err
	case launches[0].Status != results.OK:
		return 0, fmt.Errorf("%s: %s: %s", cell.Transport, launches[0].Status, launches[0].Reason)
	}
	return launches[0].Metrics[metric], nil
}

package main

import (
	"context"
	"fmt"

	"ipcbench/bench"
	"ipcbench/results"
)

// diagnose launches every cell once more with perf events on, after all that is
// measured: their cost must fall on no result. A launch that fails is a warning,
// for the results are there without it.
func (r *runner) diagnose(ctx context.Context, plan bench.Plan, cells []bench.Cell) error {
	err := plan.Diagnose(ctx, cells, func(launch results.Launch) error {
		launch.Run = r.dir.Name()
		if launch.Status != results.OK {
			r.record.Warnings = append(r.record.Warnings, fmt.Sprintf("%s: the launch with perf events failed: %s", cellName(launch.Cell), launch.Reason))
		}
		r.diagnosed = append(r.diagnosed, launch)
		return r.dir.AppendWhy(launch)
	})
	if ctx.Err() != nil {
		return errInterrupted
	}
	return err
}

// printWhy prints what it was asked for.
func (r *runner) printWhy() error {
	if !r.why {
		return nil
	}
	return printWhy(r.tableTo(), r.launches, r.diagnosed)
}

package cmd

import (
	"context"
	"slices"

	"ipcbench/bench"
	"ipcbench/results"
	"ipcbench/results/summary"
)

// diagnose launches every cell that has a result once more with perf events on, after all that is
// measured: their cost must fall on no result. A launch that fails is a warning,
// for the results are there without it.
func (r *runner) diagnose(ctx context.Context, plan bench.Plan, cells []bench.Cell) error {
	measured := slices.DeleteFunc(slices.Clone(cells), func(c bench.Cell) bool { return !r.hasResult(c.Cell) })
	err := plan.Diagnose(ctx, measured, func(launch results.Launch) error {
		launch.Run = r.dir.Name()
		r.diagnosed = append(r.diagnosed, launch)
		return r.dir.AppendWhy(launch)
	})
	if ctx.Err() != nil {
		return errInterrupted
	}
	return err
}

func (r *runner) hasResult(cell results.Cell) bool {
	return slices.ContainsFunc(r.launches, func(l results.Launch) bool { return l.Cell == cell && l.Status == results.OK })
}

// printWhy prints what it was asked for.
func (r *runner) printWhy(run summary.Analysis) error {
	if !r.why {
		return nil
	}
	return printWhy(r.tableTo(), run)
}

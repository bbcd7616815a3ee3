package bench

import (
	"context"

	"ipcbench/results"
)

// Diagnose launches each cell that can run once more, with perf events on, and
// calls each with the record. Those explain the launches of Run and are none of
// them: events make what they count dearer. Its cells come in their own order,
// and its records have launch number 0.
func (p Plan) Diagnose(ctx context.Context, cells []Cell, each func(results.Launch) error) error {
	p = p.complete()
	p.perf = true
	switcher := switcher{plan: p}
	for _, c := range cells {
		if !c.Runnable() {
			continue
		}
		if err := switcher.to(ctx, c); err != nil {
			return err
		}
		record := c.launch(ctx, p)
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := each(record); err != nil {
			return err
		}
	}
	return nil
}

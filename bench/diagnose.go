package bench

import (
	"context"

	"ipcbench/results"
)

// Diagnose launches each cell that can run once more, with perf events on, and
// calls each with the record. Those explain the launches of Run and are none of
// them: events make what they count dearer. Its records have launch number 0.
func (p Plan) Diagnose(ctx context.Context, cells []Cell, each func(results.Launch) error) error {
	p = p.complete()
	p.perf = true
	return p.beside(ctx, cells, func(c Cell) error { return c.launchBeside(ctx, p, each) })
}

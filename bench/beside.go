package bench

import (
	"context"

	"ipcbench/results"
)

// beside hands over each cell that can run, in their own order, with its variant in
// place: for launches that explain those of Run and are none of them, as what is to be
// found out makes them dearer.
func (p Plan) beside(ctx context.Context, cells []Cell, launches func(Cell) error) error {
	switcher := switcher{plan: p}
	for _, c := range cells {
		if !c.Runnable() {
			continue
		}
		if err := switcher.to(ctx, c); err != nil {
			return err
		}
		if err := launches(c); err != nil {
			return err
		}
	}
	return nil
}

// launchBeside makes one such launch. One that was cut short has no record.
func (c Cell) launchBeside(ctx context.Context, p Plan, each func(results.Launch) error) error {
	record := c.launch(ctx, p)
	if err := ctx.Err(); err != nil {
		return err
	}
	return each(record)
}

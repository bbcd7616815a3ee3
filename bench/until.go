package bench

import (
	"context"
	"slices"
	"time"

	"ipcbench/results"
	"ipcbench/results/summary"
)

// narrow goes on launching, in rounds of one launch each, the cells whose
// interval is wider than Until, until there are none or Budget is spent. A
// launch is begun while there is any budget left, so the last one may overrun
// it.
func (r *run) narrow(ctx context.Context, cells []Cell) error {
	for number := r.Launches + 1; ; number++ {
		turns := r.wide(cells, number)
		if len(turns) == 0 {
			return nil
		}
		r.shuffle(turns)
		for _, turn := range turns {
			if time.Since(r.began) >= r.Budget {
				return nil
			}
			if err := r.launch(ctx, turn); err != nil {
				return err
			}
		}
	}
}

// wide returns the next launch of each cell that is not narrow yet. One that
// has failed is left alone: what would be spent on it is better spent on the
// others.
func (r *run) wide(cells []Cell, number int) []turn {
	var turns []turn
	for _, c := range cells {
		launches := r.of[c.Cell]
		failed := slices.ContainsFunc(launches, func(l results.Launch) bool { return l.Status != results.OK })
		if !failed && summary.Margin(launches) > r.Until {
			turns = append(turns, turn{c, number})
		}
	}
	return turns
}

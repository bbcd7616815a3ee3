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
func (s *series) narrow(ctx context.Context, cells []Cell) error {
	for number := s.Launches + 1; ; number++ {
		turns := s.wide(cells, number)
		if len(turns) == 0 {
			return nil
		}
		s.shuffle(turns)
		for _, turn := range turns {
			if time.Since(s.began) >= s.Budget {
				return nil
			}
			if err := s.launch(ctx, turn); err != nil {
				return err
			}
		}
	}
}

// wide returns the next launch of each cell that is not narrow yet. One that
// has failed is left alone: what would be spent on it is better spent on the
// others.
func (s *series) wide(cells []Cell, number int) []turn {
	var turns []turn
	divided := map[results.Cell][]results.Launch{}
	for _, l := range summary.Stratify(s.records) {
		divided[l.Undivided()] = append(divided[l.Undivided()], l)
	}
	for _, c := range cells {
		launches := divided[c.Cell]
		failed := slices.ContainsFunc(launches, func(l results.Launch) bool { return l.Status != results.OK })
		if !failed && summary.Margin(launches) > s.Until {
			turns = append(turns, turn{c, number})
		}
	}
	return turns
}

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
		wide := s.wide(cells)
		if len(wide) == 0 {
			return nil
		}
		for _, turn := range s.round(wide, number) {
			if time.Since(s.began) >= s.Budget {
				return nil
			}
			if err := s.launch(ctx, turn); err != nil {
				return err
			}
		}
	}
}

// wide returns the cells that are not narrow yet and, of variants, those that
// they are compared with. One that has failed is left alone: what would be spent
// on it is better spent on the others.
func (s *series) wide(cells []Cell) []Cell {
	of := map[results.Cell][]results.Launch{}
	for _, l := range summary.Stratify(s.records) {
		of[l.Undivided()] = append(of[l.Undivided()], l)
	}
	sound := slices.DeleteFunc(slices.Clone(cells), func(c Cell) bool {
		return slices.ContainsFunc(of[c.Cell], func(l results.Launch) bool { return l.Status != results.OK })
	})
	goesOn := map[results.Cell]bool{}
	key := s.measuredAgain(cells)
	for _, c := range sound {
		if summary.Margin(of[c.Cell]) > s.Until {
			goesOn[key(c)] = true
		}
	}
	return slices.DeleteFunc(sound, func(c Cell) bool { return !goesOn[key(c)] })
}

// measuredAgain returns what is the same of cells that are launched again
// together.
func (s *series) measuredAgain(cells []Cell) block {
	if len(s.Variants) == 0 {
		return func(c Cell) results.Cell { return c.Cell }
	}
	return s.counterparts(cells)
}

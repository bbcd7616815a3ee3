package bench

import (
	"context"
	"slices"
	"time"

	"ipcbench/results"
	"ipcbench/results/summary"
)

// againShare is how much longer than the plan's launches those may take that are
// made again.
const againShare = 0.1

// again launches further, in rounds of one launch each, the cells that are
// divided by how near each other the machine had their CPUs and have too few
// launches of a kind for an interval: nobody can ask for a kind. It ends when there are
// none, when a cell has had twice as many launches as were asked for, or when a
// tenth of the time is spent that those took.
func (s *series) again(ctx context.Context, cells []Cell) error {
	if s.Launches < summary.LeastForInterval {
		return nil
	}
	budget, began := time.Duration(againShare*float64(time.Since(s.began))), time.Now()
	for number := s.Launches + 1; number <= 2*s.Launches; number++ {
		few := s.fewOfAKind()
		key := s.measuredAgain(cells)
		again := map[results.Cell]bool{}
		for _, c := range cells {
			again[key(c)] = again[key(c)] || few[c.Cell]
		}
		for _, turn := range s.round(slices.DeleteFunc(slices.Clone(cells), func(c Cell) bool { return !again[key(c)] }), number) {
			if time.Since(began) >= budget {
				return nil
			}
			if err := s.launch(ctx, turn); err != nil {
				return err
			}
		}
	}
	return nil
}

// fewOfAKind are the cells that are divided and have near or far launches, but
// not enough of them.
func (s *series) fewOfAKind() map[results.Cell]bool {
	count := map[results.Cell]int{}
	for _, l := range summary.Stratify(s.records) {
		if l.Stratum == results.Near || l.Stratum == results.Far {
			count[l.Cell]++
		}
	}
	few := map[results.Cell]bool{}
	for cell, n := range count {
		if n < summary.LeastForInterval {
			few[cell.Undivided()] = true
		}
	}
	return few
}

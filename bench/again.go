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
// launches of a kind for an interval, for nobody can ask for a kind; and those of
// which other work took the CPUs from some launches. It ends when there are none,
// when a cell has had twice as many launches as were asked for, or when a tenth of
// the time is spent that those took.
func (s *series) again(ctx context.Context, cells []Cell) error {
	if s.Launches < summary.LeastForInterval {
		return nil
	}
	budget, began := time.Duration(againShare*float64(time.Since(s.began))), time.Now()
	for number := s.Launches + 1; number <= 2*s.Launches; number++ {
		if time.Since(began) >= budget {
			return nil
		}
		few := s.tooFew()
		key := s.measuredAgain(cells)
		again := map[results.Cell]bool{}
		for _, c := range cells {
			again[key(c)] = again[key(c)] || few[c.Cell]
		}
		for _, turn := range s.round(slices.DeleteFunc(slices.Clone(cells), func(c Cell) bool { return !again[key(c)] }), number) {
			if len(s.Variants) == 0 && time.Since(began) >= budget { // of variants, a round is whole
				return nil
			}
			if err := s.launch(ctx, turn); err != nil {
				return err
			}
		}
	}
	return nil
}

// tooFew are the cells that are divided and have near or far launches, but not
// enough of them, and those with fewer launches than were asked for of which
// nobody else had the CPUs. One that has failed is left alone.
func (s *series) tooFew() map[results.Cell]bool {
	count, alone := map[results.Cell]int{}, map[results.Cell]int{}
	few := map[results.Cell]bool{}
	for _, l := range summary.Stratify(s.records) {
		if l.Stratum == results.Near || l.Stratum == results.Far {
			count[l.Cell]++
		}
		if l.Status != results.OK {
			alone[l.Undivided()] += s.Launches
		} else if !summary.Contended(l) {
			alone[l.Undivided()]++
		}
		few[l.Undivided()] = false
	}
	for cell := range few {
		few[cell] = alone[cell] < s.Launches
	}
	for cell, n := range count {
		if n < summary.LeastForInterval {
			few[cell.Undivided()] = true
		}
	}
	return few
}

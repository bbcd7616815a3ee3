package bench

import (
	"iter"
	"math/rand/v2"
	"slices"

	"ipcbench/results"
)

// The order of the launches keeps what drifts on the machine from falling on one
// cell. Without variants, the launches of all cells are shuffled. With variants,
// they come in rounds of one launch of each cell, and what is compared comes
// close together within a round: a machine that wanders from minute to minute
// does so under both. Where a command switches between the variants, a round has
// all of one and then all of the other.

// planned goes through the plan's launches of all cells that can run, in their
// order.
func (s *series) planned(cells []Cell) iter.Seq[turn] {
	return func(yield func(turn) bool) {
		if len(s.Variants) == 0 {
			left := newTurns(cells, s.Launches)
			for t, ok := left.next(s.random); ok && yield(t); t, ok = left.next(s.random) {
			}
			return
		}
		runnable := slices.DeleteFunc(slices.Clone(cells), func(c Cell) bool { return !c.Runnable() })
		for number := 1; number <= s.Launches; number++ {
			for _, t := range s.round(runnable, number) {
				if !yield(t) {
					return
				}
			}
		}
	}
}

// round returns one launch of each cell, in blocks of those that are to be
// together: the order of the blocks is random, and so is that within each.
func (s *series) round(cells []Cell, number int) []turn {
	of := s.blocks(cells)
	var order []results.Cell
	blocks := map[results.Cell][]turn{}
	for _, c := range cells {
		block := of(c)
		if blocks[block] == nil {
			order = append(order, block)
		}
		blocks[block] = append(blocks[block], turn{c, number})
	}
	shuffle(s.random, order)
	var all []turn
	for _, block := range order {
		shuffle(s.random, blocks[block])
		all = append(all, blocks[block]...)
	}
	return all
}

// A block is what cells have in common that are measured in turn.
type block func(Cell) results.Cell

// blocks returns what puts the plan's cells into blocks: those that are compared
// with each other or, of those without a counterpart, all that are the same but
// for their directories. One variant may live in several and the other in none.
// Of a plan without variants, all cells are one block.
func (p Plan) blocks(cells []Cell) block {
	if len(p.Variants) == 0 {
		return func(Cell) results.Cell { return results.Cell{} }
	}
	if p.switches() {
		return func(c Cell) results.Cell { return results.Cell{Variant: c.Variant} }
	}
	return p.counterparts(cells)
}

// counterparts returns what is the same of cells that are compared.
func (p Plan) counterparts(cells []Cell) block {
	plan, variants := p.Record(), map[results.Cell][]string{}
	for _, c := range cells {
		common := plan.Counterpart(c.Cell)
		variants[common] = union(variants[common], []string{c.Variant})
	}
	return func(c Cell) results.Cell {
		common := plan.Counterpart(c.Cell)
		if len(variants[common]) == 1 {
			return common.Identity("dir")
		}
		return common
	}
}

func shuffle[T any](random *rand.Rand, list []T) {
	random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

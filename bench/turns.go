package bench

import "math/rand/v2"

// A turn is one launch to come.
type turn struct {
	Cell
	number int // within the cell, from 1
}

// turns are so many launches of each of the cells, in random order: every order of
// the cells' launches is as likely as any other, as if all had been shuffled. They
// are drawn one at a time, each of those that are left with the same chance, so
// that a million of them take no more room than one.
type turns struct {
	cells    []Cell
	launches int   // of each cell
	left     []int // of each cell
	total    int   // of all
}

func newTurns(cells []Cell, launches int) *turns {
	t := &turns{launches: launches}
	for _, c := range cells {
		if c.Runnable() {
			t.cells, t.left = append(t.cells, c), append(t.left, launches)
			t.total += launches
		}
	}
	return t
}

// next draws a turn, unless none is left.
func (t *turns) next(random *rand.Rand) (next turn, ok bool) {
	if t.total == 0 {
		return turn{}, false
	}
	drawn, i := random.IntN(t.total), 0
	for ; drawn >= t.left[i]; i++ {
		drawn -= t.left[i]
	}
	t.left[i]--
	t.total--
	return turn{t.cells[i], t.launches - t.left[i]}, true
}

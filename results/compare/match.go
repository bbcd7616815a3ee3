package compare

import (
	"maps"
	"slices"
	"strings"

	"ipcbench/results"
)

// A pair is a cell that both sides have launches of.
type pair struct{ old, new *group }

// deciding is the metric that decides on the cell, the same on both sides.
func (p pair) deciding() string {
	return results.Deciding(p.new.cell.Workload, p.old.launches(), p.new.launches())
}

// A contest is two sides with the cells that they have in common, and those
// that only one of them has.
type contest struct {
	old, new         side
	pairs            []pair
	oldRest, newRest []*group
	whole            bool      // both are meant to have all cells
	controls         []Control // nil: they shared the machine
}

// betweenRuns is the field in which whole runs may differ and have the same cells all the
// same: it is then a difference of the sides, as the kernel is.
const betweenRuns = "dir"

// Counterparts are, by the cells of an old side, those of the new side that whole runs are
// compared by: the same ones and, of what is left over on each side, what is in another
// directory, where nobody could mean another pair. Cells are given by identity.
func Counterparts(old, new []results.Cell) map[results.Cell]results.Cell {
	pairs := same(old, new)
	taken := map[results.Cell]bool{}
	for cell := range pairs {
		taken[cell] = true
	}
	rest := func(cells []results.Cell) []results.Cell {
		return slices.DeleteFunc(slices.Clone(cells), func(c results.Cell) bool { return taken[c] })
	}
	maps.Copy(pairs, lone(rest(old), rest(new), betweenRuns))
	return pairs
}

// same are the cells that both sides have.
func same(old, new []results.Cell) map[results.Cell]results.Cell {
	there := map[results.Cell]bool{}
	for _, cell := range new {
		there[cell] = true
	}
	pairs := map[results.Cell]results.Cell{}
	for _, cell := range old {
		if there[cell] {
			pairs[cell] = cell
		}
	}
	return pairs
}

// lone are those that without one field are the only such cell on each side.
func lone(old, new []results.Cell, without string) map[results.Cell]results.Cell {
	alike := func(cells []results.Cell) map[results.Cell][]results.Cell {
		all := map[results.Cell][]results.Cell{}
		for _, cell := range cells {
			of := cell.Identity(without)
			all[of] = append(all[of], cell)
		}
		return all
	}
	pairs, others := map[results.Cell]results.Cell{}, alike(new)
	for of, cells := range alike(old) {
		if theirs := others[of]; len(cells) == 1 && len(theirs) == 1 {
			pairs[cells[0]] = theirs[0]
		}
	}
	return pairs
}

// contestOf is two sides of which nothing is paired yet.
func contestOf(old, new side) contest {
	return contest{old: old, new: new, oldRest: slices.Clone(old.groups), newRest: slices.Clone(new.groups)}
}

// match pairs the cells of two sides that have the same identity.
func match(old, new side) contest {
	c := contestOf(old, new)
	c.pair(same)
	return c
}

// matchLone pairs what is left over on each side if without one field it is
// the only such cell there.
func (c *contest) matchLone(without string) {
	c.pair(func(old, new []results.Cell) map[results.Cell]results.Cell { return lone(old, new, without) })
}

// pair pairs what is left over by what is found of it.
func (c *contest) pair(find func(old, new []results.Cell) map[results.Cell]results.Cell) {
	counterparts := find(identities(c.oldRest), identities(c.newRest))
	c.oldRest = slices.DeleteFunc(c.oldRest, func(g *group) bool {
		other, has := counterparts[g.identity]
		if has {
			i := slices.IndexFunc(c.newRest, func(n *group) bool { return n.identity == other })
			c.pairs = append(c.pairs, pair{g, c.newRest[i]})
			c.newRest = slices.Delete(c.newRest, i, i+1)
		}
		return has
	})
}

func identities(groups []*group) []results.Cell {
	var all []results.Cell
	for _, g := range groups {
		all = append(all, g.identity)
	}
	return all
}

// matchAnyDir pairs what is left over and lives in no directory with what is
// the same in each of the other side's directories: one pipe with the files of
// two filesystems.
func (c *contest) matchAnyDir() {
	paired := map[*group]bool{}
	for _, o := range c.oldRest {
		for _, n := range c.newRest {
			oneHasNone := o.identity.Dir == "" || n.identity.Dir == ""
			if oneHasNone && o.identity.Identity("dir") == n.identity.Identity("dir") {
				c.pairs = append(c.pairs, pair{o, n})
				paired[o], paired[n] = true, true
			}
		}
	}
	isPaired := func(g *group) bool { return paired[g] }
	c.oldRest, c.newRest = slices.DeleteFunc(c.oldRest, isPaired), slices.DeleteFunc(c.newRest, isPaired)
}

// missing returns the cells that only one side has a result of. One that
// neither could measure is no loss of the comparison, and parts of runs are not
// meant to have all cells: what spins is on two CPUs only, a pipe has no
// directory. Labels make no cells.
func (c *contest) missing(by string) []Missing {
	var list []Missing
	if c.whole || strings.HasPrefix(by, labelColumn) {
		list = append(withoutCounterpart(c.oldRest, "new", c.new), withoutCounterpart(c.newRest, "old", c.old)...)
	}
	for _, p := range c.pairs {
		oldHas, newHas := p.old.isMeasured(), p.new.isMeasured()
		switch {
		case oldHas && !newHas:
			list = append(list, Missing{p.new.cell, "new", c.new.value, p.new.failed[0].Status, p.new.failed[0].Reason})
		case newHas && !oldHas:
			list = append(list, Missing{p.old.cell, "old", c.old.value, p.old.failed[0].Status, p.old.failed[0].Reason})
		}
	}
	return list
}

func withoutCounterpart(groups []*group, which string, other side) []Missing {
	var list []Missing
	for _, g := range groups {
		if g.isMeasured() && !other.hasUndivided(g.identity) {
			list = append(list, Missing{Cell: g.cell, Side: which, Value: other.value})
		}
	}
	return list
}

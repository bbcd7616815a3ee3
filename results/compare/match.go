package compare

import (
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

// match pairs the cells of two sides that have the same identity.
func match(old, new side) contest {
	c := contest{old: old, new: new, newRest: slices.Clone(new.groups)}
	for _, g := range old.groups {
		same := func(other *group) bool { return other.identity == g.identity }
		if i := slices.IndexFunc(c.newRest, same); i >= 0 {
			c.pairs = append(c.pairs, pair{g, c.newRest[i]})
			c.newRest = slices.Delete(c.newRest, i, i+1)
		} else {
			c.oldRest = append(c.oldRest, g)
		}
	}
	return c
}

// matchLone pairs what is left over on each side if without one field it is
// the only such cell there: of two runs on other directories, say, where
// nobody could mean another pair.
func (c *contest) matchLone(without string) {
	for _, g := range slices.Clone(c.oldRest) {
		alike := func(other *group) bool { return other.identity.Identity(without) == g.identity.Identity(without) }
		if count(c.oldRest, alike) == 1 && count(c.newRest, alike) == 1 {
			i := slices.IndexFunc(c.newRest, alike)
			c.pairs = append(c.pairs, pair{g, c.newRest[i]})
			c.newRest = slices.Delete(c.newRest, i, i+1)
			c.oldRest = slices.DeleteFunc(c.oldRest, func(other *group) bool { return other == g })
		}
	}
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

func count(groups []*group, is func(*group) bool) int {
	n := 0
	for _, g := range groups {
		if is(g) {
			n++
		}
	}
	return n
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

package compare

import (
	"fmt"
	"slices"

	"ipcbench/results"
	"ipcbench/results/summary"
)

// divided returns the runs with their launches divided as [summary.Stratify]
// does, by one limit for all of them: near ones are compared with near ones and
// far ones with far ones. Those that were both are left out, and counted. Cells of
// one identity are divided alike, whatever their directory.
func divided(runs []Run, identity func(Run, results.Launch) results.Cell) []Run {
	n := 0
	for _, run := range runs {
		n += len(run.Launches)
	}
	all, cells := make([]results.Launch, 0, n), make([]results.Cell, 0, n)
	for _, run := range runs {
		for _, l := range run.Launches {
			all, cells = append(all, l), append(cells, identity(run, l).Identity("dir"))
		}
	}
	all = summary.StratifyAs(cells, all)
	runs = slices.Clone(runs)
	for i := range runs {
		n := len(runs[i].Launches)
		ofRun := slices.Clone(all[:n])
		all = all[n:]
		runs[i].Launches = slices.DeleteFunc(ofRun, func(l results.Launch) bool { return l.Stratum == results.Mixed })
		runs[i].mixed = n - len(runs[i].Launches)
	}
	return runs
}

// leftMixed warns of the launches that are left out for that.
func leftMixed(run Run) string {
	if run.mixed == 0 {
		return ""
	}
	return fmt.Sprintf("left out of run %[2]s: %[1]s, during which the machine moved the CPUs nearer to each other or farther apart", launches(run.mixed), run.Name)
}

func launches(n int) string {
	if n == 1 {
		return "1 launch"
	}
	return fmt.Sprintf("%d launches", n)
}

// lone warns of the launches of a stratum that the other side has none of,
// though it has the cell.
func (c contest) lone() []string {
	var list []string
	tell := func(groups []*group, which string, other side) {
		for _, g := range groups {
			if g.isMeasured() && other.hasUndivided(g.identity) {
				list = append(list, fmt.Sprintf("%s: the %s side has no launch with the CPUs %s: %s not compared",
					g.cell.Undivided().Describe(" "), which, g.identity.Stratum, launches(len(g.measured()))))
			}
		}
	}
	tell(c.oldRest, "new", c.new)
	tell(c.newRest, "old", c.old)
	return list
}

// hasUndivided says whether the side has launches of the cell of a stratum, in
// whichever they are.
func (s side) hasUndivided(cell results.Cell) bool {
	return cell.Stratum != "" && slices.ContainsFunc(s.groups, func(g *group) bool {
		return g.isMeasured() && g.identity.Undivided() == cell.Undivided()
	})
}

package compare

import (
	"fmt"
	"math"
	"slices"

	"ipcbench/results"
	"ipcbench/results/effect"
	"ipcbench/results/summary"
)

// contended counts the launches that did not have their CPUs.
func (g *group) contended() int {
	n := 0
	for _, launch := range g.measured() {
		if summary.Contended(*launch) {
			n++
		}
	}
	return n
}

// undisturbed is the group without those.
func (g *group) undisturbed() *group {
	alone := *g
	alone.runs = make([][]*results.Launch, len(g.runs))
	for i, run := range g.runs {
		alone.runs[i] = slices.DeleteFunc(slices.Clone(run), func(l *results.Launch) bool { return summary.Contended(*l) })
	}
	return &alone
}

// undisturbed is the change without launches that did not have their CPUs.
func (p pair) undisturbed(metric, replicate string) effect.Effect {
	old, _ := p.old.undisturbed().ones(metric, replicate)
	new, _ := p.new.undisturbed().ones(metric, replicate)
	if len(old) == 0 || len(new) == 0 {
		return effect.Effect{P: math.NaN()}
	}
	return effectOf(old, new, replicate)
}

// isOfOthers says whether the row's change rests on launches that did not have
// their CPUs: without them, there is none to the same side.
func (r Row) isOfOthers(alpha float64) bool {
	if r.oldContended+r.newContended == 0 {
		return false
	}
	holds := r.alone.P <= alpha/float64(max(1, r.Among)) && r.alone.Change*r.Change > 0
	return !holds
}

// contention says it: "other work had the CPUs in 10 of 10 new launches: without
// these, no change is shown".
func (r Row) contention() string {
	text := ""
	for _, side := range []struct {
		name         string
		contended, n int
	}{{"old", r.oldContended, r.oldLaunches}, {"new", r.newContended, r.newLaunches}} {
		if side.contended == 0 {
			continue
		}
		if text != "" {
			text += " and "
		}
		text += fmt.Sprintf("%d of %d %s launches", side.contended, side.n, side.name)
	}
	return "other work had the CPUs in " + text + ": without these, no change is shown"
}

// disturbed warns of runs of a side in which launches of the compared cells did not
// have their CPUs.
func (c contest) disturbed() []string {
	var list []string
	for _, side := range []struct {
		runs []Run
		of   func(pair) *group
	}{{c.old.runs, func(p pair) *group { return p.old }}, {c.new.runs, func(p pair) *group { return p.new }}} {
		var crowded []Run
		contended, all := 0, 0
		for i, run := range side.runs {
			before := contended
			for _, p := range c.pairs {
				for _, launch := range side.of(p).runs[i] {
					all++
					if summary.Contended(*launch) {
						contended++
					}
				}
			}
			if contended > before {
				crowded = append(crowded, run)
			}
		}
		if len(crowded) > 0 {
			list = append(list, fmt.Sprintf("other work had the CPUs in %d of %d launches of %s, which are no evidence of a change", contended, all, someNames(crowded)))
		}
	}
	return list
}

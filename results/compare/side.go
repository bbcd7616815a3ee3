package compare

import (
	"slices"

	"ipcbench/results"
)

// A side is one of the two things that are compared: whole runs, or those of
// their launches that share a value of a column.
type side struct {
	value  string // of Comparison.By; "" for whole runs
	runs   []Run  // with the launches of this side only
	groups []*group
	of     map[results.Cell]*group // the same by identity
}

// A group is the launches of one cell on one side.
type group struct {
	identity results.Cell        // what makes it the same cell on the other side
	cell     results.Cell        // of its first launch
	cpus     [][2]int            // where its ends ran: one pair, unless its runs differ
	runs     [][]*results.Launch // those that ended ok, by run
	failed   []*results.Launch   // the others
}

// newSide brings the launches of the runs together by the identity of their
// cells.
func newSide(value string, runs []Run, identity func(Run, results.Launch) results.Cell) side {
	s := side{value: value, runs: runs, of: map[results.Cell]*group{}}
	for number, run := range runs {
		for i := range run.Launches {
			launch := &run.Launches[i]
			s.group(identity(run, *launch)).add(launch, number)
		}
	}
	return s
}

// group returns the group of a cell, which it makes if there is none.
func (s *side) group(identity results.Cell) *group {
	if g, made := s.of[identity]; made {
		return g
	}
	g := &group{identity: identity, runs: make([][]*results.Launch, len(s.runs))}
	s.groups = append(s.groups, g)
	s.of[identity] = g
	return g
}

func (g *group) add(launch *results.Launch, run int) {
	if g.cell == (results.Cell{}) {
		g.cell = launch.Cell
	}
	if launch.Status != results.OK {
		g.failed = append(g.failed, launch)
		return
	}
	g.runs[run] = append(g.runs[run], launch)
	if cpus := [2]int{launch.ProducerCPU, launch.ConsumerCPU}; !slices.Contains(g.cpus, cpus) {
		g.cpus = append(g.cpus, cpus)
	}
}

func (g *group) isMeasured() bool { return len(g.measured()) > 0 }

// measured returns the launches that ended ok.
func (g *group) measured() []*results.Launch { return slices.Concat(g.runs...) }

// launches are the same as values.
func (g *group) launches() []results.Launch {
	measured := g.measured()
	list := make([]results.Launch, len(measured))
	for i, launch := range measured {
		list[i] = *launch
	}
	return list
}

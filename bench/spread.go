package bench

import (
	"slices"

	"ipcbench/internal/host"
	"ipcbench/results"
	"ipcbench/transports"
)

// A pairing is the CPUs of a producer and a consumer.
type pairing [2]int

// spread has the ends of a cell with more than two of them placed: each pair on
// CPUs of its own that are related as the placement wants, as long as there are
// such, and then again on those of the first. CPUs that were given by number are
// those of all.
func (c *Cell) spread(m machine) {
	if !c.IsCrowd() || c.ProducerCPU < 0 || !slices.Contains(results.PlacementNames(), c.Placement) {
		return
	}
	first := pairing{c.ProducerCPU, c.ConsumerCPU}
	switch {
	case c.FanIn > 0:
		c.places = m.spread(first, c.FanIn, func(s transports.Side) bool { return s == transports.Consumer })
	case c.FanOut > 0:
		c.places = m.spread(first, c.FanOut, func(s transports.Side) bool { return s == transports.Producer })
	default:
		c.places = m.spread(first, c.Pairs, func(transports.Side) bool { return false })
	}
}

// spread returns at most n pairings of the first one's kind, of which the sides
// that are shared have the same CPU. Those on cores where there is nothing else
// come first, and then those on CPUs where there is nothing else.
func (m machine) spread(first pairing, n int, shared func(transports.Side) bool) []pairing {
	chosen, like := []pairing{first}, m.like(first)
	for _, near := range []func(host.CPU) []int{wholeCore, itself} {
		busy := map[int]bool{}
		take := func(p pairing) {
			for _, id := range p {
				cpu, _ := m.cpu(id)
				for _, id := range near(cpu) {
					busy[id] = true
				}
			}
		}
		for _, p := range chosen {
			take(p)
		}
		fits := func(side transports.Side, cpu int) bool {
			if shared(side) {
				return cpu == first[side]
			}
			return !busy[cpu]
		}
		for _, p := range like {
			if len(chosen) < n && fits(transports.Producer, p[0]) && fits(transports.Consumer, p[1]) {
				chosen = append(chosen, p)
				take(p)
			}
		}
	}
	return chosen
}

func wholeCore(c host.CPU) []int { return c.Siblings }
func itself(c host.CPU) []int    { return []int{c.ID} }

// like lists the pairings that are related as that one, on CPUs of the same kinds.
func (m machine) like(first pairing) []pairing {
	a, _ := m.cpu(first[0])
	b, _ := m.cpu(first[1])
	var all []pairing
	for _, p := range m {
		for _, c := range m {
			if p.Alike(a) && c.Alike(b) && relation(p, c) == relation(a, b) {
				all = append(all, pairing{p.ID, c.ID})
			}
		}
	}
	return all
}

package bench

import (
	"slices"

	"ipcbench/bench/workload"
	"ipcbench/internal/peer"
	"ipcbench/results"
	"ipcbench/transports"
)

// A seat is what one process of a launch is for.
type seat struct {
	side   transports.Side
	number int   // which of the launch's pairs or, of several ends that share one, which of those
	links  []int // those of the launch that it has an end of
	cpu    int   // to pin to; -1: none
}

// seats are the processes of a launch: pair by pair, the producer first, or all
// producers and then all consumers. Whatever is told of a launch's workers, one by
// one, is in this order.
func (c Cell) seats() []seat {
	switch {
	case c.FanIn > 0:
		return append(c.row(transports.Producer, c.FanIn), c.one(transports.Consumer))
	case c.FanOut > 0:
		return append([]seat{c.one(transports.Producer)}, c.row(transports.Consumer, c.FanOut)...)
	}
	sides := []transports.Side{transports.Producer, transports.Consumer}
	if c.Spec.Caps().Has(transports.OneProcess) {
		sides = sides[:1]
	}
	var all []seat
	for pair := range max(1, c.Pairs) {
		for _, side := range sides {
			all = append(all, seat{side, pair, []int{pair}, c.cpu(side, pair)})
		}
	}
	return all
}

// row are the n ends of a side that share the one of the other.
func (c Cell) row(side transports.Side, n int) []seat {
	var all []seat
	for i := range n {
		link := i
		if c.Sharing == results.OneQueue {
			link = 0
		}
		all = append(all, seat{side, i, []int{link}, c.cpu(side, i)})
	}
	return all
}

// one is the end that several share: it has an end of each link.
func (c Cell) one(side transports.Side) seat {
	s := seat{side: side, cpu: c.cpu(side, 0)}
	for link := range c.linkCount() {
		s.links = append(s.links, link)
	}
	return s
}

// linkCount is how many links a launch has.
func (c Cell) linkCount() int {
	if c.Sharing == results.OneQueue {
		return 1
	}
	return max(c.Pairs, c.FanIn, c.FanOut)
}

// cpu is where the end of that side and number runs; -1: anywhere.
func (c Cell) cpu(side transports.Side, number int) int {
	if len(c.places) > 0 {
		return c.places[number%len(c.places)][side]
	}
	return [...]int{c.ProducerCPU, c.ConsumerCPU}[side]
}

// occupied lists the CPUs that the cell's ends are pinned to, each once; nil: they
// are not pinned.
func (c Cell) occupied() []int {
	var cpus []int
	for _, s := range c.seats() {
		if s.cpu < 0 {
			return nil
		}
		cpus = append(cpus, s.cpu)
	}
	slices.Sort(cpus)
	return slices.Compact(cpus)
}

// groups takes the reports of all workers apart.
func (c Cell) groups(reports []workload.Report) []workload.Group {
	groups := make([]workload.Group, max(1, c.Pairs))
	for i, s := range c.seats() {
		g := &groups[0]
		if c.Pairs > 1 {
			g = &groups[s.number]
		}
		if s.side == transports.Producer {
			g.Producers = append(g.Producers, &reports[i])
		}
		if s.side == transports.Consumer || c.Spec.Caps().Has(transports.OneProcess) {
			g.Consumers = append(g.Consumers, &reports[i])
		}
	}
	return groups
}

// seated is what the workers of a launch are started for.
func (l *launch) seated() []peer.Seat {
	var all []peer.Seat
	for _, s := range l.seats() {
		seat := peer.Seat{Side: s.side, Options: l.optionsOf(s), Job: func(i []peer.Inherited) any {
			job := l.job(l.plan, s, i)
			job.Turn = nameOf(l.turn)
			return job
		}}
		for _, link := range s.links {
			seat.Links = append(seat.Links, l.links[link])
		}
		all = append(all, seat)
	}
	return all
}

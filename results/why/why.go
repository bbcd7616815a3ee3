// Package why says what the time of a cell goes to, from what its workers
// counted.
//
// It knows what a scheduler, a page fault and a hypervisor look like in counts.
// It must not know how they were counted.
package why

import (
	"ipcbench/results"
	"ipcbench/results/summary"
	"ipcbench/results/table"
)

// An Explanation is what the launches of a cell spent their time on.
type Explanation struct {
	results.Cell
	Sentence string // for a person: "each round trip sleeps and wakes twice; the wake-up crosses CPUs"
	Sides    []SideCosts

	Diagnosed bool               // a launch was made to explain it
	Events    map[string]float64 // what that counted beside, as perf events do, of a message and by both ends
}

// SideCosts is what a message, or a round trip, costs one end, over all
// launches together. The times of user and system are by the timer's ticks, so
// that a few short launches say little about them.
type SideCosts struct {
	Side             string // as results.Worker has it
	CPUNS            float64
	UserNS, SystemNS float64
	Voluntary        float64 // context switches: it slept
	Involuntary      float64 // it was pushed off its CPU
	Minor, Major     float64 // page faults
}

// Of explains each of the cells that has a result, in the order given, from
// what the workers of its launches counted; one whose workers told nothing is
// left out. What diagnosed launches count besides, as perf events do, is told
// too where there are any.
func Of(summaries []summary.Summary, diagnosed []results.Launch) []Explanation {
	events := map[results.Cell][]results.Launch{}
	for _, l := range diagnosed {
		if l.Status == results.OK {
			events[l.Cell] = append(events[l.Cell], l)
		}
	}
	var all []Explanation
	for _, s := range summaries {
		if s.Launches == 0 {
			continue
		}
		p := poolOf(s.Cell, s.OK)
		if len(p.sides) == 0 {
			continue
		}
		counted := events[s.Undivided()] // which are of no stratum
		p.events = eventsOf(counted)
		all = append(all, Explanation{s.Cell, p.sentence(), p.sides, len(counted) > 0, p.events})
	}
	return all
}

// A pool is what was counted over all launches of a cell. Costs are of one
// message, or round trip; shares are of the measured time.
type pool struct {
	results.Cell
	sides      []SideCosts
	wallNS     float64
	measuredNS float64 // CPU time of all launches: how much the ticks can say
	launches   int
	migrations int64

	waitShare  float64 // an end was ready and waited for its CPU, mean of the ends
	stealShare float64 // the hypervisor gave a CPU of the cell to others
	events     map[string]float64
}

func poolOf(cell results.Cell, launches []results.Launch) pool {
	p := pool{Cell: cell, launches: len(launches)}
	var messages, wait, waitable, steal, stealable float64
	for _, l := range launches {
		messages += l.Counted()
		p.wallNS += float64(l.ElapsedNS) / float64(l.Messages) * l.Counted()
		if j := l.Jitter; j != nil {
			steal += float64(j.StealNS)
			stealable += float64(j.WatchedNS) * float64(j.CPUs)
			if j.WaitNS != nil {
				wait += float64(*j.WaitNS)
				waitable += float64(l.ElapsedNS) * float64(l.Ends())
			}
		}
		for i, w := range l.Workers {
			if i == len(p.sides) {
				p.sides = append(p.sides, SideCosts{Side: w.Side})
			}
			p.sides[i].add(w)
			p.measuredNS += float64(w.CPUNS)
			if w.Migrations != nil {
				p.migrations += *w.Migrations
			}
		}
	}
	p.wallNS /= messages
	for i := range p.sides {
		p.sides[i].divide(messages)
	}
	p.waitShare = share(wait, waitable)
	p.stealShare = share(steal, stealable)
	return p
}

// share is part of whole, and 0 of nothing.
func share(part, whole float64) float64 {
	if whole == 0 {
		return 0
	}
	return part / whole
}

func (c *SideCosts) add(w results.Worker) {
	c.CPUNS += float64(w.CPUNS)
	c.UserNS += float64(w.UserNS)
	c.SystemNS += float64(w.SystemNS)
	c.Voluntary += float64(w.Voluntary)
	c.Involuntary += float64(w.Preempted)
	c.Minor += float64(w.Minor)
	c.Major += float64(w.Major)
}

func (c *SideCosts) divide(messages float64) {
	for _, cost := range []*float64{&c.CPUNS, &c.UserNS, &c.SystemNS, &c.Voluntary, &c.Involuntary, &c.Minor, &c.Major} {
		*cost /= messages
	}
}

// eventsOf adds up the perf events of all ends, for one message.
func eventsOf(diagnosed []results.Launch) map[string]float64 {
	events := map[string]float64{}
	var messages float64
	for _, l := range diagnosed {
		messages += l.Counted()
		for _, w := range l.Workers {
			for event, n := range w.Perf {
				events[event] += n
			}
		}
	}
	for event := range events {
		events[event] /= messages
	}
	return events
}

// Table shows what a message costs each end. It has no title.
func (e Explanation) Table() table.Table {
	t := table.Table{Workload: e.Workload, Columns: []table.Column{{Name: ""}}}
	rows := make([]table.Row, len(e.Sides))
	for i, s := range e.Sides {
		rows[i].Cells = []string{s.Side}
	}
	for _, c := range []struct {
		name   string
		format func(float64) string
		cost   func(SideCosts) float64
	}{
		{"CPU", results.FormatNS, func(s SideCosts) float64 { return s.CPUNS }},
		{"user", results.FormatNS, func(s SideCosts) float64 { return s.UserNS }},
		{"system", results.FormatNS, func(s SideCosts) float64 { return s.SystemNS }},
		{"voluntary switches", results.FormatCount, func(s SideCosts) float64 { return s.Voluntary }},
		{"involuntary", results.FormatCount, func(s SideCosts) float64 { return s.Involuntary }},
		{"minor faults", results.FormatCount, func(s SideCosts) float64 { return s.Minor }},
		{"major", results.FormatCount, func(s SideCosts) float64 { return s.Major }},
	} {
		t.Columns = append(t.Columns, table.Column{Name: c.name, Numeric: true})
		for i, s := range e.Sides {
			rows[i].Cells = append(rows[i].Cells, c.format(c.cost(s)))
		}
	}
	t.Rows = rows
	return t
}

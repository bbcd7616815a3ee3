package bench

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"ipcbench/internal/cpulist"
	"ipcbench/internal/facts"
	"ipcbench/internal/host"
	"ipcbench/internal/peer"
	"ipcbench/results"
)

// A CoresPlan is between which CPUs a cache line goes, and for how long. Each pass
// is over all pairs in another order, so that what changes on the machine meanwhile
// shows as a difference between passes and not as one between pairs.
type CoresPlan struct {
	Passes int
	Time   time.Duration // of each pair in each pass
	Seed   uint64        // of the orders

	machine machine // the CPUs
}

// What a plan takes where nobody asks for more: 30 s in all, in which no pair
// gets more than mostTime in a pass and none less than leastTime.
const (
	coresBudget = 30 * time.Second
	mostTime    = 200 * time.Millisecond
	leastTime   = 500 * time.Microsecond
	perPair     = 300 * time.Microsecond // to have two threads on their CPUs, and memory
	perPass     = 50 * time.Millisecond  // to start a process and to know its clock
)

// PlanCores plans passes over the pairs of these CPUs or, for none, of all that this
// process may use. With a time of 0 a pair gets what makes a plan of 30 s.
func PlanCores(cpus []int, passes int, each time.Duration, seed uint64) (CoresPlan, error) {
	m, err := thisMachine()
	if err != nil {
		return CoresPlan{}, err
	}
	p := CoresPlan{Passes: passes, Time: each, Seed: seed, machine: m}
	if len(cpus) > 0 {
		p.machine = nil
	}
	for _, id := range cpus {
		cpu, ok := m.cpu(id)
		if !ok {
			return CoresPlan{}, fmt.Errorf("this process may not use CPU %d, or there is none: choose among %s", id, m)
		}
		p.machine = append(p.machine, cpu)
	}
	if len(p.machine) < 2 {
		return CoresPlan{}, fmt.Errorf("a cache line goes between two CPUs, and there is CPU %s alone: let this process use more (taskset, the cpuset of its control group or container)", p.machine)
	}
	if p.Time == 0 {
		p.Time = p.usualTime()
	}
	return p, nil
}

func (p CoresPlan) usualTime() time.Duration {
	return min(mostTime, max(leastTime, coresBudget/time.Duration(p.Pairs()*p.Passes)))
}

// CPUs lists the CPUs of the plan, ascending.
func (p CoresPlan) CPUs() (ids []int) {
	for _, cpu := range p.machine {
		ids = append(ids, cpu.ID)
	}
	slices.Sort(ids)
	return ids
}

// Pairs is how many pairs of CPUs there are.
func (p CoresPlan) Pairs() int { return len(p.machine) * (len(p.machine) - 1) / 2 }

// Expected is about how long it takes.
func (p CoresPlan) Expected() time.Duration {
	return time.Duration(p.Passes) * (perPass + time.Duration(p.Pairs())*(p.Time+perPair))
}

// limit is how long it may take on a machine that is busy: no pass begins that would
// probably end later.
func (p CoresPlan) limit() time.Duration { return p.Expected()*7/5 + 5*time.Second }

// Carry measures, and tells of each pass that has ended, never while anything is
// measured. There are fewer passes than planned where the machine was too busy for
// them. What passes found that were complete is returned also with an error,
// which wraps ctx's where that ended it.
func (p CoresPlan) Carry(ctx context.Context, passed func(passes int)) (results.Cores, error) {
	if err := peer.Idle(); err != nil {
		return results.Cores{}, err
	}
	claim := host.ClaimCPUs(p.CPUs())
	defer claim.Release()
	c := results.Cores{
		Started: time.Now(), Host: facts.Read(), Seed: p.Seed, Planned: p.Passes, TimeNS: int64(p.Time),
		CPUs: p.machine.cores(), Pairs: p.machine.corePairs(), Warnings: othersOn(claim),
	}
	var clocks []float64
	for began := time.Now(); c.Passes < p.Passes; {
		if took := time.Since(began); c.Passes > 0 && took+took/time.Duration(c.Passes) > p.limit() {
			break
		}
		walk := p.walk(c.Pairs, c.Passes)
		found, err := walk.ask(ctx)
		if err != nil {
			return c, err
		}
		for i, pair := range walk.order {
			found.Crossings[i].addTo(&c.Pairs[pair])
			if found.Crossings[i].WaitedNS > int64(p.Time)/10 {
				c.Contended++
			}
		}
		clocks = append(clocks, found.ClockNS)
		c.ClockNS, c.TickNS = results.Median(clocks), found.TickNS
		c.Passes++
		passed(c.Passes)
	}
	return c, nil
}

// cores are the CPUs with what they share, near ones beside each other.
func (m machine) cores() []results.Core {
	var all []results.Core
	for _, cpu := range m {
		all = append(all, results.Core{
			CPU: cpu.ID, Node: cpu.Node, Package: cpu.Package, LLC: cpu.LLC, Core: slices.Min(cpu.Siblings), Kind: m.kindOf(cpu),
		})
	}
	slices.SortFunc(all, func(a, b results.Core) int {
		return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(a.Package, b.Package), cmp.Compare(a.LLC, b.LLC),
			cmp.Compare(a.Core, b.Core), cmp.Compare(a.CPU, b.CPU))
	})
	return all
}

// kindOf names the kind of a core where there are several.
func (m machine) kindOf(cpu host.CPU) string {
	for _, other := range m {
		if !cpu.Alike(other) {
			return cpu.Describe(other)
		}
	}
	return ""
}

// corePairs are each two of the CPUs, in the order of cores, of which nothing has
// been measured.
func (m machine) corePairs() []results.CorePair {
	var all []results.CorePair
	cores := m.cores()
	for i, a := range cores {
		for _, b := range cores[i+1:] {
			one, _ := m.cpu(a.CPU)
			other, _ := m.cpu(b.CPU)
			all = append(all, results.CorePair{A: a.CPU, B: b.CPU, Relation: relation(one, other)})
		}
	}
	return all
}

// A walk is one pass over the pairs.
type walk struct {
	order []int // of the pairs

	CPUs  []int
	Pairs [][2]int
	Time  time.Duration
}

func (p CoresPlan) walk(pairs []results.CorePair, pass int) walk {
	w := walk{CPUs: p.CPUs(), Time: p.Time, order: rand.New(rand.NewPCG(p.Seed, uint64(pass))).Perm(len(pairs))}
	for _, i := range w.order {
		w.Pairs = append(w.Pairs, [2]int{pairs[i].A, pairs[i].B})
	}
	return w
}

// ask has a process of its own walk, with memory that is new to it: where a line
// lies decides about its way as well.
func (w walk) ask(ctx context.Context) (found walked, err error) {
	err = askProcess(ctx, peer.Options{Role: coresRole, CPU: -1, Env: append(slices.Clone(undisturbed), "GOMAXPROCS=4")}, w, &found)
	switch {
	case ctx.Err() != nil:
		return found, ctx.Err()
	case err != nil:
		return found, fmt.Errorf("cache lines between CPUs %s: %w", cpulist.Format(w.CPUs), err)
	case len(found.Crossings) != len(w.order):
		return found, fmt.Errorf("cache lines between CPUs %s: %d of %d pairs were heard of", cpulist.Format(w.CPUs), len(found.Crossings), len(w.order))
	}
	return found, nil
}

// addTo adds what a pass found to the others.
func (f crossing) addTo(p *results.CorePair) {
	for _, node := range f.Nodes {
		if !slices.Contains(p.PageNodes, node) {
			p.PageNodes = append(p.PageNodes, node)
			slices.Sort(p.PageNodes)
		}
	}
	if f.Why != "" {
		p.Reason = f.Why
		return
	}
	p.RTT = append(p.RTT, f.RTT)
	if f.Timed {
		p.AB, p.BA = append(p.AB, f.AB), append(p.BA, f.BA)
	}
}

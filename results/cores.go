package results

import (
	"slices"
	"time"
)

// Cores is how long every two of some CPUs take to hand each other a cache line,
// one way and there and back. It holds what each pass over all pairs found; what is
// shown of a pair is made of these, see [Passes].
type Cores struct {
	Version string            `json:"version"` // of ipcbench
	Started time.Time         `json:"started"`
	Host    map[string]string `json:"host"` // facts about the machine, as of a [Run]
	Seed    uint64            `json:"seed"` // of the order of pairs
	Passes  int               `json:"passes"`
	Planned int               `json:"passes_planned"` // more than Passes where it was interrupted
	TimeNS  int64             `json:"time_ns"`        // that each pair was given in each pass

	ClockNS float64 `json:"clock_ns"`      // what a reading of the clock takes, subtracted from each way
	TickNS  int64   `json:"clock_tick_ns"` // the step in which its readings move

	CPUs  []Core     `json:"cpus"`  // by node, cache and core: near ones lie together
	Pairs []CorePair `json:"pairs"` // each two of them, in the same order

	Warnings []Warning `json:"warnings,omitempty"`
}

// A Core is a CPU and what it shares with others. Groups go by their lowest CPU.
type Core struct {
	CPU     int    `json:"cpu"`
	Node    int    `json:"node"`    // NUMA node
	Package int    `json:"package"` // socket
	LLC     int    `json:"llc"`     // lowest CPU of its last-level cache; -1 where the kernel does not say
	Core    int    `json:"core"`    // lowest of the hardware threads of its core
	Kind    string `json:"kind"`    // of core: "P", "capacity 446"; "" where all are of one kind
}

// A CorePair is two CPUs and what each pass found between them, in nanoseconds.
type CorePair struct {
	A         int    `json:"cpu_a"`
	B         int    `json:"cpu_b"`
	Relation  string `json:"relation"`         // the placement that they are, see [Placements]; "" where the kernel does not say
	PageNodes []int  `json:"page_nodes"`       // NUMA nodes that the line lay on, as the kernel said; none: it does not say
	Reason    string `json:"reason,omitempty"` // why a pass has nothing, of the last that has

	// The median of each pass: fewer than there were passes where CPUs did not answer.
	RTT Passes `json:"rtt_passes_ns"`       // there and back
	AB  Passes `json:"oneway_ab_passes_ns"` // from A's reading of the clock to B's, less what a reading takes
	BA  Passes `json:"oneway_ba_passes_ns"` // from B's to A's
}

// Passes is what each pass over all pairs found of one.
type Passes []float64

// Median is that of the passes; NaN where there is none.
func (p Passes) Median() float64 { return Median(p) }

// Range is the least and the most of the passes; NaN where there is none. How far
// apart they are is how much a pair changed from pass to pass, as where a hypervisor
// moves virtual CPUs.
func (p Passes) Range() (least, most float64) {
	if len(p) == 0 {
		return Median(nil), Median(nil)
	}
	return slices.Min(p), slices.Max(p)
}

// wanders is from which ratio of most to least on passes differ by more than they
// should: a CPU changes its clock by less than that under load.
const wanders = 1.5

// Wander says whether the passes are so far apart that their median is hardly the
// pair's own.
func (p Passes) Wander() bool {
	least, most := p.Range()
	return most > wanders*least
}

// Nodes lists the NUMA nodes of the CPUs, ascending.
func (c Cores) Nodes() []int {
	var nodes []int
	for _, core := range c.CPUs {
		nodes = append(nodes, core.Node)
	}
	slices.Sort(nodes)
	return slices.Compact(nodes)
}

// Pair returns the pair of two CPUs, in either order, and whether a is its A.
func (c Cores) Pair(a, b int) (p CorePair, forward, ok bool) {
	i := slices.IndexFunc(c.Pairs, func(p CorePair) bool { return p.A == a && p.B == b || p.A == b && p.B == a })
	if i < 0 {
		return CorePair{}, false, false
	}
	return c.Pairs[i], c.Pairs[i].A == a, true
}

// OneWay is what a line took from one CPU of the pair to the other.
func (p CorePair) OneWay(from int) Passes {
	if from == p.A {
		return p.AB
	}
	return p.BA
}

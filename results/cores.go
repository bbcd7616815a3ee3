package results

import (
	"fmt"
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
	Planned int               `json:"passes_planned"` // more than Passes where it was interrupted, or the machine too busy
	TimeNS  int64             `json:"time_ns"`        // that each pair was given in each pass

	ClockNS float64 `json:"clock_ns"`      // what a reading of the clock takes, subtracted from each way
	TickNS  int64   `json:"clock_tick_ns"` // the step in which its readings move

	CPUs  []Core     `json:"cpus"`  // by node, cache and core: near ones lie together
	Pairs []CorePair `json:"pairs"` // each two of them, in the same order

	Contended int       `json:"contended"` // how often, of each pair in each pass, a thread waited for its CPU for more than a tenth of the time
	Warnings  []Warning `json:"warnings,omitempty"`
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

// Apart is the ratio of the most to the least of the passes.
func (p Passes) Apart() float64 {
	least, most := p.Range()
	return most / least
}

// wanders is from which ratio on passes are more apart than a CPU's clock explains.
const wanders = 1.5

// Wander says whether the passes are so far apart that their median is hardly the
// pair's own.
func (p Passes) Wander() bool { return p.Apart() > wanders }

// Nodes lists the NUMA nodes of the CPUs, ascending.
func (c Cores) Nodes() []int {
	var nodes []int
	for _, core := range c.CPUs {
		nodes = append(nodes, core.Node)
	}
	slices.Sort(nodes)
	return slices.Compact(nodes)
}

// ByCPUs are the pairs by their CPUs, in either order.
func (c Cores) ByCPUs() map[[2]int]CorePair {
	by := map[[2]int]CorePair{}
	for _, p := range c.Pairs {
		by[[2]int{p.A, p.B}], by[[2]int{p.B, p.A}] = p, p
	}
	return by
}

// Parts says whether a group ends between two of the CPUs, given by their places:
// they are of different nodes, last-level caches or kinds.
func (c Cores) Parts(i, j int) bool {
	a, b := c.CPUs[i], c.CPUs[j]
	return a.Node != b.Node || a.Package != b.Package || a.LLC != b.LLC || a.Kind != b.Kind
}

// HasOneWay says whether single ways were told of any pair.
func (c Cores) HasOneWay() bool {
	return slices.ContainsFunc(c.Pairs, func(p CorePair) bool { return len(p.AB) > 0 })
}

// OneWay is what a line took from one CPU of the pair to the other.
func (p CorePair) OneWay(from int) Passes {
	if from == p.A {
		return p.AB
	}
	return p.BA
}

// A Relation is the pairs that are related alike.
type Relation struct {
	Name   string // of a placement; "" where the kernel does not say
	Pairs  int    // that have a result
	RTT    Passes // the median of each pair
	OneWay Passes // likewise, both ways of each
	Widest CorePair
}

// Relations are those that there are, near to far.
func (c Cores) Relations() []Relation {
	var all []Relation
	for _, name := range append(PlacementNames(), "") {
		r := Relation{Name: name}
		for _, p := range c.Pairs {
			if p.Relation != name || len(p.RTT) == 0 {
				continue
			}
			if r.Pairs == 0 || p.RTT.Apart() > r.Widest.RTT.Apart() {
				r.Widest = p
			}
			r.Pairs++
			r.RTT = append(r.RTT, p.RTT.Median())
			if len(p.AB) > 0 {
				r.OneWay = append(r.OneWay, p.AB.Median(), p.BA.Median())
			}
		}
		if r.Pairs > 0 {
			all = append(all, r)
		}
	}
	return all
}

// Method says how it was measured, a sentence each: what a reader of the numbers
// must know.
func (c Cores) Method() []string {
	said := []string{c.passes() + ": medians of the passes."}
	if c.HasOneWay() {
		said = append(said, fmt.Sprintf("One way: from a reading of the clock to the next on the other CPU, less what one takes (%s; its tick is %d ns); "+
			"a clock that is ahead on one CPU looks like a way that is longer in one direction. While one CPU reads the clock the other looks on, "+
			"so both ways together may take longer than there and back, where each answers at once.", FormatNS(c.ClockNS), c.TickNS))
	} else if c.Passes > 0 {
		said = append(said, fmt.Sprintf("One way is not told: a reading of the clock takes %s.", FormatNS(c.ClockNS)))
	}
	if c.Contended > 0 {
		said = append(said, fmt.Sprintf("Something else ran on these CPUs: %d times of %d, a thread waited for its own for more than a tenth of the time.", c.Contended, c.Passes*len(c.Pairs)))
	}
	if slices.ContainsFunc(c.Pairs, func(p CorePair) bool { return p.Relation == "" }) {
		said = append(said, "The kernel does not say what all of these CPUs share: mount /sys.")
	}
	if nodes := c.Nodes(); len(nodes) > 1 {
		said = append(said, "The line lies on the node of the pair's first CPU, "+c.firstTouch()+".")
	}
	return said
}

// passes says over how many the medians are.
func (c Cores) passes() string {
	words := fmt.Sprintf("%d passes over all pairs, each in another order", c.Passes)
	switch {
	case c.Passes < c.Planned:
		words = fmt.Sprintf("%d of %d passes over all pairs, each in another order", c.Passes, c.Planned)
	case c.Passes == 1:
		words = "1 pass over all pairs"
	}
	return words
}

// firstTouch says how sure it is where the line lies: that it was touched there
// first, and what the kernel says.
func (c Cores) firstTouch() string {
	node := map[int]int{}
	for _, core := range c.CPUs {
		node[core.CPU] = core.Node
	}
	agrees, elsewhere := 0, 0
	for _, p := range c.Pairs {
		switch {
		case len(p.PageNodes) == 0:
		case slices.Equal(p.PageNodes, []int{node[p.A]}):
			agrees++
		default:
			elsewhere++
		}
	}
	switch {
	case elsewhere > 0:
		return fmt.Sprintf("which touched it first, but of %d pairs elsewhere, as the kernel says", elsewhere)
	case agrees == 0:
		return "which touched it first; the kernel does not say whether it does"
	}
	return "which touched it first, as the kernel says"
}

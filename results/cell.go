package results

import (
	"cmp"
	"slices"
)

// A Cell is what all launches of one point of a plan have in common: what was
// measured, in which way and where.
type Cell struct {
	Transport   string  `json:"transport"`               // canonical spec: "mmap:wait=futex"
	Family      string  `json:"family"`                  // the transport's name without options: "mmap"
	Kind        string  `json:"kind"`                    // "memory", "stream", "datagram", "queue", "file", "notification", "direct", "floor"
	Group       string  `json:"group,omitempty"`         // what its data goes through: "Shared memory", "Sockets"
	Wait        string  `json:"wait,omitempty"`          // its option wait, also where that is the default: "spin"
	Waits       string  `json:"waits,omitempty"`         // what that comes to, the ID of a [Way]; "": it never waits, or the record is older than the field
	Needs       string  `json:"needs,omitempty"`         // what it declares to take of the harness: "allocates,collector,threads"
	Pushed      string  `json:"pushed,omitempty"`        // how a message gets to the storage before its send returns: [BySync], [ByWrite]; "": nobody waits for that
	Workload    string  `json:"workload"`                // "latency", "throughput"
	SizeBytes   int     `json:"size_bytes"`              // length of a message
	Placement   string  `json:"placement"`               // "same-cpu", "same-llc", "free", "0-1"
	ProducerCPU int     `json:"producer_cpu"`            // -1: not pinned
	ConsumerCPU int     `json:"consumer_cpu"`            // -1: not pinned
	Dir         string  `json:"dir,omitempty"`           // directory of a file-backed transport
	FSType      string  `json:"fstype,omitempty"`        // its filesystem: "ext4"
	Mount       string  `json:"mount_options,omitempty"` // and how it is mounted: "rw,relatime"
	Pairs       int     `json:"pairs"`                   // producer and consumer pairs at once
	RatePerS    float64 `json:"rate_per_s,omitempty"`    // offered rate; 0: as fast as it goes
	Arrivals    string  `json:"arrivals,omitempty"`      // how the offered messages are spaced: [Constant], [Poisson]
	Pacing      string  `json:"pacing,omitempty"`        // how the producer waits until the next is due: [Spinning], [Sleeping]
	Batch       int     `json:"batch,omitempty"`         // messages that share one push to the storage; 0: as the transport does, each its own
	WorkNS      int64   `json:"work_ns,omitempty"`       // time that the consumer works on each message
	ThinkNS     int64   `json:"think_ns,omitempty"`      // time that the producer works before each
	FanIn       int     `json:"fan_in,omitempty"`        // producers that send to one consumer; 0: pairs
	FanOut      int     `json:"fan_out,omitempty"`       // consumers that one producer sends to; 0: pairs
	Sharing     string  `json:"sharing,omitempty"`       // how those are joined: [OneQueue], [RingEach]
	SizeMix     string  `json:"size_mix,omitempty"`      // lengths of messages and how often they occur, or where they come from; then SizeBytes is their mean; "": all have SizeBytes
	Variant     string  `json:"variant,omitempty"`       // the name of the one in the plan that it belongs to: "A"; "": the plan has none
	Stratum     string  `json:"stratum,omitempty"`       // [Near], [Far] or [Mixed], of launches that were divided by it; never in their records, for it follows from all of a run
}

// A Plan is what was asked for, as recorded in run.json: axes that are crossed
// into cells, and how each of those is measured.
type Plan struct {
	Specs      []string `json:"specs"`
	Workloads  []string `json:"workloads"`
	Sizes      []int    `json:"sizes_bytes"`
	Placements []string `json:"placements"`
	Dirs       []string `json:"dirs"`
	Launches   int      `json:"launches"`
	TimeNS     int64    `json:"time_ns,omitempty"`  // measured time a launch, or
	Messages   int64    `json:"messages,omitempty"` // measured messages a launch
	Warmup     string   `json:"warmup"`
	Verify     string   `json:"verify"`
	TimeoutNS  int64    `json:"timeout_ns"`
	Seed       uint64   `json:"seed"`
	Until      float64  `json:"until,omitempty"`     // a cell was launched again while its interval reached farther than this ratio from its median; 0: never
	BudgetNS   int64    `json:"budget_ns,omitempty"` // for all of the run, with Until

	Pairs       []int     `json:"pairs,omitempty"`       // axes that only some workloads have, as in a [Cell]; nil: not asked for
	Rates       []float64 `json:"rates_per_s,omitempty"` // offered, unless
	RatesAuto   bool      `json:"rates_auto,omitempty"`  // they were found from what each cell can carry
	Arrivals    []string  `json:"arrivals,omitempty"`    // how those are spaced
	Pacings     []string  `json:"pacings,omitempty"`     // nil: by placement
	Batches     []int     `json:"batches,omitempty"`     // messages to a sync
	WorkNS      []int64   `json:"work_ns,omitempty"`     // of the consumer on each message
	ThinkNS     []int64   `json:"think_ns,omitempty"`    // of the producer before each
	FanIn       []int     `json:"fan_in,omitempty"`      // producers to one consumer
	FanOut      []int     `json:"fan_out,omitempty"`     // consumers of one producer
	Mixes       []string  `json:"size_mixes,omitempty"`  // beside Sizes
	Percentiles []float64 `json:"percentiles,omitempty"` // that were asked for beside those of every run, as 99.99

	Variants []Variant `json:"variants,omitempty"` // what was measured in turn; Specs, Placements and Dirs are those of all
}

// The strata of launches on two CPUs: how near each other the machine had these,
// by the round trip of a cache line between them just before and just after. A
// hypervisor moves virtual CPUs among real ones.
const (
	Near  = "near"
	Far   = "far"
	Mixed = "mixed" // near at the one end of the launch, and far at the other
)

// How a message gets to the storage before its send returns.
const (
	BySync  = "sync"  // a call pushes what was written, which the messages of a batch share: fdatasync(2), msync(2)
	ByWrite = "write" // the write itself returns when it is stored: O_DSYNC of open(2)
)

// strata are all there are, in their order. Launches that were not divided come
// before.
var strata = []string{"", Near, Far, Mixed}

// CPUs are those that the cell's ends are pinned to, each once and the least
// first; nil: they are not pinned.
func (c Cell) CPUs() []int {
	switch {
	case c.ProducerCPU < 0 || c.ConsumerCPU < 0:
		return nil
	case c.ProducerCPU == c.ConsumerCPU:
		return []int{c.ProducerCPU}
	}
	return []int{min(c.ProducerCPU, c.ConsumerCPU), max(c.ProducerCPU, c.ConsumerCPU)}
}

// Only is the cell with nothing but the dimensions that keep selects.
func (c Cell) Only(keep func(Dimension) bool) Cell {
	var only Cell
	for _, d := range dimensions {
		if keep(d) {
			d.Copy(&only, c)
		}
	}
	return only
}

// Identity is what makes a cell the same one in another run, less the dimensions
// of these names. How its directory is mounted and which CPUs its placement
// means there belong to the environment.
func (c Cell) Identity(without ...string) Cell {
	return c.Only(func(d Dimension) bool { return d.Role != Environment && !slices.Contains(without, d.Name) })
}

// OnOneCPU says whether both ends are pinned to the same CPU.
func (c Cell) OnOneCPU() bool { return c.ProducerCPU >= 0 && c.ProducerCPU == c.ConsumerCPU }

// OnTwoCPUs says whether each end is pinned to a CPU of its own.
func (c Cell) OnTwoCPUs() bool { return c.ProducerCPU >= 0 && c.ProducerCPU != c.ConsumerCPU }

// Undivided is the cell whatever its stratum.
func (c Cell) Undivided() Cell {
	c.Stratum = ""
	return c
}

// Course is the cell wherever it is on the course of its workload, which those are
// points of that differ in nothing but what it goes over ([Workload.Over]).
func (c Cell) Course() Cell {
	if d, has := LookupDimension(LookupWorkload(c.Workload).Over); has {
		d.Copy(&c, Cell{})
	}
	return c
}

// Setting is what a cell must share with others to be shown beside them.
func (c Cell) Setting() Cell { return c.Only(func(d Dimension) bool { return d.Role == Setting }) }

// Describe says what the cell is by all its dimensions but those of these names
// and the environment's, with separator between them: "pipe, latency, 64 B,
// same-llc".
func (c Cell) Describe(separator string, without ...string) string {
	text := ""
	for _, d := range dimensions {
		if d.Role == Environment || slices.Contains(without, d.Name) {
			continue
		}
		if says := d.Says(c); says != "" {
			if text != "" {
				text += separator
			}
			text += says
		}
	}
	return text
}

// CompareCells orders cells as a reader looks them up, whatever came of them:
// by workload, placement and size, then by name.
func CompareCells(a, b Cell) int { return compareBy(a, b, func(Dimension) bool { return true }) }

// CompareGroups orders cells by what two must share to be compared. All points of
// a course are of one group.
func CompareGroups(a, b Cell) int {
	return compareBy(a.Course(), b.Course(), func(d Dimension) bool { return d.Role == Question || d.Role == Setting })
}

func compareBy(a, b Cell, by func(Dimension) bool) int {
	for _, d := range byRank {
		if by(d) {
			if order := d.compare(a, b); order != 0 {
				return order
			}
		}
	}
	return 0
}

// byRank are those by which cells are sorted, in that order.
var byRank []Dimension

func init() { // not where it is declared: the order of workloads is in a table that may grow
	byRank = slices.DeleteFunc(Dimensions(), func(d Dimension) bool { return d.Rank == 0 })
	slices.SortFunc(byRank, func(a, b Dimension) int { return cmp.Compare(a.Rank, b.Rank) })
}

func workloadNames() []string {
	var names []string
	for _, w := range workloads {
		names = append(names, w.Name)
	}
	return names
}

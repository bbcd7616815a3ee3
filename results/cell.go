package results

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
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

	Percentiles []float64 `json:"percentiles,omitempty"` // that were asked for beside those of every run, as 99.99

	Variants []Variant `json:"variants,omitempty"` // what was measured in turn; Specs, Placements and Dirs are those of all
}

// A Role is what part a dimension plays where cells are brought together.
type Role int

// The roles.
const (
	Subject     Role = iota // what is compared: the transport and where it lives
	Question                // what was asked of it: the workload and the size
	Setting                 // what must never be mixed, because it changes a result more than most subjects do
	Environment             // what the machine made of the others
)

// A Dimension is one of the fields that tell a cell from another.
type Dimension struct {
	Name string // of its column in every CSV: "size_bytes"
	Role Role
	Rank int // its place where cells are sorted as a reader looks them up, from 1; 0: none

	Plain func(Cell) string       // its value in a CSV; "": it does not apply
	Copy  func(to *Cell, of Cell) // takes it over
	Order func(a, b Cell) int     // how its values are sorted; nil: by name

	Heading string            // of its column in a table; "": it has none
	Numeric bool              // that is aligned right
	Lesser  bool              // it has a column only where a cell has something to say
	Words   func(Cell) string // its value there and in a sentence, "" where it is as always; nil: Plain

	Bench string              // its key in the name of a Go benchmark; "": it is told in another way
	Plan  func(Plan) []string // its values in the order in which they were asked for; nil: by name
}

// dimensions are all there are. Of their order, the contract fixes that of the
// columns.
var dimensions = []Dimension{
	{
		Name: "transport", Role: Subject, Rank: 6, Heading: "transport",
		Plain: func(c Cell) string { return c.Transport },
		Copy:  func(to *Cell, of Cell) { to.Transport = of.Transport },
		Plan:  func(p Plan) []string { return p.Specs },
	},
	{
		Name: "workload", Role: Question, Rank: 1,
		Plain: func(c Cell) string { return c.Workload },
		Copy:  func(to *Cell, of Cell) { to.Workload = of.Workload },
		Order: func(a, b Cell) int { return compareNames(workloadNames(), a.Workload, b.Workload) },
		Plan:  func(p Plan) []string { return p.Workloads },
	},
	{
		Name: "size_bytes", Role: Question, Rank: 3, Heading: "size", Numeric: true, Bench: "size",
		Plain: func(c Cell) string { return strconv.Itoa(c.SizeBytes) },
		Copy:  func(to *Cell, of Cell) { to.SizeBytes = of.SizeBytes },
		Order: func(a, b Cell) int { return cmp.Compare(a.SizeBytes, b.SizeBytes) },
		Words: func(c Cell) string {
			if c.SizeBytes == 0 {
				return ""
			}
			return FormatSize(c.SizeBytes)
		},
	},
	{
		Name: "placement", Role: Setting, Rank: 2, Heading: "placement", Bench: "placement",
		Plain: func(c Cell) string { return c.Placement },
		Copy:  func(to *Cell, of Cell) { to.Placement = of.Placement },
		Order: func(a, b Cell) int { return compareNames(pinned(), a.Placement, b.Placement) },
		Plan:  func(p Plan) []string { return p.Placements },
	},
	{
		Name: "producer_cpu", Role: Environment,
		Plain: func(c Cell) string { return plainCPU(c.ProducerCPU) },
		Copy:  func(to *Cell, of Cell) { to.ProducerCPU = of.ProducerCPU },
	},
	{
		Name: "consumer_cpu", Role: Environment,
		Plain: func(c Cell) string { return plainCPU(c.ConsumerCPU) },
		Copy:  func(to *Cell, of Cell) { to.ConsumerCPU = of.ConsumerCPU },
	},
	{
		Name: "dir", Role: Subject, Rank: 7, Heading: "on", Lesser: true, // its column says the filesystem, see Identify
		Plain: func(c Cell) string { return c.Dir },
		Copy:  func(to *Cell, of Cell) { to.Dir = of.Dir },
		Plan:  func(p Plan) []string { return p.Dirs },
	},
	{
		Name: "fstype", Role: Environment,
		Plain: func(c Cell) string { return c.FSType },
		Copy:  func(to *Cell, of Cell) { to.FSType = of.FSType }, // a Go benchmark tells it with the directory
	},
	{
		Name: "pairs", Role: Setting, Rank: 4, Heading: "pairs", Numeric: true, Lesser: true, Bench: "pairs",
		Plain: func(c Cell) string { return strconv.Itoa(c.Pairs) },
		Copy:  func(to *Cell, of Cell) { to.Pairs = of.Pairs },
		Order: func(a, b Cell) int { return cmp.Compare(a.Pairs, b.Pairs) },
		Words: func(c Cell) string {
			if c.Pairs <= 1 {
				return ""
			}
			return fmt.Sprintf("%d pairs", c.Pairs)
		},
	},
	{
		Name: "rate_per_s", Role: Setting, Rank: 5, Heading: "offered", Numeric: true, Lesser: true, Bench: "rate",
		Plain: func(c Cell) string { return plainNonZero(c.RatePerS) },
		Copy:  func(to *Cell, of Cell) { to.RatePerS = of.RatePerS },
		Order: func(a, b Cell) int { return cmp.Compare(a.RatePerS, b.RatePerS) },
		Words: func(c Cell) string {
			if c.RatePerS == 0 {
				return ""
			}
			return FormatRate(c.RatePerS) + " offered"
		},
	},
	{
		Name: VariantColumn, Role: Subject, Rank: 8, Heading: "variant", Lesser: true, Bench: "variant",
		Plain: func(c Cell) string { return c.Variant },
		Copy:  func(to *Cell, of Cell) { to.Variant = of.Variant },
		Words: func(c Cell) string {
			if c.Variant == "" {
				return ""
			}
			return "variant " + c.Variant
		},
		Plan: func(p Plan) []string { return variantNames(p.Variants) },
	},
	{
		Name: "stratum", Role: Subject, Rank: 9, Heading: "CPUs", Lesser: true, Bench: "stratum",
		Plain: func(c Cell) string { return c.Stratum },
		Copy:  func(to *Cell, of Cell) { to.Stratum = of.Stratum },
		Order: func(a, b Cell) int { return compareNames(strata, a.Stratum, b.Stratum) },
	},
}

// The strata of launches on two CPUs: how near each other the machine had these,
// by the round trip of a cache line between them just before and just after. A
// hypervisor moves virtual CPUs among real ones.
const (
	Near  = "near"
	Far   = "far"
	Mixed = "mixed" // near at the one end of the launch, and far at the other
)

// strata are all there are, in their order. Launches that were not divided come
// before.
var strata = []string{"", Near, Far, Mixed}

// ContractDimensions is how many of them have their columns where the contract
// says. Those of the others come last.
const ContractDimensions = 10

// DimensionsOf returns those that tables about these cells have columns of: all
// of the contract and, of the others, which come last, those that a cell has
// something to say in.
func DimensionsOf(cells []Cell) []Dimension {
	all := Dimensions()[:ContractDimensions]
	for _, d := range dimensions[ContractDimensions:] {
		if slices.ContainsFunc(cells, func(c Cell) bool { return d.Plain(c) != "" }) {
			all = append(all, d)
		}
	}
	return all
}

// Dimensions returns what tells a cell from another, in the order of the columns.
func Dimensions() []Dimension { return slices.Clone(dimensions) }

// LookupDimension returns the dimension of that name.
func LookupDimension(name string) (Dimension, bool) {
	i := slices.IndexFunc(dimensions, func(d Dimension) bool { return d.Name == name })
	if i < 0 {
		return Dimension{}, false
	}
	return dimensions[i], true
}

// Says is what the dimension says of a cell in a table or a sentence, "" where
// it is as always.
func (d Dimension) Says(c Cell) string {
	if d.Words != nil {
		return d.Words(c)
	}
	return d.Plain(c)
}

func (d Dimension) compare(a, b Cell) int {
	if d.Order != nil {
		return d.Order(a, b)
	}
	return cmp.Compare(d.Plain(a), d.Plain(b))
}

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

// CompareGroups orders cells by what two must share to be compared.
func CompareGroups(a, b Cell) int {
	return compareBy(a, b, func(d Dimension) bool { return d.Role == Question || d.Role == Setting })
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

package results

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"
)

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

	Plain func(Cell) string             // its value in a CSV; "": it does not apply
	Copy  func(to *Cell, of Cell)       // takes it over
	Order func(a, b Cell) int           // how its values are sorted; nil: by name
	Parse func(string) (float64, error) // reads a value that somebody writes, as "4KiB"; nil: it is written as in a CSV

	Heading string            // of its column in a table; "": it has none
	Numeric bool              // it is a number, and aligned right there
	Broken  bool              // such a number may have a fraction
	Lesser  bool              // it has a column only where a cell has something to say
	Words   func(Cell) string // its value there and in a sentence, "" where it is as always; nil: Plain
	Note    string            // what a caption says where a cell has something to say

	Shared bool // its values can be passed on to strangers: they name no file, no CPU and nobody's own settings

	Bench string              // its key in the name of a Go benchmark; "": it is told in another way
	Plan  func(Plan) []string // its values in the order in which they were asked for; nil: by name
}

// dimensions are all there are. Of their order, the contract fixes that of the
// columns.
var dimensions = []Dimension{
	{
		Name: "transport", Shared: true, Role: Subject, Rank: 14, Heading: "transport",
		Plain: func(c Cell) string { return c.Transport },
		Copy:  func(to *Cell, of Cell) { to.Transport = of.Transport },
		Plan:  func(p Plan) []string { return p.Specs },
	},
	{
		Name: "workload", Shared: true, Role: Question, Rank: 1,
		Plain: func(c Cell) string { return c.Workload },
		Copy:  func(to *Cell, of Cell) { to.Workload = of.Workload },
		Order: func(a, b Cell) int { return compareNames(workloadNames(), a.Workload, b.Workload) },
		Plan:  func(p Plan) []string { return p.Workloads },
	},
	{
		Name: "size_bytes", Shared: true, Role: Question, Rank: 3, Heading: "size", Numeric: true, Bench: "size",
		Plain: func(c Cell) string { return strconv.Itoa(c.SizeBytes) },
		Copy:  func(to *Cell, of Cell) { to.SizeBytes = of.SizeBytes },
		Order: func(a, b Cell) int { return cmp.Compare(a.SizeBytes, b.SizeBytes) },
		Parse: func(text string) (float64, error) { bytes, err := ParseSize(text); return float64(bytes), err },
		Words: func(c Cell) string {
			if c.SizeBytes == 0 || c.SizeMix != "" {
				return ""
			}
			return FormatSize(c.SizeBytes)
		},
	},
	{
		Name: "placement", Shared: true, Role: Setting, Rank: 2, Heading: "placement", Bench: "placement",
		Plain: func(c Cell) string { return c.Placement },
		Copy:  func(to *Cell, of Cell) { to.Placement = of.Placement },
		Order: func(a, b Cell) int { return compareNames(pinned(), a.Placement, b.Placement) },
		Plan:  func(p Plan) []string { return p.Placements },
	},
	{
		Name: "producer_cpu", Role: Environment, Numeric: true,
		Plain: func(c Cell) string { return plainCPU(c.ProducerCPU) },
		Copy:  func(to *Cell, of Cell) { to.ProducerCPU = of.ProducerCPU },
	},
	{
		Name: "consumer_cpu", Role: Environment, Numeric: true,
		Plain: func(c Cell) string { return plainCPU(c.ConsumerCPU) },
		Copy:  func(to *Cell, of Cell) { to.ConsumerCPU = of.ConsumerCPU },
	},
	{
		Name: "dir", Role: Subject, Rank: 15, Heading: "on", Lesser: true, // its column says the filesystem, see Identify
		Plain: func(c Cell) string { return c.Dir },
		Copy:  func(to *Cell, of Cell) { to.Dir = of.Dir },
		Plan:  func(p Plan) []string { return p.Dirs },
	},
	{
		Name: "fstype", Shared: true, Role: Environment,
		Plain: func(c Cell) string { return c.FSType },
		Copy:  func(to *Cell, of Cell) { to.FSType = of.FSType }, // a Go benchmark tells it with the directory
	},
	{
		Name: PairsColumn, Shared: true, Role: Setting, Rank: 5, Heading: "pairs", Numeric: true, Lesser: true, Bench: "pairs",
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
		Name: RateColumn, Shared: true, Role: Setting, Rank: 6, Heading: "offered", Numeric: true, Broken: true, Lesser: true, Bench: "rate",
		Plain: func(c Cell) string { return plainNonZero(c.RatePerS) },
		Copy:  func(to *Cell, of Cell) { to.RatePerS = of.RatePerS },
		Order: func(a, b Cell) int { return cmp.Compare(a.RatePerS, b.RatePerS) },
		Parse: ParseRate,
		Words: func(c Cell) string {
			if c.RatePerS == 0 {
				return ""
			}
			return FormatRate(c.RatePerS) + " offered"
		},
	},
	{
		Name: VariantColumn, Role: Subject, Rank: 16, Heading: "variant", Lesser: true, Bench: "variant",
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
		Name: "stratum", Shared: true, Role: Subject, Rank: 17, Heading: "CPUs", Lesser: true, Bench: "stratum",
		Plain: func(c Cell) string { return c.Stratum },
		Copy:  func(to *Cell, of Cell) { to.Stratum = of.Stratum },
		Order: func(a, b Cell) int { return compareNames(strata, a.Stratum, b.Stratum) },
	},
	{
		Name: ArrivalsColumn, Shared: true, Role: Setting, Rank: 7, Heading: "arrivals", Lesser: true, Bench: "arrivals",
		Plain: func(c Cell) string { return c.Arrivals },
		Words: func(c Cell) string {
			if c.Arrivals == "" {
				return ""
			}
			return c.Arrivals + " arrivals"
		},
		Copy:  func(to *Cell, of Cell) { to.Arrivals = of.Arrivals },
		Order: func(a, b Cell) int { return compareNames([]string{"", Constant, Poisson}, a.Arrivals, b.Arrivals) },
	},
	{
		Name: PacingColumn, Shared: true, Role: Setting, Rank: 8, Heading: "sender", Lesser: true, Bench: "pacing",
		Plain: func(c Cell) string { return c.Pacing },
		Copy:  func(to *Cell, of Cell) { to.Pacing = of.Pacing },
		Words: func(c Cell) string { return pacingWords[c.Pacing] },
	},
	{
		Name: BatchColumn, Shared: true, Role: Setting, Rank: 9, Heading: "to a sync", Numeric: true, Lesser: true, Bench: "batch",
		Plain: func(c Cell) string { return plainNonZero(float64(c.Batch)) },
		Copy:  func(to *Cell, of Cell) { to.Batch = of.Batch },
		Order: func(a, b Cell) int { return cmp.Compare(a.Batch, b.Batch) },
		Words: func(c Cell) string { return counted(c.Batch, "to a sync") },
		Note: "So many messages share a sync: the receiver sees each at once, and it is durable with the last of its batch.\n" +
			"Whole batches are counted, each with its sync.",
	},
	{
		Name: WorkColumn, Shared: true, Role: Setting, Rank: 10, Heading: "work", Numeric: true, Lesser: true, Bench: "work",
		Plain: func(c Cell) string { return plainNonZero(float64(c.WorkNS)) },
		Copy:  func(to *Cell, of Cell) { to.WorkNS = of.WorkNS },
		Order: func(a, b Cell) int { return cmp.Compare(a.WorkNS, b.WorkNS) },
		Parse: Nanoseconds.Parse,
		Words: func(c Cell) string { return timed(c.WorkNS, "work") },
		Note:  "Work is what the consumer does with each message, on its CPU: part of a round trip, a rate and CPU time.",
	},
	{
		Name: ThinkColumn, Shared: true, Role: Setting, Rank: 11, Heading: "thinking", Numeric: true, Lesser: true, Bench: "think",
		Plain: func(c Cell) string { return plainNonZero(float64(c.ThinkNS)) },
		Copy:  func(to *Cell, of Cell) { to.ThinkNS = of.ThinkNS },
		Order: func(a, b Cell) int { return cmp.Compare(a.ThinkNS, b.ThinkNS) },
		Parse: Nanoseconds.Parse,
		Words: func(c Cell) string { return timed(c.ThinkNS, "thinking") },
		Note: "Thinking is what the producer does before it sends a message, on its CPU: part of a rate and of CPU time.\n" +
			"No round trip has it: what it took in all is taken from the time that their mean is made of.",
	},
	{
		Name: FanInColumn, Shared: true, Role: Setting, Rank: 12, Heading: "producers", Numeric: true, Lesser: true, Bench: "fanin",
		Plain: func(c Cell) string { return plainNonZero(float64(c.FanIn)) },
		Copy:  func(to *Cell, of Cell) { to.FanIn = of.FanIn },
		Order: func(a, b Cell) int { return cmp.Compare(a.FanIn, b.FanIn) },
		Words: func(c Cell) string { return counted(c.FanIn, "producers") },
	},
	{
		Name: FanOutColumn, Shared: true, Role: Setting, Rank: 13, Heading: "consumers", Numeric: true, Lesser: true, Bench: "fanout",
		Plain: func(c Cell) string { return plainNonZero(float64(c.FanOut)) },
		Copy:  func(to *Cell, of Cell) { to.FanOut = of.FanOut },
		Order: func(a, b Cell) int { return cmp.Compare(a.FanOut, b.FanOut) },
		Words: func(c Cell) string { return counted(c.FanOut, "consumers") },
	},
	{
		Name: "sharing", Shared: true, Role: Environment, Heading: "through", Lesser: true, // it follows from the transport
		Plain: func(c Cell) string { return c.Sharing },
		Copy:  func(to *Cell, of Cell) { to.Sharing = of.Sharing },
	},
	{
		Name: SizeMixColumn, Role: Question, Rank: 4, Heading: "sizes", Lesser: true, Bench: "mix",
		Plain: func(c Cell) string { return c.SizeMix },
		Copy:  func(to *Cell, of Cell) { to.SizeMix = of.SizeMix },
		Note:  "Of a mix of sizes, bytes are counted as long as each message was; its mean size is in the CSV files.",
	},
}

// The columns of the dimensions that only some workloads have, see package
// bench/workload.
const (
	RateColumn     = "rate_per_s"
	PairsColumn    = "pairs"
	ArrivalsColumn = "arrivals"
	PacingColumn   = "pacing"
	BatchColumn    = "batch"
	WorkColumn     = "work_ns"
	ThinkColumn    = "think_ns"
	FanInColumn    = "fan_in"
	FanOutColumn   = "fan_out"
	SizeMixColumn  = "size_mix"
)

// How the messages of an offered rate are spaced.
const (
	Constant = "constant" // evenly
	Poisson  = "poisson"  // as independent events are: the gaps are exponential
)

// How a producer waits until its next message is due.
const (
	Spinning = "spin"  // it reads the clock again and again
	Sleeping = "sleep" // the kernel wakes it (clock_nanosleep(2)): as late as that does
)

var pacingWords = map[string]string{Spinning: "spinning sender", Sleeping: "sleeping sender"}

// How several ends are joined to one.
const (
	OneQueue = "queue" // they share one: what any sends or takes goes through it
	RingEach = "rings" // each has a link of its own, and the one end looks at all of them in turn
)

// counted is so many in words, "" where there are none.
func counted(n int, what string) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d %s", n, what)
}

// timed is so much time in words, likewise.
func timed(ns int64, what string) string {
	if ns == 0 {
		return ""
	}
	return time.Duration(ns).String() + " " + what
}

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

// LookupColumn is LookupDimension by what somebody writes: also by the shorter name
// that Go benchmarks have, as "size".
func LookupColumn(name string) (Dimension, bool) {
	i := slices.IndexFunc(dimensions, func(d Dimension) bool { return d.Name == name || d.Bench == name && name != "" })
	if i < 0 {
		return Dimension{}, false
	}
	return dimensions[i], true
}

// ColumnNames are the names that [LookupColumn] knows, the shorter ones where there are
// such.
func ColumnNames() []string {
	var names []string
	for _, d := range dimensions {
		names = append(names, cmp.Or(d.Bench, d.Name))
	}
	return names
}

// Read reads a value that somebody writes, and returns it as Plain does.
func (d Dimension) Read(text string) (plain string, err error) {
	if d.Parse == nil {
		return text, nil
	}
	value, err := d.Parse(text)
	return Plain(value), err
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

package bench

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"ipcbench/bench/workload"
	"ipcbench/results"
	"ipcbench/transports"
)

// An axis is a dimension that only some workloads have, and of which a plan that
// was asked for none has no value: those of the others are in [Plan.cross].
type axis struct {
	column string // the dimension
	flag   string // by which it is asked for
	// values is how many the plan has.
	values func(Plan) int
	// set takes over one of them.
	set func(p Plan, i int, c *Cell)
	// of says whether a cell of such a workload has it; nil: each has.
	of func(Cell) bool
	// means is what it is for, said where no spec of the plan has it.
	means string
}

// axes are all there are, in the order in which cells are crossed.
var axes = []axis{
	{
		column: results.PairsColumn, flag: "--pairs",
		values: func(p Plan) int { return len(p.Pairs) },
		set:    func(p Plan, i int, c *Cell) { c.Pairs = p.Pairs[i] },
	},
	{
		column: results.FanInColumn, flag: "--fan-in",
		values: func(p Plan) int { return len(p.FanIn) },
		set:    func(p Plan, i int, c *Cell) { c.FanIn = p.FanIn[i] },
	},
	{
		column: results.FanOutColumn, flag: "--fan-out",
		values: func(p Plan) int { return len(p.FanOut) },
		set:    func(p Plan, i int, c *Cell) { c.FanOut = p.FanOut[i] },
	},
	{
		column: results.RateColumn, flag: "--rate",
		values: func(p Plan) int {
			if p.RateAuto {
				return 1 // it stands for those that are found
			}
			return len(p.Rates)
		},
		set: func(p Plan, i int, c *Cell) {
			if !p.RateAuto {
				c.RatePerS = p.Rates[i]
			}
		},
	},
	{
		column: results.ArrivalsColumn, flag: "--arrivals",
		values: func(p Plan) int { return len(p.Arrivals) },
		set:    func(p Plan, i int, c *Cell) { c.Arrivals = p.Arrivals[i] },
	},
	{
		column: results.PacingColumn, flag: "--pacing",
		values: func(p Plan) int { return len(p.Pacings) },
		set:    func(p Plan, i int, c *Cell) { c.Pacing = p.Pacings[i] },
	},
	{
		column: results.BatchColumn, flag: "--batch",
		values: func(p Plan) int { return len(p.Batches) },
		set:    func(p Plan, i int, c *Cell) { c.Batch, c.Spec.Batch = p.Batches[i], p.Batches[i] },
		of:     func(c Cell) bool { return c.Spec.Caps().Has(transports.StoresBatch) },
		means:  "it is how many messages share a push to the storage, of transports that push by a call of its own: add sync=sync, as in mmap:sync=sync, or leave it out",
	},
	{
		column: results.WorkColumn, flag: "--work",
		values: func(p Plan) int { return len(p.Work) },
		set:    func(p Plan, i int, c *Cell) { c.WorkNS = int64(p.Work[i]) },
	},
	{
		column: results.ThinkColumn, flag: "--think",
		values: func(p Plan) int { return len(p.Think) },
		set:    func(p Plan, i int, c *Cell) { c.ThinkNS = int64(p.Think[i]) },
	},
}

// along crosses a cell with the values of all axes that its workload has.
func (p Plan) along(c Cell) []Cell {
	cells := []Cell{c}
	for _, a := range axes {
		n := a.values(p)
		if n == 0 || !c.has(a.column) {
			continue
		}
		var crossed []Cell
		for _, c := range cells {
			if a.of != nil && !a.of(c) {
				crossed = append(crossed, c)
				continue
			}
			for i := range n {
				at := c
				a.set(p, i, &at)
				crossed = append(crossed, at)
			}
		}
		cells = crossed
	}
	for i := range cells {
		cells[i].settle()
		cells[i].crowd()
		cells[i].Skip = cmp.Or(cells[i].Skip, cells[i].beyondPrograms())
	}
	return cells
}

// checkAxes refuses an axis that no workload or no spec of the plan has: it would be left out
// without a word.
func (p Plan) checkAxes() error {
	if err := p.checkBusy(); err != nil {
		return err
	}
	for _, a := range axes {
		if a.values(p) == 0 {
			continue
		}
		if a.of != nil && a.means != "" && !slices.ContainsFunc(p.Specs, func(s transports.Spec) bool { return a.of(Cell{Spec: s}) }) {
			return fmt.Errorf("%s means nothing to %s: %s", a.flag, strings.Join(specNames(p.Specs), ", "), a.means)
		}
		var able []string
		for _, w := range workload.All() {
			if w.Takes(a.column) {
				able = append(able, w.Name)
			}
		}
		if slices.ContainsFunc(able, func(name string) bool { return slices.Contains(p.Workloads, name) }) {
			continue
		}
		return fmt.Errorf("%s means nothing to %s: add -w %s, or leave it out", a.flag, strings.Join(p.Workloads, " and "), strings.Join(able, " or -w "))
	}
	return nil
}

// busy is how long the ends of a launch work and think at most: on all messages of
// a number that was asked for, and else on the few that no time cuts short.
func (p Plan) busy() time.Duration {
	most := func(times []time.Duration) time.Duration { return slices.Max(slices.Concat(times, []time.Duration{0})) }
	each := most(p.Work) + most(p.Think)
	n := p.Messages + p.Warmup.Messages + workload.FewMessages
	return min(longest, each*time.Duration(min(n, int64(longest)/max(1, int64(each)))))
}

// Busy is about how much longer a launch takes for what its ends do beside their
// messages: some are exchanged however short the time is.
func (c Cell) Busy() time.Duration {
	return time.Duration(workload.FewMessages * (c.WorkNS + c.ThinkNS))
}

// checkBusy refuses times that the clock is too slow to tell.
func (p Plan) checkBusy() error {
	times := slices.DeleteFunc(slices.Concat(p.Work, p.Think), func(t time.Duration) bool { return t == 0 })
	if len(times) == 0 {
		return nil
	}
	if shortest, least := slices.Min(times), workload.LeastBusy(); shortest < least {
		return fmt.Errorf("--work or --think %v: it is timed by this machine's clock, two readings of which take %v: give it more, or 0s", shortest, least)
	}
	return nil
}

// ends is how many pairs of processes there are at once, at most.
func (p Plan) ends() int { return slices.Max(slices.Concat(p.Pairs, p.FanIn, p.FanOut, []int{1})) }

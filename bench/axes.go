package bench

import (
	"fmt"
	"slices"
	"strings"

	"ipcbench/bench/workload"
	"ipcbench/results"
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
		values: func(p Plan) int { return len(p.Rates) },
		set:    func(p Plan, i int, c *Cell) { c.RatePerS = p.Rates[i] },
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
		if n == 0 || !takes(c.Workload, a) {
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
		cells[i].crowd()
	}
	return cells
}

// takes says whether a workload has an axis.
func takes(name string, a axis) bool {
	w, err := workload.Lookup(name)
	return err == nil && slices.Contains(w.Axes, a.column)
}

// checkAxes refuses an axis that no workload of the plan has: it would be left out
// without a word.
func (p Plan) checkAxes() error {
	for _, a := range axes {
		has := func(name string) bool { return takes(name, a) }
		if a.values(p) == 0 || slices.ContainsFunc(p.Workloads, has) {
			continue
		}
		var able []string
		for _, w := range workload.All() {
			if has(w.Name) {
				able = append(able, w.Name)
			}
		}
		return fmt.Errorf("%s means nothing to %s: add -w %s, or leave it out", a.flag, strings.Join(p.Workloads, " and "), strings.Join(able, " or -w "))
	}
	return nil
}

// ends is how many pairs of processes there are at once, at most.
func (p Plan) ends() int { return slices.Max(slices.Concat(p.Pairs, p.FanIn, p.FanOut, []int{1})) }

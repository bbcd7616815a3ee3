package charts

import (
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"

	"ipcbench/results"
	"ipcbench/results/summary"
)

// A crowd is a number of ends that a chart has a course over.
type crowd struct {
	of    string                     // "pairs"
	below string                     // of its axis
	in    func(c *results.Cell) *int // that number
	has   func(c results.Cell) bool  // whether it is that of a cell
}

var crowds = []crowd{
	{"pairs", "Pairs at once", func(c *results.Cell) *int { return &c.Pairs }, func(c results.Cell) bool { return c.FanIn == 0 && c.FanOut == 0 }},
	{"producers", "Producers to one consumer", func(c *results.Cell) *int { return &c.FanIn }, func(c results.Cell) bool { return c.FanIn > 0 }},
	{"consumers", "Consumers of one producer", func(c *results.Cell) *int { return &c.FanOut }, func(c results.Cell) bool { return c.FanOut > 0 }},
}

// byPairs draws a metric's course over how many pairs there were at once, or ends
// that share one, a line for each series. It needs two such numbers.
func (s study) byPairs(w results.Workload, add func(Chart, bool)) {
	for _, k := range crowds {
		for _, p := range s.crowded(w, k) {
			for _, size := range p.choose() {
				add(k.draw(p.ofSize(size), size))
			}
		}
	}
}

// crowded are the panels of a workload's cells that differ in that number.
func (s study) crowded(w results.Workload, k crowd) []panel {
	var panels []panel
	for _, c := range s.cells {
		if c.Workload != w.Name || !k.has(c.Cell) {
			continue
		}
		setting := c.Setting()
		*k.in(&setting) = 0
		i := slices.IndexFunc(panels, func(p panel) bool { return p.setting == setting })
		if i < 0 {
			i = len(panels)
			panels = append(panels, s.newPanel(w, setting))
		}
		panels[i].cells = append(panels[i].cells, c)
	}
	for i := range panels {
		panels[i].all = panels[i].sizes()
	}
	return panels
}

// numbers are those that the cells have, ascending.
func (k crowd) numbers(p panel) []int {
	var all []int
	for _, c := range p.cells {
		all = append(all, *k.in(&c.Cell))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (k crowd) draw(p panel, size int) (Chart, bool) {
	numbers := k.numbers(p)
	if len(numbers) < 2 {
		return Chart{}, false
	}
	f := figure{
		title:    p.workload.Title + " by number of " + k.of + ", " + sizeName(size) + ", " + p.settingName(),
		subtitle: p.subject() + " All of them together, each on CPUs of its own while there are such.",
		above:    p.workload.Axis,
		below:    k.below,
		height:   250, footer: p.footer(),
	}
	line := func(s series) curve {
		c := curve{look: s.look, marked: func(int) bool { return true }}
		for _, cell := range k.course(s) {
			e := p.valueOf(cell)
			c.points = append(c.points, point{x: float64(*k.in(&cell.Cell)), y: e.Median, lo: e.Lo, hi: e.Hi})
		}
		return c
	}
	f.addCourse(p, line, func(pl *plot.Plot, apart float64) { xNumbers(pl, numbers, apart) }, [2]float64{0.04, 0.08})
	return Chart{
		Name: stem("by-"+k.of, p.workload.Name, sizeName(size), p.settingName()), Workload: p.workload.Name,
		Title: f.title, Caption: f.subtitle,
		Columns: k.columns(numbers), Rows: k.rows(p, numbers), figure: f,
	}, true
}

// course is a series' cells by that number, each once: of launches that were
// divided, those that were near.
func (k crowd) course(s series) []summary.Summary {
	cells := slices.Concat(s.cells, s.aside)
	slices.SortStableFunc(cells, func(a, b summary.Summary) int { return *k.in(&a.Cell) - *k.in(&b.Cell) })
	return slices.CompactFunc(cells, func(a, b summary.Summary) bool { return *k.in(&a.Cell) == *k.in(&b.Cell) })
}

func (k crowd) columns(numbers []int) []string {
	columns := []string{"transport"}
	for _, n := range numbers {
		columns = append(columns, strconv.Itoa(n))
	}
	return append(columns, "best at")
}

// rows are a series each, with the number at which it had the best.
func (k crowd) rows(p panel, numbers []int) [][]string {
	var rows [][]string
	for _, s := range p.series() {
		row := make([]string, len(numbers)+2)
		row[0] = s.name
		best, at := math.NaN(), ""
		for _, c := range k.course(s) {
			n, e := *k.in(&c.Cell), p.valueOf(c)
			row[1+slices.Index(numbers, n)] = withInterval(e, p.metric.Format)
			if math.IsNaN(best) || p.metric.IsBetter(e.Median, best) {
				best, at = e.Median, strconv.Itoa(n)
			}
		}
		row[len(row)-1] = at
		rows = append(rows, row)
	}
	return rows
}

// xNumbers makes the level axis logarithmic, as that of sizes is.
func xNumbers(p *plot.Plot, numbers []int, apart float64) {
	lo, hi := float64(numbers[0]), float64(numbers[len(numbers)-1])
	room := math.Pow(hi/lo, 0.03)
	p.X.Min, p.X.Max = lo/room, hi*room
	p.X.Scale = plot.LogScale{}
	p.X.Tick.Marker = namedTicks(numbers, apart, strconv.Itoa)
}

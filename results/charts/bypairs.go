package charts

import (
	"math"
	"slices"
	"strconv"

	"ipcbench/results"
	"ipcbench/results/charts/internal/plot"
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
func byPairs(panels []panel, add func(Chart, bool)) {
	for _, k := range crowds {
		var of []panel
		for _, p := range panels {
			if p = p.only(k.has); len(p.cells) > 0 {
				of = append(of, p)
			}
		}
		if len(of) == 0 {
			continue
		}
		for _, p := range across(of, of[0].metric.Name, func(setting *results.Cell) { *k.in(setting) = 0 }) {
			for _, size := range p.drawn {
				add(k.draw(p.ofSize(size), size))
			}
		}
	}
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
	f.addCourse(p, backdrop{}, line, levelAxis{asFloats(numbers), func(pl *plot.Plot, apart float64) { xMarks(pl, numbers, strconv.Itoa, apart) }, [2]float64{0.04, 0.08}})
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

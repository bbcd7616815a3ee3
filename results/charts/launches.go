package charts

import (
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"ipcbench/results"
	"ipcbench/results/summary"
)

// launchStrip draws every launch of a size as a dot: a median hides that some
// launches of a cell are of another kind than the rest. The placements are headings,
// so that none is mixed with another.
func launchStrip(s study, panels []panel, size int) (Chart, bool) {
	w := panels[0].workload
	var all []row
	var drawn []series
	var values []float64
	cells := s.newPanel(w, results.Cell{})
	metric := cells.metric
	for _, p := range panels {
		p = p.ofSize(size)
		if len(p.cells) == 0 {
			continue
		}
		cells.cells = append(cells.cells, p.cells...)
		all = append(all, row{name: p.settingName()})
		for _, line := range strata(p.series()) {
			c := line.cells[0]
			e, dots := p.valueOf(c), p.launchesOf(c)
			values = append(append(values, dots...), e.Lo, e.Hi)
			drawn = append(drawn, line)
			all = append(all, row{
				name: line.name, values: []string{metric.Format(e.Median), intervalText(e, metric.Format)},
				marks: launchDots(line.look, dots, e),
			})
		}
	}
	if len(drawn) < leastRows {
		return Chart{}, false
	}
	f := figure{title: w.Title + " of each launch, " + sizeName(size), below: w.Axis + " of a launch" + cells.better(), key: fillKey(drawn)}
	f.subtitle = "Each mark is one launch, a fresh pair of processes, in the order of measuring from top to bottom (" + cells.launchCount() +
		"). Below them their median" + cells.bars() + panels[0].sizesDrawn()
	f.footer = cells.footer()
	newRows(all, []string{"median", "95\u00a0% CI"}, 24).put(&f, tickOf(metric.Unit), values)
	return Chart{
		Name: stem("launches", w.Name, sizeName(size)), Workload: w.Name, Title: f.title, Caption: f.subtitle,
		Columns: []string{"placement", "transport", "median [95 % CI]", "launches"},
		Rows:    cells.launchRows(), figure: f,
	}, true
}

// launchesOf is what the panel shows of each launch of a cell, in the order of
// measuring.
func (p panel) launchesOf(c summary.Summary) []float64 {
	return slices.DeleteFunc(c.Values(p.metric.Name), func(v float64) bool { return !usable(v) })
}

func launchDots(l look, values []float64, e summary.Estimate) func(draw.Canvas, func(float64) vg.Length, vg.Length, vg.Length) {
	return func(c draw.Canvas, x func(float64) vg.Length, y, height vg.Length) {
		const below = 8 // where the median lies, clear of the dots
		apart := min(3.4, (height-14)/vg.Length(max(1, len(values)-1)))
		for i, v := range values {
			l.dot(c, vg.Point{X: x(v), Y: y + 3 + among(i, len(values), apart)}, launchRadius)
		}
		medianMark(c, x, e, y-below)
	}
}

// launchRadius is that of the mark of a launch.
const launchRadius = 2.2

// medianMark draws a median and its interval, level.
func medianMark(c draw.Canvas, x func(float64) vg.Length, e summary.Estimate, y vg.Length) {
	interval(c, look{color: ink}, x, e.Lo, e.Hi, y, 2.2)
	c.StrokeLine2(draw.LineStyle{Color: ink, Width: 1.6}, x(e.Median), y-3.4, x(e.Median), y+3.4)
}

// intervalText writes an interval as "5.20 – 5.31 µs".
func intervalText(e summary.Estimate, format func(float64) string) string {
	if !usable(e.Lo) || !usable(e.Hi) {
		return results.Nothing
	}
	return format(e.Lo) + " – " + format(e.Hi)
}

func (p panel) launchRows() [][]string {
	var rows [][]string
	for _, c := range p.cells {
		var all []string
		for _, v := range p.launchesOf(c) {
			all = append(all, p.metric.Format(v))
		}
		rows = append(rows, []string{settingName(c.Cell), p.nameOf(c.Cell), withInterval(p.valueOf(c), p.metric.Format), strings.Join(all, ", ")})
	}
	return rows
}

package charts

import (
	"fmt"
	"image/color"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"ipcbench/results"
	"ipcbench/results/charts/internal/plot"
	"ipcbench/results/summary"
)

// partInks are the colours of parts, in their order. They have no more contrast among
// each other than with the paper: an edge of it lies between two of them.
var partInks = []color.NRGBA{plainInks[1], plainInks[4], plainInks[0], plainInks[2], plainInks[3], plainInks[6], plainInks[5], plainInks[7]}

const barHeight = 8

// parts draws what a workload's time is made of: for each series a level bar of the
// parts one after the other, of the smallest common size. The axis is linear, because
// on no other are parts as long as they take.
func parts(p panel) (Chart, bool) {
	if len(p.workload.Parts) == 0 || len(p.cells) == 0 {
		return Chart{}, false
	}
	size := p.common()[0]
	p = p.ofSize(size)
	f := figure{title: p.workload.Title + " by stage, " + sizeName(size) + ", " + p.settingName(), below: p.workload.Axis + p.better()}
	all := strata(p.series())
	slices.SortStableFunc(all, func(a, b series) int {
		return compareFloats(p.valueOf(a.cells[0]).Median, p.valueOf(b.cells[0]).Median)
	})
	if len(all) < leastRows {
		return Chart{}, false
	}
	end := endOf(p, all)
	var lines []row
	var table [][]string
	for _, group := range pack(all, 0, groupOf) {
		lines = append(lines, row{name: groupOf(group[0])})
		for _, s := range group {
			c := s.cells[0]
			values := []string{p.metric.Format(p.valueOf(c).Median), valueIn(c, results.FirstMessage), valueIn(c, results.SetupFaults)}
			lines = append(lines, row{name: s.name, values: values, first: lettering{size: valueType.size, bold: true, ink: ink}, marks: p.stacked(c, end)})
			table = append(table, append([]string{s.name}, p.partValues(c)...))
		}
	}
	f.key = p.partsKey()
	f.subtitle = p.subject() + " Bar: the median of " + p.launchCount() + ", divided as the medians of its stages are" + p.whiskers() +
		" What an end does is the mean of both ends."
	if end < p.longest(all) {
		f.subtitle += fmt.Sprintf(" What has an arrow goes on beyond %s.", p.metric.Format(end))
	}
	f.footer = p.footer()
	r := newRows(lines, []string{"total", "first msg", "faults"}, 14).frame(&f)
	f.plot.X.Min, f.plot.X.Max = 0, end
	f.plot.X.Tick.Marker = linearTicks(tickOf(p.metric.Unit), f.room(tickType.width("1.25 ms")))
	f.plot.Add(grid{x: true}, r)
	return Chart{
		Name: stem("stages", p.workload.Name, sizeName(size), p.settingName()), Workload: p.workload.Name, Title: f.title, Caption: f.subtitle,
		Columns: append([]string{"transport"}, p.partColumns()...), Rows: table, figure: f,
	}, true
}

func compareFloats(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// whiskers says what the whiskers of a chart of bars are, where there are any.
func (p panel) whiskers() string {
	return strings.NewReplacer("bar:", "whisker:", ", too few", "; too few").Replace(p.bars())
}

// longest is how far the longest bar or whisker reaches.
func (p panel) longest(all []series) float64 {
	longest := 0.0
	for _, s := range all {
		e := p.valueOf(s.cells[0])
		longest = max(longest, e.Median)
		if usable(e.Hi) {
			longest = max(longest, e.Hi)
		}
	}
	return longest
}

// endOf is where the axis ends: a little beyond the longest bar and whisker, unless
// that would press most of the others flat. The series are in order.
func endOf(p panel, all []series) float64 {
	const flat, room = 3, 1.05
	most := p.valueOf(all[len(all)*3/4].cells[0]).Median
	return min(room*p.longest(all), flat*most)
}

// stacked draws the parts that a cell's value is made of, and its interval.
func (p panel) stacked(c summary.Summary, end float64) func(draw.Canvas, func(float64) vg.Length, vg.Length, vg.Length) {
	return func(canvas draw.Canvas, x func(float64) vg.Length, y, _ vg.Length) {
		e, sum := p.valueOf(c), 0.0
		for _, part := range p.workload.Parts {
			sum += c.Metrics[part].Median
		}
		for i, at := 0, 0.0; i < len(p.workload.Parts) && at < end; i++ {
			to := at + c.Metrics[p.workload.Parts[i]].Median*e.Median/sum
			if to > at {
				from, until := x(at), x(min(to, end))
				if at > 0 {
					from += min(0.6, (until-from)/2) // the edge
				}
				levelBar(canvas, partInks[i%len(partInks)], from, until, y, barHeight)
			}
			at = max(at, to)
		}
		if usable(e.Lo) && usable(e.Hi) && e.Lo < end {
			interval(canvas, look{color: ink}, x, e.Lo, min(e.Hi, end), y, 2.2)
		}
		if e.Median > end || e.Hi > end { // no interval is above nothing
			tip := x(end)
			canvas.FillPolygon(ink, []vg.Point{{X: tip + 5, Y: y}, {X: tip, Y: y + 4}, {X: tip, Y: y - 4}})
		}
	}
}

// levelBar fills a level bar around y.
func levelBar(c draw.Canvas, ink color.NRGBA, from, to, y, height vg.Length) {
	low, high := y-height/2, y+height/2
	c.FillPolygon(ink, []vg.Point{{X: from, Y: low}, {X: to, Y: low}, {X: to, Y: high}, {X: from, Y: high}})
}

// partsKey is of those parts that a cell of the panel has.
func (p panel) partsKey() []entry {
	var key []entry
	for i, part := range p.workload.Parts {
		if slices.ContainsFunc(p.cells, func(c summary.Summary) bool { return usable(c.Metrics[part].Median) }) {
			key = append(key, entry{look: look{color: partInks[i%len(partInks)], marker: squareMarker}, text: p.partName(part)})
		}
	}
	return key
}

// squareMarker is the place of a square in polygons.
const squareMarker = 1

func (p panel) partName(part string) string {
	for _, s := range results.SetupStages() {
		if s.Metric == part {
			return s.Words
		}
	}
	return results.LookupMetric(part).Words
}

func (p panel) partColumns() []string {
	var columns []string
	for _, part := range p.workload.Parts {
		columns = append(columns, p.partName(part))
	}
	return append(columns, "total", "faults")
}

func (p panel) partValues(c summary.Summary) []string {
	var values []string
	for _, part := range p.workload.Parts {
		values = append(values, valueIn(c, part))
	}
	return append(values, withInterval(p.valueOf(c), p.metric.Format), valueIn(c, results.SetupFaults))
}

// valueIn writes a metric's median of a cell.
func valueIn(c summary.Summary, metric string) string {
	e, has := c.Metrics[metric]
	if !has {
		return results.Nothing
	}
	return results.LookupMetric(metric).Format(e.Median)
}

// linearTicks labels a linear axis from 0 at round values, at so many places at
// most.
func linearTicks(label func(float64) string, room int) plot.TickerFunc {
	return func(_, hi float64) []plot.Tick {
		step := roundUp(hi / float64(max(1, room)))
		var ticks []plot.Tick
		for n := 0; float64(n)*step <= hi; n++ {
			text := label(float64(n) * step)
			if n == 0 {
				text = "0"
			}
			ticks = append(ticks, plot.Tick{Value: float64(n) * step, Label: text})
		}
		return ticks
	}
}

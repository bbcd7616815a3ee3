package charts

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"ipcbench/results/summary"
)

// ranking draws one size of a panel in rows, by what the data goes through, the
// best of each first: every launch as a dot, and their median.
func ranking(p panel) (Chart, bool) {
	if len(p.cells) < leastRows {
		return Chart{}, false
	}
	size := sizeName(p.cells[0].SizeBytes)
	f := figure{title: p.workload.Title + " of each launch, " + size + ", " + p.settingName(), below: p.workload.Axis + " of a launch" + p.better()}
	all := p.series()
	var lines []row
	var values []float64
	for _, group := range p.grouped(all) {
		lines = append(lines, row{name: groupOf(group[0])})
		for _, s := range strata(group) {
			c := s.cells[0]
			e, dots := p.valueOf(c), p.launchesOf(c)
			values = append(append(values, dots...), e.Median, e.Lo, e.Hi)
			lines = append(lines, row{
				name: s.name, values: []string{p.metric.Format(e.Median), intervalText(e, p.metric.Format)},
				marks: rankedMarks(s.look, dots, e),
			})
		}
	}
	f.key = fillKey(all)
	f.subtitle = "Each mark is one launch, a fresh pair of processes, " + p.cpus() + ". Below: median of " + p.launchCount() + p.bars() + p.sizesDrawn()
	f.footer = p.footer()
	newRows(lines, []string{"median", "95\u00a0% CI"}, 16).put(&f, tickOf(p.metric.Unit), values)
	return Chart{
		Name: stem("launches", p.workload.Name, size, p.settingName()), Workload: p.workload.Name, Title: f.title, Caption: f.subtitle,
		Columns: []string{"placement", "transport", "median [95 % CI]", "launches"},
		Rows:    p.launchRows(), figure: f,
	}, true
}

// rankedMarks draws the launches, and over them their median and its interval.
func rankedMarks(l look, values []float64, e summary.Estimate) func(draw.Canvas, func(float64) vg.Length, vg.Length, vg.Length) {
	return func(c draw.Canvas, x func(float64) vg.Length, y, _ vg.Length) {
		for _, v := range values {
			l.dot(c, vg.Point{X: x(v), Y: y + 2.6}, launchRadius)
		}
		medianMark(c, x, e, y-3.6)
	}
}

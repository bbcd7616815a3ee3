package charts

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"ipcbench/results"
)

// launchStrip draws every launch of the smallest common message as a dot: a
// median hides that some launches of a cell are of another kind than the rest.
// The placements are headings, so that none is mixed with another.
func launchStrip(s study, workload string) (Chart, bool) {
	panels := s.panels(workload)
	if len(panels) == 0 {
		return Chart{}, false
	}
	metric, label, format := metricOf(workload), nsTick, results.FormatNS
	f := figure{title: "Round-trip latency of each launch", below: "Median round trip of a launch"}
	if workload == "throughput" {
		label, format = bytesPerSTick, results.FormatBytesPerS
		f = figure{title: "Throughput of each launch", below: "Payload per second of a launch"}
	}
	every := panel{study: s, workload: workload, cells: s.cells}.only(func(c results.Cell) bool { return c.Workload == workload })
	size := every.common()[0]

	var all []row
	var values []float64
	cells := panel{study: s, workload: workload}
	for _, p := range panels {
		p = p.ofSize(size)
		if len(p.cells) == 0 {
			continue
		}
		cells.cells = append(cells.cells, p.cells...)
		all = append(all, row{name: p.setting.String()})
		for _, line := range p.series() {
			c := line.cells[0]
			e := c.Metrics[metric]
			dots := s.valuesOf(c.Cell, metric)
			values = append(append(values, dots...), e.Lo, e.Hi)
			all = append(all, row{
				name: line.name, values: []string{format(e.Median), intervalText(e, format)},
				marks: launchDots(line.look, dots, e),
			})
		}
	}
	if len(all) == 0 {
		return Chart{}, false
	}
	f.title += ", " + sizeName(size)
	f.subtitle = "Each dot is one launch, a fresh pair of processes, in the order of measuring from top to bottom (" + cells.launchCount() +
		"). Below them their median" + cells.bars()
	f.footer = cells.footer()
	newRows(all, []string{"median", "95 % CI"}, 24).put(&f, label, values)
	return Chart{
		Name: stem("launches", workload, sizeName(size)), Workload: workload, Title: f.title, Caption: f.subtitle,
		Columns: []string{"placement", "transport", "median [95 % CI]", "launches"},
		Rows:    cells.launchRows(metric, format), figure: f,
	}, true
}

// valuesOf is a metric of each launch of a cell, in the order of measuring.
func (s study) valuesOf(cell results.Cell, metric string) []float64 {
	var values []float64
	for _, l := range s.launches[cell] {
		if v := l.Metrics[metric]; usable(v) {
			values = append(values, v)
		}
	}
	return values
}

func launchDots(l look, values []float64, e results.Estimate) func(draw.Canvas, func(float64) vg.Length, vg.Length, vg.Length) {
	return func(c draw.Canvas, x func(float64) vg.Length, y, height vg.Length) {
		const below = 8 // where the median lies, clear of the dots
		apart := min(3.4, (height-14)/vg.Length(max(1, len(values)-1)))
		dot := polygons[0]
		for i, v := range values {
			at := vg.Point{X: x(v), Y: y + 3 + among(i, len(values), apart)}
			c.SetColor(alpha(l.color, dotAlpha))
			c.Fill(dot.path(at, 2.2))
		}
		black := look{color: ink}
		interval(c, black, x, e.Lo, e.Hi, y-below)
		c.StrokeLine2(draw.LineStyle{Color: ink, Width: 1.6}, x(e.Median), y-below-3, x(e.Median), y-below+3)
	}
}

// intervalText writes an interval as "5.20 – 5.31 µs".
func intervalText(e results.Estimate, format func(float64) string) string {
	if !usable(e.Lo) || !usable(e.Hi) {
		return "—"
	}
	return format(e.Lo) + " – " + format(e.Hi)
}

func (p panel) launchRows(metric string, format func(float64) string) [][]string {
	var rows [][]string
	for _, c := range p.cells {
		all := ""
		for i, v := range p.valuesOf(c.Cell, metric) {
			if i > 0 {
				all += ", "
			}
			all += format(v)
		}
		rows = append(rows, []string{settingOf(c.Cell).String(), p.nameOf(c.Cell), withInterval(c.Metrics[metric], format), all})
	}
	return rows
}

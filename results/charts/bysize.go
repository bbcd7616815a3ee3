package charts

import (
	"fmt"
	"strings"

	"ipcbench/results"
	"ipcbench/results/charts/internal/plot"
	"ipcbench/results/summary"
)

// bySize draws a metric's course over the message sizes, a line for each
// series. It needs two sizes.
func bySize(p panel) (Chart, bool) {
	sizes := p.sizes()
	if len(sizes) < 2 {
		return Chart{}, false
	}
	f := figure{
		title:    p.workload.Title + " by message size, " + p.settingName(),
		subtitle: p.subject(),
		above:    p.workload.Axis,
		below:    "Message size",
		height:   250, footer: p.footer(),
	}
	if p.metric.Unit == results.BytesPerSecond {
		f.above += ", in decimal units"
	}
	line := func(s series) curve {
		k := curve{look: s.look, marked: func(int) bool { return true }}
		for _, c := range s.cells {
			k.points = append(k.points, p.pointOf(c))
		}
		for _, c := range s.far() {
			k.aside = append(k.aside, p.pointOf(c))
		}
		return k
	}
	f.addCourse(p, backdrop{}, line, levelAxis{asFloats(sizes), func(pl *plot.Plot, apart float64) { xSizes(pl, sizes, apart) }, [2]float64{0.115, 0.215}})
	return Chart{
		Name: stem(p.workload.Name, p.settingName()), Workload: p.workload.Name, Title: f.title, Caption: f.subtitle,
		Columns: sizeColumns(sizes), Rows: p.sizeRows(sizes), figure: f,
	}, true
}

// pointOf is where a cell stands.
func (p panel) pointOf(c summary.Summary) point {
	e := p.valueOf(c)
	return point{x: float64(c.SizeBytes), y: e.Median, lo: e.Lo, hi: e.Hi}
}

// subject says what the panel shows and where it was measured.
func (p panel) subject() string {
	if p.workload.Subject == "" {
		return "Measured on " + p.cpus() + "."
	}
	return p.workload.Subject + ", " + p.cpus() + "."
}

// medians are those of all cells, of what the chart shows.
func (p panel) medians() []float64 {
	var values []float64
	for _, c := range p.cells {
		values = append(values, p.valueOf(c).Median)
	}
	return values
}

// xSizes makes the level axis logarithmic, with a little room at either end,
// and with labels so far apart, as a share of it.
func xSizes(p *plot.Plot, sizes []int, apart float64) { xMarks(p, sizes, sizeName, apart) }

func sizeColumns(sizes []int) []string {
	columns := []string{"transport"}
	for _, size := range sizes {
		columns = append(columns, sizeName(size))
	}
	return columns
}

// sizeRows is a row for each series, those without a line included.
func (p panel) sizeRows(sizes []int) [][]string {
	byName := map[string]map[int]string{}
	var order []string
	for _, c := range p.cells {
		name := p.nameOf(c.Cell)
		if byName[name] == nil {
			byName[name] = map[int]string{}
			order = append(order, name)
		}
		byName[name][c.SizeBytes] = withInterval(p.valueOf(c), p.metric.Format)
	}
	var rows [][]string
	for _, name := range order {
		row := []string{name}
		for _, size := range sizes {
			row = append(row, byName[name][size])
		}
		rows = append(rows, row)
	}
	return rows
}

// withInterval writes an estimate as "5.26 µs [5.20, 5.31]".
func withInterval(e summary.Estimate, format func(float64) string) string {
	if !usable(e.Lo) || !usable(e.Hi) {
		return format(e.Median)
	}
	return fmt.Sprintf("%s [%s, %s]", format(e.Median), format(e.Lo), format(e.Hi))
}

// sizesDrawn says which sizes have a chart of their own, where not all have.
func (p panel) sizesDrawn() string {
	if len(p.drawn) == len(p.all) {
		return ""
	}
	var list []string
	for _, size := range p.drawn {
		list = append(list, sizeName(size))
	}
	return fmt.Sprintf(" Drawn for %s, of %d sizes.", strings.Join(list, ", "), len(p.all))
}

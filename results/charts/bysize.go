package charts

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"

	"ipcbench/results"
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
	f.addCourse(p, line, func(pl *plot.Plot, apart float64) { xSizes(pl, sizes, apart) }, [2]float64{0.115, 0.215})
	return Chart{
		Name: stem(p.workload.Name, p.settingName()), Workload: p.workload.Name, Title: f.title, Caption: f.subtitle,
		Columns: sizeColumns(sizes), Rows: p.sizeRows(sizes), figure: f,
	}, true
}

// addCourse draws a line for each of the panel's series, over an axis whose labels
// need to be so far apart, as a share of it: in one plot, or in a small one.
func (f *figure) addCourse(p panel, line func(series) curve, x func(pl *plot.Plot, apart float64), apart [2]float64) {
	label := tickOf(p.metric.Unit)
	if all := p.series(); p.isCrowded() {
		// Where several lines share a small plot, their intervals would hide
		// each other, and a wide one would press the lines of all plots flat.
		f.subtitle += " Points: median of " + p.launchCount() + "; the table has the intervals."
		alone := func(s series) curve {
			k := line(s)
			for i := range k.points {
				k.points[i].lo, k.points[i].hi = math.NaN(), math.NaN()
			}
			k.aside = nil
			return k
		}
		f.addMultiples(p, all, alone, func(pl *plot.Plot) {
			x(pl, apart[1])
			yAxis(pl, label, p.medians(), smallRoom)
		})
	} else {
		f.plot = newPlot()
		f.plot.Add(grid{x: true, y: true})
		values := p.medians()
		var labels names
		var curves []curve
		for _, s := range all {
			k := line(s)
			for _, pt := range slices.Concat(k.points, k.aside) {
				values = append(values, pt.lo, pt.hi)
			}
			curves = append(curves, k)
			labels = append(labels, newName(s.look, s.name, k.points[len(k.points)-1]))
		}
		f.subtitle += p.points() + asideSaid(curves)
		addCurves(f.plot, curves)
		x(f.plot, apart[0])
		yAxis(f.plot, label, values, 9)
		f.nameLines(labels)
	}
}

// pointOf is where a cell stands.
func (p panel) pointOf(c summary.Summary) point {
	e := p.valueOf(c)
	return point{x: float64(c.SizeBytes), y: e.Median, lo: e.Lo, hi: e.Hi}
}

// asideSaid says what the marks beside the lines are, where there are any.
func asideSaid(all []curve) string {
	if slices.ContainsFunc(all, func(k curve) bool { return len(k.aside) > 0 }) {
		return " Lines: the machine had the CPUs near each other; marks beside them: far apart."
	}
	return ""
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
func xSizes(p *plot.Plot, sizes []int, apart float64) {
	lo, hi := float64(sizes[0]), float64(sizes[len(sizes)-1])
	room := math.Pow(hi/lo, 0.03)
	p.X.Min, p.X.Max = lo/room, hi*room
	p.X.Scale = plot.LogScale{}
	p.X.Tick.Marker = sizeTicks(sizes, apart)
}

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

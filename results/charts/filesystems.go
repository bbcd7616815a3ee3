package charts

import (
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"ipcbench/results"
	"ipcbench/results/summary"
)

const (
	dirsApart       = 8  // how far the marks of two directories are from each other
	filesystemsRows = 16 // of a size at most
)

// filesystems compares, for each transport that lives in a directory, the
// directories it was measured in. It needs two.
func filesystems(p panel) (Chart, bool) {
	p = p.only(func(c results.Cell) bool { return c.Dir != "" })
	dirs := p.inUse()
	if len(dirs) < 2 {
		return Chart{}, false
	}
	f := figure{title: p.workload.Title + " by filesystem, " + p.settingName(), below: p.workload.Axis + p.better()}

	var all []row
	var values []float64
	left, drawn := 0, 0
	for _, size := range p.drawn {
		of := p.ofSize(size)
		if len(of.cells) == 0 {
			continue
		}
		all = append(all, row{name: sizeName(size)})
		transports, more := of.fastestTransports()
		left, drawn = left+more, drawn+len(transports)
		for _, transport := range transports {
			cells := of.only(func(c results.Cell) bool { return transportOf(c) == transport && c.Stratum != results.Mixed }).cells
			for _, c := range cells {
				e := p.valueOf(c)
				values = append(values, e.Median, e.Lo, e.Hi)
			}
			all = append(all, row{name: transport, values: p.byDir(cells, dirs), marks: p.dirMarks(cells, dirs)})
		}
	}
	if drawn < leastRows {
		return Chart{}, false
	}
	var heads []string
	for i, dir := range dirs {
		heads = append(heads, p.places[dir])
		f.key = append(f.key, entry{look: look{color: softInk, marker: i % len(polygons)}, text: cut(p.places[dir], nameType, nameWidth)})
	}
	f.subtitle = "Transports that live in a directory." + p.points() + leftOut(left) + p.sizesDrawn()
	if slices.ContainsFunc(p.cells, func(c summary.Summary) bool { return c.Stratum == results.Far }) {
		f.subtitle += " Where a directory has two: the machine had the CPUs near each other, of which the figures are, and far apart."
	}
	f.footer = p.footer()
	newRows(all, heads, max(20, vg.Length(len(dirs))*dirsApart+5)).put(&f, tickOf(p.metric.Unit), values)
	return Chart{
		Name: stem("filesystems", p.workload.Name, p.settingName()), Workload: p.workload.Name, Title: f.title, Caption: f.subtitle,
		Columns: sizeColumns(p.sizes()), Rows: p.sizeRows(p.sizes()), figure: f,
	}, true
}

// inUse lists the directories of the panel's cells.
func (p panel) inUse() []string {
	return slices.DeleteFunc(slices.Clone(p.dirs), func(dir string) bool {
		return !slices.ContainsFunc(p.cells, func(c summary.Summary) bool { return c.Dir == dir })
	})
}

// fastestTransports lists at most filesystemsRows transports, and says how many
// there are beyond.
func (p panel) fastestTransports() (kept []string, left int) {
	best := map[string]float64{}
	for _, c := range p.cells {
		best[transportOf(c.Cell)] = math.Max(best[transportOf(c.Cell)], p.speed(series{cells: []summary.Summary{c}}))
	}
	for _, t := range p.transports {
		if best[t] > 0 {
			kept = append(kept, t)
		}
	}
	byBest := slices.Clone(kept)
	slices.SortStableFunc(byBest, func(a, b string) int {
		if best[a] > best[b] {
			return -1
		}
		return 1
	})
	byBest = byBest[:min(filesystemsRows, len(byBest))]
	left = len(kept) - len(byBest)
	return slices.DeleteFunc(kept, func(t string) bool { return !slices.Contains(byBest, t) }), left
}

func (p panel) byDir(cells []summary.Summary, dirs []string) []string {
	var values []string
	for _, dir := range dirs {
		value := results.Nothing
		for _, c := range cells {
			if c.Dir == dir && value == results.Nothing { // the first of its strata
				value = p.metric.Format(p.valueOf(c).Median)
			}
		}
		values = append(values, value)
	}
	return values
}

// dirMarks draws the directories' medians one under the other, each with the
// marker of its directory, in the transport's colour.
func (p panel) dirMarks(cells []summary.Summary, dirs []string) func(draw.Canvas, func(float64) vg.Length, vg.Length, vg.Length) {
	return func(c draw.Canvas, x func(float64) vg.Length, y, height vg.Length) {
		for _, cell := range cells {
			i := slices.Index(dirs, cell.Dir)
			l := p.lookOf(cell.Cell)
			l.marker = i % len(polygons)
			e := p.valueOf(cell)
			at := vg.Point{X: x(e.Median), Y: y + among(i, len(dirs), dirsApart)}
			l.mark(c, at, 2.4)
			interval(c, l, x, e.Lo, e.Hi, at.Y, 2.4+foot)
		}
	}
}

package charts

import (
	"math"
	"slices"

	"ipcbench/results"
	"ipcbench/results/charts/internal/plot"
)

// A course is how a metric goes over a dimension that others keep apart: a line for
// each series. What is drawn over sizes, over work, batches or numbers of ends is one.

// across brings the panels together that differ in nothing but what clear takes from
// their setting, and shows that metric of them.
func across(panels []panel, metric string, clear func(setting *results.Cell)) []panel {
	var all []panel
	for _, p := range panels {
		clear(&p.setting)
		i := slices.IndexFunc(all, func(other panel) bool { return other.setting == p.setting })
		if i < 0 {
			p.metric = results.LookupMetric(metric)
			all = append(all, p)
			continue
		}
		all[i].cells = append(slices.Clip(all[i].cells), p.cells...)
	}
	for i := range all {
		all[i].all = all[i].sizes()
		all[i].drawn = all[i].choose()
	}
	return all
}

// A backdrop is what stands behind the lines of a course to be held against.
type backdrop struct {
	marks func(labelled bool) plot.Plotter // in the plot; nil: none
	line  curve                            // without points: none
	name  string                           // of that
}

// addCourse draws a line for each of the panel's series, over an axis whose labels
// need to be so far apart, as a share of it: in one plot, or in a small one.
func (f *figure) addCourse(p panel, behind backdrop, line func(series) curve, x func(pl *plot.Plot, apart float64), apart [2]float64) {
	label := tickOf(p.metric.Unit)
	all := p.series()
	if p.isCrowded() {
		f.addSmallCourses(p, behind, all, line, func(pl *plot.Plot) {
			x(pl, apart[1])
			yAxis(pl, label, p.medians(), smallRoom)
		})
		return
	}
	f.plot = newPlot()
	f.plot.Add(grid{x: true, y: true})
	if behind.marks != nil {
		f.plot.Add(behind.marks(true))
	}
	values := p.medians()
	var labels names
	var curves []curve
	if k := behind.line; len(k.points) > 0 {
		curves = append(curves, k)
		labels = append(labels, newName(k.look, behind.name, k.points[len(k.points)-1]))
	}
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

// addSmallCourses draws them in several plots. Where several lines share a small one,
// their intervals would hide each other, and a wide one would press the lines of all
// plots flat.
func (f *figure) addSmallCourses(p panel, behind backdrop, all []series, line func(series) curve, axes func(*plot.Plot)) {
	f.subtitle += " Points: median of " + p.launchCount() + "; the table has the intervals."
	bare := func(s series) curve {
		k := line(s)
		for i := range k.points {
			k.points[i].lo, k.points[i].hi = math.NaN(), math.NaN()
		}
		k.aside = nil
		return k
	}
	f.addMultiples(p, all, bare, func(pl *plot.Plot) {
		axes(pl)
		if behind.marks != nil {
			pl.Add(behind.marks(false))
		}
	})
}

// asideSaid says what the marks beside the lines are, where there are any.
func asideSaid(all []curve) string {
	if slices.ContainsFunc(all, func(k curve) bool { return len(k.aside) > 0 }) {
		return " Lines: the machine had the CPUs near each other; marks beside them: far apart."
	}
	return ""
}

// xMarks makes the level axis logarithmic, with a little room at either end, and marks
// the values that were measured by their names, with labels so far apart, as a share of
// it.
func xMarks(p *plot.Plot, values []int, name func(int) string, apart float64) {
	lo, hi := float64(values[0]), float64(values[len(values)-1])
	room := math.Pow(hi/lo, 0.03)
	p.X.Min, p.X.Max = lo/room, hi*room
	p.X.Scale = plot.LogScale{}
	p.X.Tick.Marker = markTicks(values, name, apart)
}

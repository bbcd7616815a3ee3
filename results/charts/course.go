package charts

import (
	"math"
	"slices"

	"gonum.org/v1/plot/vg"

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

// A levelAxis is the axis of a course.
type levelAxis struct {
	values []float64                          // that were measured, ascending
	put    func(pl *plot.Plot, apart float64) // makes it that of a plot, with labels so far apart, as a share of it
	apart  [2]float64                         // so far, and in a small plot
}

// addCourse draws a line for each of the panel's series, or where values are far
// apart its points: in one plot, or in small ones.
func (f *figure) addCourse(p panel, behind backdrop, line func(series) curve, axis levelAxis) {
	all, apart := p.series(), !dense(axis.values)
	f.above += p.better()
	f.key = linesKey(all)
	if apart {
		f.key = fillKey(all)
	}
	if p.isCrowded() {
		f.addSmallCourses(p, behind, all, apart, line, func(pl *plot.Plot) {
			axis.put(pl, axis.apart[1])
			yAxis(pl, tickOf(p.metric.Unit), p.medians(), smallRoom)
		})
		return
	}
	values := p.medians()
	var curves []curve
	for _, s := range all {
		k := line(s)
		for _, pt := range slices.Concat(k.points, k.aside) {
			values = append(values, pt.lo, pt.hi)
		}
		curves = append(curves, k)
	}
	f.plot = newPlot()
	axis.put(f.plot, axis.apart[0])
	yAxis(f.plot, tickOf(p.metric.Unit), values, 9)
	if apart {
		widen(f.plot, besides(curves, axis.room(f.plot, behind)))
	}
	f.subtitle += p.points() + joined(apart) + asideSaid(curves)
	f.plot.Add(grid{x: true, y: true})
	if behind.marks != nil {
		f.plot.Add(behind.marks(true))
	}
	f.addNamed(append(curves, behind.line), append(namesOf(all), behind.name))
}

func namesOf(all []series) []string {
	var names []string
	for _, s := range all {
		names = append(names, s.name)
	}
	return names
}

// addNamed adds lines with their names. One without points is none.
func (f *figure) addNamed(curves []curve, called []string) {
	var labels names
	for i, k := range curves {
		if n := len(k.points); n > 0 {
			labels = append(labels, newName(k.look, called[i], k.points[n-1]))
		}
	}
	addCurves(f.plot, curves)
	f.nameLines(labels)
}

// joined says why there are no lines, where that is so.
func joined(apart bool) string {
	if !apart {
		return ""
	}
	return " Dots only join what belongs together: nothing was measured between."
}

// plotRoom is about how wide a plot with names beside it is.
const plotRoom = 350

// room is how much of it there is from one value to the next, at least. What is held
// against a backdrop must stand where it was measured, and not beside that.
func (x levelAxis) room(p *plot.Plot, behind backdrop) vg.Length {
	if behind.marks != nil || len(behind.line.points) > 0 {
		return 0
	}
	least := 1.0
	for i := 1; i < len(x.values); i++ {
		least = min(least, math.Log(x.values[i]/x.values[i-1])/math.Log(p.X.Max/p.X.Min))
	}
	return vg.Length(least) * plotRoom
}

// widen gives the level axis so much more room in all.
func widen(p *plot.Plot, room vg.Length) {
	more := math.Pow(p.X.Max/p.X.Min, float64((room/2+2*markRadius)/(plotRoom-room)))
	p.X.Min, p.X.Max = p.X.Min/more, p.X.Max*more
}

// addSmallCourses draws them in several plots. Where several lines share a small one,
// their intervals would hide each other, and a wide one would press the lines of all
// plots flat.
func (f *figure) addSmallCourses(p panel, behind backdrop, all []series, apart bool, line func(series) curve, axes func(*plot.Plot)) {
	f.subtitle += " Points: median of " + p.launchCount() + "; the table has the intervals." + joined(apart)
	bare := func(s series) curve {
		k := line(s)
		for i := range k.points {
			k.points[i].lo, k.points[i].hi = math.NaN(), math.NaN()
		}
		k.aside = nil
		k.look.apart = apart
		return k
	}
	f.addMultiples(p, all, bare, func(pl *plot.Plot) {
		axes(pl)
		if behind.marks != nil {
			pl.Add(behind.marks(false))
		}
	})
}

// asFloats are numbers on an axis.
func asFloats[T int | int64](values []T) []float64 {
	all := make([]float64, len(values))
	for i, v := range values {
		all[i] = float64(v)
	}
	return all
}

// asideSaid says what the marks beside the lines are, where there are any.
func asideSaid(all []curve) string {
	if slices.ContainsFunc(all, func(k curve) bool { return len(k.aside) > 0 }) {
		return " Joined: the machine had the CPUs near each other; the smaller marks: far apart."
	}
	return ""
}

// dense says whether values lie so near each other that a line between them says
// what would be measured there: at least four, each at most four times the one before.
// None is drawn between three sizes, which would be a claim about all others.
func dense(values []float64) bool {
	const least, apart = 4, 4
	for i := 1; i < len(values); i++ {
		if values[i] > apart*values[i-1] {
			return false
		}
	}
	return len(values) >= least
}

// besides makes lines points, sets them beside each other where there is so much room
// from one value to the next, and says how much of it they take.
func besides(all []curve, room vg.Length) vg.Length {
	const widest, share = 9, 0.7
	n := vg.Length(len(all))
	step := min(widest, share*room/n)
	for i := range all {
		aside := (vg.Length(i) - (n-1)/2) * step
		for _, points := range [][]point{all[i].points, all[i].aside} {
			for j := range points {
				points[j].aside = aside
			}
		}
		all[i].look.apart = true
	}
	return (n - 1) * step
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

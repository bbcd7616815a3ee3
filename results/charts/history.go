package charts

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"ipcbench/results"
	"ipcbench/results/compare"
	"ipcbench/results/effect"
	"ipcbench/results/history"
)

const (
	historyCells  = 12 // that are drawn at most
	historyFloors = 3  // likewise, below them
	courseHeight  = 66
	courseHead    = 25        // above it: its name, and the changes
	courseDates   = 15        // below the last
	leastReach    = 0.03      // about what is no change, as a ratio: noise is never blown up to the full height
	fewTicks      = 4         // beside a course, about
	mostWhiskers  = 120       // runs: of more, intervals would only blur
	dayApart      = 64        // between two labels under it
	edge          = 1.0 / 100 // of the points lie beyond a course on either side at most, and are marked there
)

// History draws the series over the runs, one under the other: those that changed,
// and the floors that did; where none did, the first ones.
func History(h history.History) Chart {
	chart := Chart{Name: "history", Title: h.Title(), Columns: []string{"series", "runs", "from run", "median", "change", "95 % interval", "verdict"}}
	var all []course
	for _, s := range h.Series {
		m := results.LookupMetric(s.Metric)
		all = append(all, course{name: s.Name(), unit: m.Unit, Course: s.Course})
	}
	left := pick(&all, historyCells)
	var floors []course
	for _, f := range h.Floors {
		if len(f.Changes) > 0 {
			floors = append(floors, course{name: "Floor: " + f.What(), unit: results.Nanoseconds, Course: f.Course, isFloor: true})
		}
	}
	all = append(all, floors[:min(len(floors), historyFloors)]...)
	for _, s := range h.Series {
		chart.Rows = append(chart.Rows, courseRows(h, s.Name(), s.Course, results.LookupMetric(s.Metric).Format)...)
	}
	for _, f := range h.Floors {
		chart.Rows = append(chart.Rows, courseRows(h, f.What(), f.Course, results.FormatNS)...)
	}

	f := figure{title: chart.Title, footer: h.Setting + " · " + h.Span()}
	f.subtitle = "A point is a run: the median of its launches"
	if slices.ContainsFunc(all, func(c course) bool { return c.hasWhiskers(len(h.Runs)) }) {
		f.subtitle += ", with its 95 % interval"
	}
	f.subtitle += ". Lines: the median of the runs between two changes; each series has a scale of its own." + coursesLeftOut(left)
	chart.Caption = f.subtitle
	f.key = historyKey(all)
	f.body = stacked(h, all)
	chart.figure = f
	return chart
}

// A course is one series as it is drawn.
type course struct {
	name    string
	unit    results.Unit
	isFloor bool
	history.Course
}

// hasWhiskers says whether points of the course are drawn with their intervals.
func (c course) hasWhiskers(runs int) bool {
	return runs <= mostWhiskers && slices.ContainsFunc(c.Points, func(p history.Point) bool { return usable(p.Lo) && usable(p.Hi) })
}

// pick keeps the courses to draw, in their order: those with the most changes, and
// of them the largest; says how many are left out.
func pick(all *[]course, most int) (left int) {
	size := func(c course) (largest float64) {
		for _, change := range c.Changes {
			largest = max(largest, math.Abs(math.Log1p(change.Change)))
		}
		return largest
	}
	kept := slices.DeleteFunc(slices.Clone(*all), func(c course) bool { return len(c.Changes) == 0 })
	if len(kept) == 0 {
		kept = slices.Clone(*all)
	}
	sizes := make([]float64, len(kept))
	for i, c := range kept {
		sizes[i] = size(c)
	}
	slices.SortFunc(sizes, func(a, b float64) int { return cmp.Compare(b, a) })
	if len(kept) > most {
		least := sizes[most-1]
		kept = slices.DeleteFunc(kept, func(c course) bool { return size(c) < least })
		kept = kept[:most]
	}
	left = len(*all) - len(kept)
	*all = kept
	return left
}

func coursesLeftOut(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return " 1 more series is not drawn."
	}
	return fmt.Sprintf(" %d more series are not drawn.", n)
}

// courseRows are the segments of a course, with the change that each begins with.
func courseRows(h history.History, name string, c history.Course, format func(float64) string) [][]string {
	var rows [][]string
	for i, s := range c.Segments {
		row := []string{name, strconv.Itoa(s.To - s.From), "", format(s.Median), "", "", ""}
		if s.From < len(c.Points) {
			row[2] = h.Runs[c.Points[s.From].Run].Name
		}
		if i > 0 {
			change := c.Changes[i-1]
			row[4], row[5] = change.Interval()
			row[6] = change.Verdict.Judgement().Words
		}
		rows = append(rows, row)
	}
	return rows
}

// toneOf is how a change looks. Of a floor there is no verdict: it is the machine's.
func (c course) toneOf(change history.Change) compare.Tone {
	if c.isFloor {
		return compare.Suspect
	}
	return change.Verdict.Judgement().Tone
}

// historyKey explains the colours that are there.
func historyKey(all []course) []entry {
	var key []entry
	for _, verdict := range []compare.Verdict{compare.Faster, compare.Slower, compare.MachineChanged} {
		j := verdict.Judgement()
		if slices.ContainsFunc(all, func(c course) bool {
			return slices.ContainsFunc(c.Changes, func(change history.Change) bool { return c.toneOf(change) == j.Tone })
		}) {
			l := toneLooks[j.Tone]
			key = append(key, entry{look: look{color: l.color, marker: l.marker, hollow: l.hollow}, text: results.Capital(j.Words)})
		}
	}
	return key
}

// stacked sets the courses under each other, all on the same level axis.
func stacked(h history.History, all []course) []part {
	widest := vg.Length(0)
	for _, c := range all {
		for _, t := range c.ticks() {
			widest = max(widest, smallTick.width(t.label))
		}
	}
	left := widest + 8
	var parts []part
	for i, c := range all {
		if i > 0 {
			parts = append(parts, space(7))
		}
		parts = append(parts, part{courseHead + courseHeight, func(canvas draw.Canvas) {
			headType.write(canvas, canvas.Min.X, canvas.Max.Y-headType.size, fromLeft, cut(c.name, headType, inner))
			area := draw.Crop(canvas, left, -1, 0, -courseHead)
			c.draw(area, len(h.Runs))
		}})
	}
	return append(parts, part{courseDates, func(canvas draw.Canvas) { dates(draw.Crop(canvas, left, -1, 0, 0), h.Runs) }})
}

// across is where a run stands on the level axis of so many runs.
func across(c draw.Canvas, run float64, runs int) vg.Length {
	return c.Min.X + vg.Length((run+0.5)/float64(runs))*(c.Max.X-c.Min.X)
}

// dates writes the days of runs under the last course, or their numbers.
func dates(c draw.Canvas, runs []history.Run) {
	end := vg.Length(-1)
	for i, run := range runs {
		label := cmp.Or(run.Day(), "run "+strconv.Itoa(i+1))
		x, half := across(c, float64(i), len(runs)), smallTick.width(label)/2
		if x-half < c.Min.X || x+half > c.Max.X || end >= 0 && x-half < end {
			continue
		}
		c.StrokeLine2(draw.LineStyle{Color: axisInk, Width: hairline}, x, c.Max.Y, x, c.Max.Y-tickLength)
		smallTick.write(c, x, c.Max.Y-tickLength-smallTick.size, centred, label)
		end = x + dayApart - half
	}
}

// A scaleOfCourse is from where to where a course goes, in logarithms where that can be.
type scaleOfCourse struct {
	lo, hi float64
	of     func(float64) float64
}

// scale leaves the runs out that went far astray: they would flatten all others.
func (c course) scale() scaleOfCourse {
	s := scaleOfCourse{of: math.Log}
	values := make([]float64, 0, len(c.Points))
	for _, p := range c.Points {
		values = append(values, p.Median)
	}
	slices.Sort(values)
	if values[0] <= 0 {
		s.of = func(v float64) float64 { return v }
	}
	beyond := int(edge * float64(len(values)))
	if len(values) >= 20 {
		beyond = max(beyond, 1)
	}
	s.lo, s.hi = s.of(values[beyond]), s.of(values[len(values)-1-beyond])
	for _, segment := range c.Segments {
		s.lo, s.hi = min(s.lo, s.of(segment.Median)), max(s.hi, s.of(segment.Median))
	}
	least := 2 * leastReach
	if values[0] <= 0 {
		least *= math.Abs(values[len(values)-1])
	}
	if short := least - (s.hi - s.lo); short > 0 {
		s.lo, s.hi = s.lo-short/2, s.hi+short/2
	}
	pad := 0.1 * (s.hi - s.lo)
	if pad == 0 {
		pad = 1
	}
	s.lo, s.hi = s.lo-pad, s.hi+pad
	return s
}

func (s scaleOfCourse) y(c draw.Canvas, v float64) vg.Length {
	return c.Min.Y + vg.Length((s.of(v)-s.lo)/(s.hi-s.lo))*(c.Max.Y-c.Min.Y)
}

// A courseTick is a round value beside a course.
type courseTick struct {
	value float64
	label string
}

// ticks are at round values, about so many as are easily read.
func (c course) ticks() []courseTick {
	s := c.scale()
	lo, hi := s.lo, s.hi
	if s.of(math.E) == 1 {
		lo, hi = math.Exp(lo), math.Exp(hi)
	}
	step := (hi - lo) / fewTicks
	decade := math.Pow(10, math.Floor(math.Log10(step)))
	for _, digit := range []float64{1, 2, 5, 10} {
		if digit*decade >= step {
			step = digit * decade
			break
		}
	}
	label := tickOf(c.unit)
	var all []courseTick
	for i := math.Ceil(lo / step); i*step <= hi; i++ {
		all = append(all, courseTick{i * step, label(i * step)})
	}
	return all
}

func (c course) draw(area draw.Canvas, runs int) {
	s := c.scale()
	for _, t := range c.ticks() {
		y := s.y(area, t.value)
		area.StrokeLine2(draw.LineStyle{Color: gridInk, Width: hairline}, area.Min.X, y, area.Max.X, y)
		smallTick.writeMid(area, area.Min.X-6, y, toRight, t.label)
	}
	area.StrokeLine2(draw.LineStyle{Color: axisInk, Width: 0.8}, area.Min.X, area.Min.Y, area.Max.X, area.Min.Y)
	for _, p := range c.Points {
		c.drawPoint(area, s, p, runs)
	}
	c.drawChanges(area, runs)
	for _, segment := range c.Segments {
		from, to := c.Points[segment.From].Run, c.Points[segment.To-1].Run
		y := s.y(area, segment.Median)
		area.StrokeLine2(draw.LineStyle{Color: ink, Width: 1.4}, across(area, float64(from)-0.5, runs), y, across(area, float64(to)+0.5, runs), y)
	}
}

func (c course) drawPoint(area draw.Canvas, s scaleOfCourse, p history.Point, runs int) {
	x, y := across(area, float64(p.Run), runs), s.y(area, p.Median)
	if y < area.Min.Y || y > area.Max.Y {
		tip := polygon{corners: 3, turn: 1, size: 1.4} // points up
		at := area.Max.Y - 2
		if y < area.Min.Y {
			tip.turn, at = -1, area.Min.Y+2
		}
		area.SetColor(faintInk)
		area.Fill(tip.path(vg.Point{X: x, Y: at}, 1.9))
		return
	}
	if runs <= mostWhiskers && usable(p.Lo) && usable(p.Hi) {
		area.StrokeLine2(draw.LineStyle{Color: alpha(faintInk, 0x70), Width: 0.8},
			x, max(area.Min.Y, s.y(area, p.Lo)), x, min(area.Max.Y, s.y(area, p.Hi)))
	}
	area.SetColor(alpha(faintInk, 0xB0))
	area.Fill(polygons[0].path(vg.Point{X: x, Y: y}, 1.5))
}

// drawChanges marks the changes, each with how far it goes above it. Where two
// would touch, the later goes without: the table has it.
func (c course) drawChanges(area draw.Canvas, runs int) {
	end := area.Min.X
	for _, change := range c.Changes {
		l := toneLooks[c.toneOf(change)]
		x := across(area, float64(change.Before+change.After)/2, runs)
		area.StrokeLine2(draw.LineStyle{Color: l.color, Width: 1.1, Dashes: []vg.Length{3, 2}}, x, area.Min.Y, x, area.Max.Y)
		l.mark(area, vg.Point{X: x, Y: area.Max.Y + 6}, 2.6)
		label := effect.FormatChange(change.Change)
		words := lettering{size: valueType.size, bold: true, ink: l.color}
		width := words.width(label)
		switch from := x + 7; {
		case from < end:
		case from+width <= area.Max.X:
			words.writeMid(area, from, area.Max.Y+6, fromLeft, label)
			end = from + width + 12
		default:
			words.writeMid(area, x-7, area.Max.Y+6, toRight, label)
			end = x + 12
		}
	}
}

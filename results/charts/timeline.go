package charts

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"ipcbench/results/effect"
	"ipcbench/results/history"
)

// atRun is where a run stands on the level axis of so many runs.
func atRun(c draw.Canvas, run float64, runs int) vg.Length {
	return c.Min.X + vg.Length((run+0.5)/float64(runs))*(c.Max.X-c.Min.X)
}

// dates writes the days of runs under the last course, or their numbers.
func dates(c draw.Canvas, runs []history.Run) {
	end := vg.Length(-1)
	for i, run := range runs {
		label := cmp.Or(run.Day(), "run "+strconv.Itoa(i+1))
		x, half := atRun(c, float64(i), len(runs)), smallTick.width(label)/2
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
	label := tickOf(c.metric.Unit)
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
		area.StrokeLine2(draw.LineStyle{Color: ink, Width: 1.4}, atRun(area, float64(from)-0.5, runs), y, atRun(area, float64(to)+0.5, runs), y)
	}
}

func (c course) drawPoint(area draw.Canvas, s scaleOfCourse, p history.Point, runs int) {
	x, y := atRun(area, float64(p.Run), runs), s.y(area, p.Median)
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
		area.StrokeLine2(draw.LineStyle{Color: axisInk, Width: 0.7},
			x, max(area.Min.Y, s.y(area, p.Lo)), x, min(area.Max.Y, s.y(area, p.Hi)))
	}
	area.SetColor(faintInk)
	area.Fill(polygons[0].path(vg.Point{X: x, Y: y}, 1.5))
}

// drawChanges marks the changes, each with how far it goes above it. Where two
// would touch, the later goes without: the table has it.
func (c course) drawChanges(area draw.Canvas, runs int) {
	end := area.Min.X
	for _, change := range c.Changes {
		l := toneLooks[c.toneOf(change)]
		x := atRun(area, float64(change.Before+change.After)/2, runs)
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

// Package plot is two axes and what is drawn between them.
//
// It stands in for the package of the same name in gonum.org/v1/plot, whose canvases,
// fonts and text it draws with. That one brings every format that it can write, PDF and
// LaTeX among them, and reads twelve typefaces whenever the program starts: a quarter of
// the binary, for nothing that a chart of ours shows.
package plot

import (
	"math"
	"slices"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A Plot draws its marks between two axes, in the order in which they were added.
type Plot struct {
	X, Y  Axis
	marks []Plotter
}

// A Plotter draws itself on the canvas between the axes of a plot.
type Plotter interface {
	Plot(draw.Canvas, *Plot)
}

// Add puts marks in front of those that are there.
func (p *Plot) Add(marks ...Plotter) { p.marks = append(p.marks, marks...) }

// HideY leaves the upright axis out.
func (p *Plot) HideY() { p.Y.Width, p.Y.Tick.Marker = 0, nil }

// HideAxes leaves both out.
func (p *Plot) HideAxes() {
	p.X.Width, p.X.Tick.Marker = 0, nil
	p.HideY()
}

// Transforms returns where on the canvas a value of either axis is.
func (p *Plot) Transforms(c *draw.Canvas) (x, y func(float64) vg.Length) {
	return func(v float64) vg.Length { return c.X(p.X.share(v)) },
		func(v float64) vg.Length { return c.Y(p.Y.share(v)) }
}

// besideY is kept free between the labels of the upright axis and its ticks.
const besideY vg.Length = 3

// Draw draws all of it so that no label reaches beyond the canvas.
func (p *Plot) Draw(c draw.Canvas) {
	p.X.widen()
	p.Y.widen()
	x, y := p.X.labels(), p.Y.labels()
	under, beside := p.X.depth(x.height), p.Y.depth(y.width)
	if y.width > 0 {
		beside += besideY
	}
	inside := draw.Crop(c, beside, 0, under, 0)
	inside.Max.X = roomFor(x.right, inside.Min.X, inside.Max.X)
	inside.Max.Y = roomFor(y.above, inside.Min.Y, inside.Max.Y)
	p.X.drawUnder(inside, c.Min.Y, x.height)
	p.Y.drawBeside(inside, c.Min.X, y.width)
	for _, mark := range p.marks {
		mark.Plot(inside, p)
	}
}

// An overhang is how far a label reaches beyond its tick, which is at a share of the axis.
type overhang struct {
	at    float64
	reach vg.Length
}

// roomFor returns where an axis that begins at from has to end so that the label that
// reaches furthest ends at to.
func roomFor(labels []overhang, from, to vg.Length) vg.Length {
	furthest, end := to, to
	for _, l := range labels {
		at := from + vg.Length(l.at)*(to-from) + l.reach
		if l.at > 0 && l.at <= 1 && at > furthest {
			furthest, end = at, from+(to-l.reach-from)/vg.Length(l.at)
		}
	}
	return end
}

// An Axis is a range of values, and how they are marked. Without a Scale it is linear.
type Axis struct {
	Min, Max float64
	Scale    Scale
	draw.LineStyle
	Tick struct {
		Marker TickerFunc // nil: there are none
		Label  text.Style
		draw.LineStyle
		Length vg.Length // of one with a label; others are half as long
	}
}

// A Scale says at which share of an axis from lo to hi a value is.
type Scale interface {
	Share(lo, hi, v float64) float64
}

// LogScale is a logarithmic one. Nothing on it may be 0 or less.
type LogScale struct{}

// Share implements Scale.
func (LogScale) Share(lo, hi, v float64) float64 {
	if lo <= 0 || hi <= 0 || v <= 0 {
		panic("plot: a value that is not above 0 on a logarithmic axis")
	}
	return (math.Log(v) - math.Log(lo)) / (math.Log(hi) - math.Log(lo))
}

// A Tick marks a value, by its label or, where that is "", by a short line alone.
type Tick struct {
	Value float64
	Label string
}

// IsMinor says whether it has no label.
func (t Tick) IsMinor() bool { return t.Label == "" }

// A TickerFunc returns the ticks of an axis from lo to hi.
type TickerFunc func(lo, hi float64) []Tick

// Ticks returns them.
func (f TickerFunc) Ticks(lo, hi float64) []Tick {
	if f == nil {
		return nil
	}
	return f(lo, hi)
}

func (a *Axis) ticks() []Tick { return a.Tick.Marker.Ticks(a.Min, a.Max) }

func (a *Axis) share(v float64) float64 {
	if a.Scale == nil {
		return (v - a.Min) / (a.Max - a.Min)
	}
	return a.Scale.Share(a.Min, a.Max, v)
}

// widen gives a range to an axis that has one value only.
func (a *Axis) widen() {
	if a.Min == a.Max {
		a.Min, a.Max = a.Min-1, a.Max+1
	}
}

// extents is how large the labels of an axis are: the largest, and each beyond its tick.
type extents struct {
	width, height vg.Length
	right, above  []overhang
}

func (a *Axis) labels() (e extents) {
	font := a.Tick.Label.FontExtents
	for _, t := range a.ticks() {
		if t.IsMinor() {
			continue
		}
		box := a.Tick.Label.Rectangle(t.Label)
		e.width, e.height = max(e.width, box.Size().X), max(e.height, box.Size().Y)
		at := a.share(t.Value)
		e.right = append(e.right, overhang{at, box.Max.X})
		e.above = append(e.above, overhang{at, box.Max.Y + font().Height - font().Ascent})
	}
	return e
}

// depth is how much room an axis takes, with labels of that size.
func (a *Axis) depth(labels vg.Length) vg.Length {
	depth := a.Width / 2
	if len(a.ticks()) > 0 {
		depth += labels + a.Tick.Length
	}
	return depth
}

// drawUnder draws a level axis below a canvas, from bottom upwards: its labels, its ticks,
// its line.
func (a *Axis) drawUnder(c draw.Canvas, bottom, labels vg.Length) {
	descent := a.Tick.Label.FontExtents().Descent
	line := bottom + labels + a.Tick.Length
	ticks := slices.DeleteFunc(a.ticks(), func(t Tick) bool { return !c.ContainsX(c.X(a.share(t.Value))) })
	for _, t := range ticks {
		c.FillText(a.Tick.Label, vg.Point{X: c.X(a.share(t.Value)), Y: bottom + labels + descent}, t.Label)
	}
	for _, t := range ticks {
		x := c.X(a.share(t.Value))
		c.StrokeLine2(a.Tick.LineStyle, x, line-a.length(t), x, line)
	}
	if a.Width > 0 {
		c.StrokeLine2(a.LineStyle, c.Min.X, line, c.Max.X, line)
	}
}

// drawBeside draws an upright axis to the left of a canvas, likewise.
func (a *Axis) drawBeside(c draw.Canvas, left, labels vg.Length) {
	descent := a.Tick.Label.FontExtents().Descent
	line := left + labels + a.Tick.Length
	if labels > 0 {
		line += a.Tick.Label.Width(" ")
	}
	ticks := slices.DeleteFunc(a.ticks(), func(t Tick) bool { return !c.ContainsY(c.Y(a.share(t.Value))) })
	for _, t := range ticks {
		c.FillText(a.Tick.Label, vg.Point{X: left + labels, Y: c.Y(a.share(t.Value)) + descent}, t.Label)
	}
	for _, t := range ticks {
		y := c.Y(a.share(t.Value))
		c.StrokeLine2(a.Tick.LineStyle, line-a.length(t), y, line, y)
	}
	if a.Width > 0 {
		c.StrokeLine2(a.LineStyle, line, c.Min.Y, line, c.Max.Y)
	}
}

func (a *Axis) length(t Tick) vg.Length {
	if t.IsMinor() {
		return a.Tick.Length / 2
	}
	return a.Tick.Length
}

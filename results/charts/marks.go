package charts

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"ipcbench/results/charts/internal/plot"
)

// A point is a value with the interval around it. lo and hi are NaN, or
// infinite, where there is no interval.
// aside is how far beside its place it is drawn, so that no two lie on each other.
type point struct {
	x, y, lo, hi float64
	aside        vg.Length
}

// on says where the point is drawn.
func (p point) on(x, y func(float64) vg.Length) vg.Point {
	return vg.Point{X: x(p.x) + p.aside, Y: y(p.y)}
}

func (p point) hasInterval() bool { return usable(p.lo) && usable(p.hi) }

// grid is the lines behind the data, at the ticks of both axes.
type grid struct{ x, y bool }

func (g grid) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	style := func(t plot.Tick) draw.LineStyle {
		if t.IsMinor() {
			return draw.LineStyle{Color: faintGrid, Width: hairline}
		}
		return draw.LineStyle{Color: gridInk, Width: hairline}
	}
	if g.y {
		for _, t := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
			if at := y(t.Value); c.ContainsY(at) {
				c.StrokeLine2(style(t), c.Min.X, at, c.Max.X, at)
			}
		}
	}
	if g.x {
		for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
			if at := x(t.Value); c.ContainsX(at) {
				c.StrokeLine2(style(t), at, c.Min.Y, at, c.Max.Y)
			}
		}
	}
}

// A band is the area between lo and hi of its points.
type band struct {
	look   look
	points []point
}

func (b band) Plot(c draw.Canvas, p *plot.Plot) {
	if len(b.points) < 2 {
		return
	}
	x, y := p.Transforms(&c)
	var outline vg.Path
	for i, pt := range b.points {
		at := vg.Point{X: x(pt.x), Y: y(pt.lo)}
		if i == 0 {
			outline.Move(at)
		} else {
			outline.Line(at)
		}
	}
	for i := len(b.points) - 1; i >= 0; i-- {
		outline.Line(vg.Point{X: x(b.points[i].x), Y: y(b.points[i].hi)})
	}
	outline.Close()
	c.SetColor(alpha(b.look.color, bandAlpha))
	c.Fill(outline)
}

// A curve is a line through its points, with a marker and an interval at
// those that marked selects.
type curve struct {
	look   look
	points []point
	marked func(i int) bool
	aside  []point // marks beside the line
}

func (k curve) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	line := make([]vg.Point, len(k.points))
	for i, pt := range k.points {
		line[i] = pt.on(x, y)
	}
	c.StrokeLines(k.look.line(), line)
	for _, pt := range k.aside {
		thin := k.look
		thin.thin = true
		thin.upright(c, pt, pt.on(x, y), y)
	}
	for i, pt := range k.points {
		if k.marked(i) {
			k.look.upright(c, pt, line[i], y)
		}
	}
}

// upright draws a point with its interval over it, which a marker would hide where it
// is short.
func (l look) upright(c draw.Canvas, pt point, at vg.Point, y func(float64) vg.Length) {
	l.mark(c, at, l.radius())
	if pt.hasInterval() {
		whisker(c, l.color, vg.Point{X: at.X, Y: y(pt.lo)}, vg.Point{X: at.X, Y: y(pt.hi)}, l.radius()+foot)
	}
}

// addCurves adds curves to a plot, hollow ones first: what lies on them stays to be
// seen, and they around it, see look.mark.
func addCurves(p *plot.Plot, curves []curve) {
	for _, hollow := range []bool{true, false} {
		for _, k := range curves {
			if k.look.hollow == hollow {
				p.Add(k)
			}
		}
	}
}

// whisker draws an interval, upright or level, with a foot at either end that
// reaches so far to both sides.
func whisker(c draw.Canvas, ink color.Color, from, to vg.Point, reach vg.Length) {
	style := draw.LineStyle{Color: ink, Width: whiskWidth}
	foot := vg.Point{X: reach}
	if from.Y == to.Y {
		foot = vg.Point{Y: reach}
	}
	c.StrokeLines(style, []vg.Point{from, to},
		[]vg.Point{from.Sub(foot), from.Add(foot)},
		[]vg.Point{to.Sub(foot), to.Add(foot)})
}

// A polygon is the shape of a marker: a circle where it has no corners. size
// makes all shapes look equally large.
type polygon struct {
	corners int
	turn    float64 // of the first corner, in quarter turns from the right
	size    vg.Length
}

var polygons = []polygon{
	{size: 1},
	{corners: 4, turn: 0.5, size: 1.25},
	{corners: 3, turn: 1, size: 1.4},
	{corners: 4, turn: 1, size: 1.35},
	{corners: 3, turn: -1, size: 1.4},
	{corners: 3, turn: 2, size: 1.4},
	{corners: 3, turn: 0, size: 1.4},
}

func (g polygon) path(at vg.Point, radius vg.Length) vg.Path {
	var p vg.Path
	r := radius * g.size
	if g.corners == 0 {
		p.Move(vg.Point{X: at.X + r, Y: at.Y})
		p.Arc(at, r, 0, 2*math.Pi)
		p.Close()
		return p
	}
	for i := range g.corners {
		sin, cos := math.Sincos(2*math.Pi*float64(i)/float64(g.corners) + g.turn*math.Pi/2)
		corner := vg.Point{X: at.X + r*vg.Length(cos), Y: at.Y + r*vg.Length(sin)}
		if i == 0 {
			p.Move(corner)
		} else {
			p.Line(corner)
		}
	}
	p.Close()
	return p
}

// mark draws the look's marker. A hollow one is a little larger, so that it is a
// ring around a filled one in the same place. A line of what was not measured has none.
func (l look) mark(c draw.Canvas, at vg.Point, radius vg.Length) {
	if l.marker < 0 {
		return
	}
	if !l.hollow {
		c.SetColor(l.color)
		c.Fill(polygons[l.marker].path(at, radius))
		return
	}
	shape := polygons[l.marker].path(at, radius+0.4)
	c.SetColor(paper)
	c.Fill(shape)
	c.SetLineStyle(draw.LineStyle{Color: l.color, Width: 1.2})
	c.Stroke(shape)
}

// sample draws a short piece of the look's line with its marker, as a key.
func (l look) sample(c draw.Canvas, from vg.Point, length vg.Length) {
	c.StrokeLine2(l.line(), from.X, from.Y, from.X+length, from.Y)
	l.mark(c, vg.Point{X: from.X + length/2, Y: from.Y}, l.radius())
}

// dot draws one of many marks: opaque, with an edge of paper by which those that
// overlap can be counted.
func (l look) dot(c draw.Canvas, at vg.Point, radius vg.Length) {
	shape := polygons[l.marker].path(at, radius)
	fill, edge, width := l.color, paper, vg.Length(0.4)
	if l.hollow {
		fill, edge, width = paper, l.color, 1.1
	}
	c.SetColor(fill)
	c.Fill(shape)
	c.SetLineStyle(draw.LineStyle{Color: edge, Width: width})
	c.Stroke(shape)
}

package charts

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"ipcbench/results/charts/internal/plot"
	"ipcbench/results/effect"
	"ipcbench/results/fleet"
)

// mostFleetRows is how many cells one picture shows: beyond, those that changed, or in which a
// host stands alone, and the first of the others.
const mostFleetRows = 120

// Fleet draws what changed on each host: a row for each cell, a column for each host, those of
// a class beside each other.
func Fleet(c fleet.Comparison) Chart {
	chart := Chart{
		Name: "fleet", Title: "What changed on each host",
		Caption: fmt.Sprintf("From %s to %s. Each square is a cell on a host, each row of a class has what its hosts share to the left; a framed square is a host that stands alone.", c.Old, c.New),
		Columns: []string{"class", "cell", "hosts", "change", "alone"},
	}
	m := fleetMap{}
	for _, class := range c.Classes {
		part := fleetPart{title: fmt.Sprintf("%s, %d hosts", class.Name, len(class.Hosts)), rows: class.Telling(mostFleetRows)}
		for _, host := range class.Hosts {
			part.hosts = append(part.hosts, host.Name)
		}
		for _, row := range part.rows {
			part.names = append(part.names, row.Cell.Describe(" ", "workload"))
			chart.Rows = append(chart.Rows, []string{class.Name, row.Cell.Describe(" "), fmt.Sprint(len(row.On)), effect.FormatChange(row.Change), class.AloneIn(row)})
		}
		m = append(m, part)
	}
	chart.figure = figure{title: chart.Title, subtitle: chart.Caption, height: m.height(), footer: "In blue what got better, in orange what got worse; the darkest by " + effect.FormatChange(mostFleetChange) + " or more.", plot: newPlot()}
	chart.figure.plot.HideAxes()
	chart.figure.plot.X.Max, chart.figure.plot.Y.Max = 1, 1
	chart.figure.plot.Add(m)
	return chart
}

// A fleetMap is the squares of all classes, below each other.
type fleetMap []fleetPart

type fleetPart struct {
	title string
	hosts []string
	names []string // of the rows
	rows  []fleet.Row
}

const (
	mostFleetChange = 0.25
	widestSquare    = 14
	tallestSquare   = 12
	allWidth        = 20 // of the square for all hosts
	fleetGap        = 4
)

// The colours of what got better and worse, where it did most.
var betterInk, worseInk = rgb(0x0067A3), rgb(0xB04A00)

// fleetColour is that of a change, between paper and the darkest: by its logarithm, and so that
// a few percent can be seen.
func fleetColour(r fleet.Row, change float64) color.NRGBA {
	share := math.Sqrt(min(1, math.Abs(math.Log1p(change))/math.Log1p(mostFleetChange)))
	if r.IsBetter(change) {
		return mix(grey(0xF7), betterInk, share)
	}
	return mix(grey(0xF7), worseInk, share)
}

func (m fleetMap) height() vg.Length {
	var height vg.Length
	for _, p := range m {
		height += p.height()
	}
	return max(height, 60)
}

func (p fleetPart) height() vg.Length {
	return headRow + tickRow + vg.Length(len(p.rows))*p.tall() + mapApart
}

// tall is how high a row is: as its name needs.
func (p fleetPart) tall() vg.Length {
	if len(p.rows) > 40 {
		return 7
	}
	return tallestSquare
}

func (p fleetPart) lettering() lettering {
	return lettering{size: min(nameType.size, p.tall()*0.9), ink: nameType.ink}
}

func (p fleetPart) left() vg.Length {
	var widest vg.Length
	for _, name := range p.names {
		widest = max(widest, p.lettering().width(name))
	}
	return min(widest, inner/2) + cellNameApart
}

// Plot draws the squares, whatever the axes are.
func (m fleetMap) Plot(c draw.Canvas, _ *plot.Plot) {
	top := c.Max.Y
	for _, p := range m {
		p.draw(c, vg.Point{X: c.Min.X, Y: top})
		top -= p.height()
	}
}

func (p fleetPart) draw(c draw.Canvas, corner vg.Point) {
	headType.write(c, corner.X, corner.Y-headType.size, fromLeft, p.title)
	tall, left := p.tall(), p.left()
	wide := min(widestSquare, (inner-left-allWidth-fleetGap)/vg.Length(max(1, len(p.hosts))))
	x, y := corner.X+left, corner.Y-headRow-tickRow
	footerType.write(c, x+allWidth/2, y+cellNameApart, centred, "all")
	p.nameHosts(c, vg.Point{X: x + allWidth + fleetGap, Y: y}, wide)
	for i, row := range p.rows {
		at := y - vg.Length(i)*tall
		p.lettering().writeMid(c, x-cellNameApart, at-tall/2, toRight, p.names[i])
		all := square{vg.Point{X: x, Y: at}, allWidth, tall}
		asMark(c, p.names[i]+", all hosts: "+effect.FormatChange(row.Change), func() { all.fill(c, fleetColour(row, row.Change)) })
		for _, on := range row.On {
			box := square{vg.Point{X: x + allWidth + fleetGap + vg.Length(on.Host)*wide, Y: at}, wide, tall}
			asMark(c, p.names[i]+", "+p.hosts[on.Host]+": "+effect.FormatChange(on.Change), func() { box.fill(c, fleetColour(row, on.Change)) })
			if on.Alone {
				box.frame(c)
			}
		}
	}
}

// nameHosts names as many of the columns as fit.
func (p fleetPart) nameHosts(c draw.Canvas, at vg.Point, wide vg.Length) {
	widest := vg.Length(0)
	for _, host := range p.hosts {
		widest = max(widest, footerType.width(host))
	}
	every := max(1, int(math.Ceil(float64((widest+3)/wide))))
	for i, host := range p.hosts {
		if i%every == 0 {
			footerType.write(c, at.X+(vg.Length(i)+0.5)*wide, at.Y+cellNameApart, centred, host)
		}
	}
}

// frame draws a line inside of the square.
func (s square) frame(c draw.Canvas) {
	const in = 0.6
	x, y, right, low := s.corner.X+in, s.corner.Y-in, s.corner.X+s.width-in, s.corner.Y-s.height+in
	corners := []vg.Point{{X: x, Y: y}, {X: right, Y: y}, {X: right, Y: low}, {X: x, Y: low}, {X: x, Y: y}}
	c.StrokeLines(draw.LineStyle{Color: ink, Width: 1.2}, corners)
}

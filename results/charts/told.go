package charts

import (
	"fmt"
	"html"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// On a page, a chart tells what is drawn from what it is of: its script shows the value
// of a mark that is pointed at, which a browser without script does too, and hides a
// series whose name is clicked. A picture is drawn as if nothing of this were here.

// ofSeries draws what belongs to the series of that name; "": to none.
func ofSeries(c draw.Canvas, name string, draw func()) {
	grouped(c, name, `<g data-of="%s">`, draw)
}

// asName draws the name of that series, where it is to be clicked.
func asName(c draw.Canvas, name string, draw func()) {
	grouped(c, name, `<g class="name" data-of="%s">`, draw)
}

// asMark draws a mark that stands for a value; "": for none that could be told.
func asMark(c draw.Canvas, value string, draw func()) {
	grouped(c, value, `<g class="mark"><title>%s</title>`, draw)
}

func grouped(c draw.Canvas, what, opening string, draw func()) {
	canvas, is := undivided(c).(*svgCanvas)
	if !is || canvas.outlines != nil || what == "" {
		draw()
		return
	}
	fmt.Fprintf(&canvas.body, opening, html.EscapeString(printable(what)))
	draw()
	canvas.body.WriteString("</g>\n")
}

// undivided is the canvas that another is a part of, or of a part of.
func undivided(c vg.Canvas) vg.Canvas {
	for {
		part, is := c.(draw.Canvas)
		if !is {
			return c
		}
		c = part.Canvas
	}
}

// told has a line say which series it is of, and its points their values.
func (p panel) told(line func(series) curve) func(series) curve {
	return func(s series) curve {
		k := line(s)
		k.series = s.name
		k.says = func(pt point) string { return s.name + ": " + pt.text(p.metric.Format) }
		return k
	}
}

// text writes the value of a point with its interval.
func (p point) text(format func(float64) string) string {
	if !p.hasInterval() {
		return format(p.y)
	}
	return fmt.Sprintf("%s [%s, %s]", format(p.y), format(p.lo), format(p.hi))
}

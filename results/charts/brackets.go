package charts

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// drawNames names the rows and columns of a square, as many of them as fit.
func (h heatMaps) drawNames(c draw.Canvas, origin vg.Point, at []vg.Length, cell vg.Length) {
	l := lettering{size: nameSize(cell), ink: nameType.ink}
	var widest vg.Length
	for _, name := range h.names {
		widest = max(widest, l.width(name))
	}
	every := 1
	for vg.Length(every)*cell < widest+0.6 {
		every++
	}
	for i, name := range h.names {
		l.writeMid(c, origin.X-cellNameApart, origin.Y-at[i]-cell/2, toRight, name)
		if i%every == 0 {
			l.write(c, origin.X+at[i]+cell/2, origin.Y+cellNameApart, centred, name)
		}
	}
}

// brackets draws each group of each level above the square, with its label where that
// fits, and to the left of it.
func (h heatMaps) brackets(c draw.Canvas, origin vg.Point, at []vg.Length, cell vg.Length) {
	above, aside := origin.Y+tickRow-3, origin.X-cellNameApart-h.nameWidth()-4
	for n := len(h.levels) - 1; n >= 0; n-- { // the narrowest is the nearest
		l := h.levels[n]
		for from, to := 0, 0; from < len(l.groups); from = to {
			for to = from; to < len(l.groups) && l.groups[to] == l.groups[from]; {
				to++
			}
			label := l.label(l.groups[from])
			if to-from == 1 && label == "" {
				continue // it would be as wide as a name
			}
			first, last := at[from], at[to-1]+cell
			bracket(c, vg.Point{X: origin.X + first, Y: above}, vg.Point{X: origin.X + last, Y: above}, vg.Point{Y: -2})
			bracket(c, vg.Point{X: aside, Y: origin.Y - first}, vg.Point{X: aside, Y: origin.Y - last}, vg.Point{X: 2})
			if footerType.width(label) <= last-first {
				name := lettering{size: footerType.size, ink: softInk}
				name.write(c, origin.X+(first+last)/2, above+2, centred, label)
			}
		}
		above += l.row()
		aside -= bracketRow
	}
}

// bracket draws a line from one point to another with feet at both.
func bracket(c draw.Canvas, from, to, foot vg.Point) {
	const inside = 0.4 // so that two brackets do not touch
	switch {
	case foot.X == 0:
		from.X, to.X = from.X+inside, to.X-inside
	default:
		from.Y, to.Y = from.Y-inside, to.Y+inside
	}
	c.StrokeLines(draw.LineStyle{Color: axisInk, Width: 0.8}, []vg.Point{from.Add(foot), from, to, to.Add(foot)})
}

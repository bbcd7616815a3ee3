package charts

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"ipcbench/results"
	"ipcbench/results/charts/internal/plot"
)

// heatMaps are squares of one kind, one for each of several metrics, beside each
// other where there is room and otherwise under each other.
type heatMaps struct {
	names  []string // of rows and columns
	levels []level
	gaps   []float64 // before each row and column, in points
	maps   []heatMap
}

// A heatMap is one of them.
type heatMap struct {
	title       string
	cells       [][]results.Passes // by row and column; none on the diagonal, and where there is no result
	least, most float64            // between which colours lie, on a logarithmic scale
}

const (
	sideBySide    = 30 // how wide cells must be for squares beside each other
	widestCell    = 44
	spanCell      = 36 // how wide cells must be for the least and the most of the passes
	mapApart      = 18
	headRow       = 18  // of a title
	barApart      = 12  // from a square to its bar of colours
	barWidth      = 9   // of that
	barLabels     = 42  // to its right
	tallestBar    = 170 // of all squares
	bracketRow    = 5   // without a label
	labelledRow   = 13
	cellNameApart = 3 // between a name and its row
)

// heat is from little to much. Each colour is darker than the one before, so that they
// can be told apart in grey and with every kind of colour vision.
var heat = []color.NRGBA{rgb(0xFBF3DC), rgb(0xC3DFEA), rgb(0x56B4E9), rgb(0x0072B2), rgb(0x08264A)}

// What is written on a colour is of no ink, which a dark page would change.
var onLight, onDark = rgb(0x101418), rgb(0xFCFDFE)

// heatOf is the colour of a share of the way from least to most.
func heatOf(share float64) color.NRGBA {
	at := max(0, min(1, share)) * float64(len(heat)-1)
	i := min(int(at), len(heat)-2)
	return mix(heat[i], heat[i+1], at-float64(i))
}

// against is what can be read on a colour.
func against(c color.NRGBA) color.NRGBA {
	if 0.299*float64(c.R)+0.587*float64(c.G)+0.114*float64(c.B) < 125 {
		return onDark
	}
	return onLight
}

func (m heatMap) share(v float64) float64 { return math.Log(v/m.least) / math.Log(m.most/m.least) }

// beside says whether there is room for all squares side by side, and how wide a cell
// is then or otherwise.
func (h heatMaps) beside() (beside bool, cell vg.Length) {
	n := vg.Length(len(h.maps))
	if cell = h.cellIn((inner - (n-1)*mapApart) / n); n > 1 && cell >= sideBySide {
		return true, cell
	}
	return false, h.cellIn(inner)
}

// cellIn is how wide a cell is where a square with all around it has so much room.
func (h heatMaps) cellIn(width vg.Length) vg.Length {
	width -= h.around()
	for _, gap := range h.gaps {
		width -= vg.Length(gap)
	}
	return min(widestCell, width/vg.Length(len(h.names)))
}

// around is what stands to the left and to the right of a square.
func (h heatMaps) around() vg.Length { return h.left() + barApart + barWidth + barLabels }

func (h heatMaps) width(cell vg.Length) vg.Length { return h.around() + h.side(cell) }

// nameSize is how large names are beside cells.
func nameSize(cell vg.Length) vg.Length { return max(5, min(nameType.size, cell*0.82)) }

func (h heatMaps) nameWidth() vg.Length {
	var widest vg.Length
	for _, name := range h.names {
		widest = max(widest, nameType.width(name))
	}
	return widest
}

// left is what stands to the left of a square, top above it.
func (h heatMaps) left() vg.Length {
	return vg.Length(len(h.levels))*bracketRow + 2 + h.nameWidth() + cellNameApart
}

func (h heatMaps) top() vg.Length {
	height := vg.Length(headRow + tickRow - 2)
	for _, l := range h.levels {
		height += l.row()
	}
	return height
}

func (l level) row() vg.Length {
	if l.label(l.groups[0]) == "" && l.label(l.groups[len(l.groups)-1]) == "" {
		return bracketRow
	}
	return labelledRow
}

// side is how wide and high a square is.
func (h heatMaps) side(cell vg.Length) vg.Length {
	at := h.places(cell)
	return at[len(at)-1] + cell
}

// places are where rows and columns begin.
func (h heatMaps) places(cell vg.Length) []vg.Length {
	at := make([]vg.Length, len(h.names))
	for i := range at {
		if i > 0 {
			at[i] = at[i-1] + cell
		}
		at[i] += vg.Length(h.gaps[i])
	}
	return at
}

func (h heatMaps) height() vg.Length {
	beside, cell := h.beside()
	one := h.top() + max(h.side(cell), 60)
	if n := vg.Length(len(h.maps)); !beside && n > 1 {
		return n*one + (n-1)*mapApart
	}
	return one
}

// Plot draws the squares, whatever the axes are.
func (h heatMaps) Plot(c draw.Canvas, _ *plot.Plot) {
	beside, cell := h.beside()
	at := vg.Point{X: c.Min.X, Y: c.Max.Y}
	for _, m := range h.maps {
		h.draw(c, m, at, cell)
		if beside {
			at.X += h.width(cell) + mapApart
		} else {
			at.Y -= h.top() + max(h.side(cell), 60) + mapApart
		}
	}
}

// draw draws a square with all that is around it, below and right of a corner.
func (h heatMaps) draw(c draw.Canvas, m heatMap, corner vg.Point, cell vg.Length) {
	headType.write(c, corner.X, corner.Y-headType.size, fromLeft, m.title)
	at, origin := h.places(cell), vg.Point{X: corner.X + h.left(), Y: corner.Y - h.top()}
	h.brackets(c, origin, at, cell)
	h.drawNames(c, origin, at, cell)
	values := m.lettering(cell)
	for i, row := range m.cells {
		for j, passes := range row {
			box := square{vg.Point{X: origin.X + at[j], Y: origin.Y - at[i]}, cell, cell}
			if i == j {
				box.fill(c, faintGrid)
			} else {
				m.drawCell(c, box, passes, values)
			}
		}
	}
	m.drawBar(c, vg.Point{X: origin.X + h.side(cell) + barApart, Y: origin.Y}, max(60, min(h.side(cell), tallestBar)))
}

// A square is a rectangle below and right of its corner.
type square struct {
	corner        vg.Point
	width, height vg.Length
}

// fill fills it. It reaches a little beyond, so that no seam shows between two.
func (s square) fill(c draw.Canvas, ink color.Color) {
	const seam = 0.1
	x, y, right, low := s.corner.X, s.corner.Y, s.corner.X+s.width+seam, s.corner.Y-s.height-seam
	c.FillPolygon(ink, []vg.Point{{X: x, Y: y}, {X: right, Y: y}, {X: right, Y: low}, {X: x, Y: low}})
}

func (s square) middle() vg.Point {
	return vg.Point{X: s.corner.X + s.width/2, Y: s.corner.Y - s.height/2}
}

// lettering is that in which all values of the square fit into its cells; of size 0
// where there is none.
func (m heatMap) lettering(cell vg.Length) lettering {
	for _, size := range []vg.Length{valueType.size + 0.5, 8, 7, 6} {
		l, fits := lettering{size: size}, true
		for _, row := range m.cells {
			for _, passes := range row {
				fits = fits && l.width(results.FormatBareNS(passes.Median())) <= cell-3
			}
		}
		if fits && size <= cell-3 {
			return l
		}
	}
	return lettering{}
}

// drawCell draws the colour of a pair, its value and, with room, the least and the
// most of its passes.
func (m heatMap) drawCell(c draw.Canvas, s square, passes results.Passes, values lettering) {
	ink := paper
	if values.ink = faintInk; len(passes) > 0 {
		ink = heatOf(m.share(max(m.least, passes.Median())))
		values.ink = against(ink)
	}
	s.fill(c, ink)
	middle := s.middle()
	least, most := passes.Range()
	small := lettering{size: 6, ink: values.ink}
	span := results.FormatBareNS(least) + "–" + results.FormatBareNS(most)
	if len(passes) > 1 && s.width >= spanCell && small.width(span) <= s.width-4 {
		small.writeMid(c, middle.X, middle.Y-values.size*0.75, centred, span)
		middle.Y += small.size * 0.5
	}
	if values.size > 0 {
		values.writeMid(c, middle.X, middle.Y, centred, results.FormatBareNS(passes.Median()))
	}
	if passes.Wander() {
		tip, size := vg.Point{X: s.corner.X + s.width, Y: s.corner.Y}, min(5, s.width*0.4)
		c.FillPolygon(values.ink, []vg.Point{tip, {X: tip.X - size, Y: tip.Y}, {X: tip.X, Y: tip.Y - size}})
	}
}

// drawBar draws the bar of colours with its scale, below and right of a corner.
func (m heatMap) drawBar(c draw.Canvas, corner vg.Point, height vg.Length) {
	const steps = 100
	for i := range steps { // each covers the last but for a step, so that no seam shows
		share := vg.Length(i) / steps
		square{vg.Point{X: corner.X, Y: corner.Y - height*share}, barWidth, height * (1 - share)}.fill(c, heatOf(1-float64(share)))
	}
	for _, t := range logTicks(nsTick, max(2, int(height/16)))(m.least, m.most) {
		if t.IsMinor() {
			continue
		}
		y, x := corner.Y-height*vg.Length(1-m.share(t.Value)), corner.X+barWidth
		c.StrokeLine2(draw.LineStyle{Color: axisInk, Width: hairline}, x, y, x+tickLength, y)
		valueType.writeMid(c, x+tickLength+2.5, y, fromLeft, t.Label)
	}
}

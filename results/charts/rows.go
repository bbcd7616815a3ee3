package charts

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"ipcbench/results/charts/internal/plot"
)

// A row is one line of a chart in rows: a name on the left, marks on a level
// axis, and numbers on the right. A row without marks is the heading of those
// that follow.
type row struct {
	name   string
	values []string  // one for each value column
	first  lettering // of the first of them, where it is not set as the others are
	marks  func(c draw.Canvas, x func(float64) vg.Length, y, height vg.Length)
}

// rows is a chart in rows. All rows are of one height.
type rows struct {
	rows    []row
	heads   []string // of the value columns
	height  vg.Length
	columns []vg.Length // widths of the value columns
	names   vg.Length   // width of the names
}

const (
	indent    = 10
	columnGap = 14
)

func newRows(all []row, heads []string, height vg.Length) rows {
	r := rows{rows: all, heads: heads, height: height, columns: make([]vg.Length, len(heads))}
	for i, h := range heads {
		heads[i] = cut(h, headType, maxColumn)
		r.columns[i] = headType.width(heads[i])
	}
	for _, line := range all {
		if line.marks == nil {
			r.names = max(r.names, min(headType.width(line.name), maxNames))
			continue
		}
		r.names = max(r.names, min(indent+nameType.width(line.name), maxNames))
		for i, v := range line.values {
			r.columns[i] = max(r.columns[i], line.lettering(i).width(v))
		}
	}
	return r
}

const (
	leastRows = 2   // is what makes a chart of rows worth drawing: one is a line of the table
	maxNames  = 190 // is the most room that the names of rows may take; a longer one is cut short
	maxColumn = 60  // likewise for the head of a value column
	leastPlot = 170 // is what the value columns must leave, or there are none: the table has the values
)

// put makes the rows the figure's plot, on a logarithmic level axis that is
// wide enough for values.
func (r rows) put(f *figure, label func(float64) string, values []float64) {
	r = r.frame(f)
	f.plot.X.Min, f.plot.X.Max = logRange(values...)
	f.plot.X.Scale = plot.LogScale{}
	widest := max(tickType.width(label(200)), tickType.width(label(200e3)), tickType.width(label(200e6)))
	f.plot.X.Tick.Marker = logTicks(label, f.room(widest))
	f.plot.Add(grid{x: true}, r)
}

// frame gives the figure an empty plot with room for the rows' names and
// values, and returns the rows as they have room there.
func (r rows) frame(f *figure) rows {
	f.plot = newPlot()
	f.plot.Y.Min, f.plot.Y.Max = 0, float64(len(r.rows))
	f.plot.HideY()
	f.height = vg.Length(len(r.rows))*r.height + tickRow
	f.left = r.names + 8
	for _, w := range r.columns {
		f.right += w + columnGap
	}
	if inner-f.left-f.right < leastPlot {
		f.right, r.heads = 0, nil
	}
	return r
}

// room is how many tick labels of a width fit under the plot.
func (f *figure) room(widest vg.Length) int {
	return max(2, int((inner-f.left-f.right)/(widest+6)))
}

// lettering is how the i-th value is set.
func (r row) lettering(i int) lettering {
	if i == 0 && r.first != (lettering{}) {
		return r.first
	}
	return valueType
}

func (r rows) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	r.writeHeads(c)
	for i, line := range r.rows {
		middle := y(float64(len(r.rows)-i) - 0.5)
		if line.marks == nil {
			headType.writeMid(c, c.Min.X-8-r.names, middle-2, fromLeft, cut(line.name, headType, r.names))
			if i > 0 {
				c.StrokeLine2(draw.LineStyle{Color: gridInk, Width: hairline}, c.Min.X-8-r.names, middle+r.height/2, c.Max.X, middle+r.height/2)
			}
			continue
		}
		nameType.writeMid(c, c.Min.X-8, middle, toRight, cut(line.name, nameType, maxNames-indent))
		line.marks(c, x, middle, r.height)
		right := c.Max.X
		for j := range r.heads {
			right += columnGap + r.columns[j]
			line.lettering(j).writeMid(c, right, middle, toRight, line.values[j])
		}
	}
}

func (r rows) writeHeads(c draw.Canvas) {
	right := c.Max.X
	for i, h := range r.heads {
		right += columnGap + r.columns[i]
		headType.writeMid(c, right, c.Max.Y-r.height/2-2, toRight, h)
	}
}

// cut shortens s to a width, and says so.
func cut(s string, l lettering, width vg.Length) string {
	if l.width(s) <= width {
		return s
	}
	letters := []rune(printable(s))
	for len(letters) > 1 && l.width(string(letters)+"…") > width {
		letters = letters[:len(letters)-1]
	}
	return string(letters) + "…"
}

// interval draws a level whisker around y where there is an interval.
// Its feet reach so far to both sides.
func interval(c draw.Canvas, l look, x func(float64) vg.Length, lo, hi float64, y, reach vg.Length) {
	if usable(lo) && usable(hi) {
		whisker(c, l.color, vg.Point{X: x(lo), Y: y}, vg.Point{X: x(hi), Y: y}, reach)
	}
}

// among sets n things under each other around 0, each so far from the next,
// and says where the i-th is.
func among(i, n int, apart vg.Length) vg.Length {
	return apart * (vg.Length(n-1)/2 - vg.Length(i))
}

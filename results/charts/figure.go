package charts

import (
	"fmt"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"ipcbench/results"
	"ipcbench/results/charts/internal/plot"
)

// A figure is the frame of a chart: everything around the data.
type figure struct {
	title, subtitle string
	key             []entry   // a legend under the subtitle
	above, below    string    // the names of the axes: y above its axis, x below its end
	left, right     vg.Length // kept free beside the plot for what its marks write there
	height          vg.Length // of the plot with its tick labels
	footer          string
	plot            *plot.Plot
	multiples       []multiple // instead of the plot
	body            []part     // instead of either
}

// An entry is one thing that a legend explains.
type entry struct {
	look look
	line bool // as a line with a marker, or the marker alone
	text string
}

const (
	margin  = 12
	inner   = figureWidth - 2*margin
	tickRow = 16 // below the plot
)

// A row is a part of the frame, from top to bottom.
type part struct {
	height vg.Length
	draw   func(c draw.Canvas) // on a canvas of that height
}

// parts lays the frame out.
func (f figure) parts() []part {
	parts := []part{space(margin - 2)}
	parts = append(parts, prose(f.title, titleType)...)
	parts = append(parts, space(1.5))
	parts = append(parts, prose(f.subtitle, subtitleType)...)
	if len(f.key) > 0 {
		parts = append(parts, space(7))
		parts = append(parts, legend(f.key)...)
	}
	parts = append(parts, space(8))
	if f.above != "" {
		parts = append(parts, prose(f.above, axisType)...)
		parts = append(parts, space(3))
	}
	if f.body != nil {
		parts = append(parts, f.body...)
	} else if f.multiples != nil {
		parts = append(parts, rowsOf(f.multiples, f.height, f.below)...)
	} else {
		parts = append(parts, part{f.height, func(c draw.Canvas) {
			f.plot.Draw(draw.Crop(c, f.left, -f.right, 0, 0))
		}})
	}
	if f.below != "" && f.multiples == nil {
		parts = append(parts, space(2), part{axisType.leading(), func(c draw.Canvas) {
			axisType.write(c, c.Max.X-f.right, c.Min.Y+axisType.size*0.25, toRight, f.below)
		}})
	}
	parts = append(parts, space(8))
	parts = append(parts, prose(f.footer, footerType)...)
	return append(parts, space(margin-4))
}

// size is the size of the whole figure.
func (f figure) size() (width, height vg.Length) {
	for _, p := range f.parts() {
		height += p.height
	}
	return figureWidth, height
}

func (f figure) draw(canvas vg.CanvasSizer) {
	c := draw.Crop(draw.New(canvas), margin, -margin, 0, 0)
	top := c.Max.Y
	for _, p := range f.parts() {
		c.Max.Y, c.Min.Y = top, top-p.height
		if p.draw != nil {
			p.draw(c)
		}
		top -= p.height
	}
}

func space(height vg.Length) part { return part{height: height} }

// prose is a text broken into lines.
func prose(text string, l lettering) []part {
	if text == "" {
		return nil
	}
	var parts []part
	for _, line := range wrap(text, l, inner, betweenWords) {
		parts = append(parts, part{l.leading(), func(c draw.Canvas) {
			l.write(c, c.Min.X, c.Min.Y+l.size*0.25, fromLeft, strings.TrimSuffix(line, " ·"))
		}})
	}
	return parts
}

// legend sets the entries in as many rows as they need.
func legend(key []entry) []part {
	const gap = 16
	width := func(e entry) vg.Length {
		if e.line {
			return keyLength + 7 + nameType.width(e.text)
		}
		return 2*markRadius + 7 + nameType.width(e.text)
	}
	var rows [][]entry
	x := vg.Length(inner)
	for _, e := range key {
		if x += width(e) + gap; x > inner {
			rows, x = append(rows, nil), width(e)+gap
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], e)
	}
	var parts []part
	for _, row := range rows {
		parts = append(parts, part{13, func(c draw.Canvas) {
			at := vg.Point{X: c.Min.X, Y: (c.Min.Y + c.Max.Y) / 2}
			for _, e := range row {
				e.draw(c, at)
				at.X += width(e) + gap
			}
		}})
	}
	return parts
}

func (e entry) draw(c draw.Canvas, at vg.Point) {
	x := at.X + 2*markRadius
	if e.line {
		e.look.sample(c, at, keyLength)
		x = at.X + keyLength
	} else {
		e.look.mark(c, vg.Point{X: at.X + markRadius, Y: at.Y}, e.look.radius())
	}
	nameType.writeMid(c, x+7, at.Y, fromLeft, e.text)
}

// footer says what a reader of the picture alone must know about where the
// numbers come from.
func (p panel) footer() string {
	kernel := p.run.Host["kernel"]
	if kernel != "" {
		kernel = "Linux " + kernel
	}
	facts := []string{strings.TrimSpace("ipcbench " + p.run.Version)}
	for _, fact := range []string{p.run.Host["cpu"], kernel, p.filesystems(), p.run.Name} {
		if fact != "" {
			facts = append(facts, fact)
		}
	}
	return strings.Join(facts, " · ")
}

// filesystems lists the filesystems of the cells with their mount options.
func (p panel) filesystems() string {
	var all []string
	for _, dir := range p.dirs {
		for _, c := range p.cells {
			if c.Dir != dir || c.FSType == "" {
				continue
			}
			fs := c.FSType
			if c.Mount != "" {
				fs += " (" + c.Mount + ")"
			}
			all = append(all, fs)
			break
		}
	}
	return strings.Join(all, ", ")
}

// launchCount says over how many launches the cells were measured: "10
// launches", "8 to 10 launches".
func (p panel) launchCount() string {
	least, most := 0, 0
	for i, c := range p.cells {
		if i == 0 || c.Launches < least {
			least = c.Launches
		}
		most = max(most, c.Launches)
	}
	switch {
	case most == 1:
		return "1 launch"
	case least == most:
		return fmt.Sprintf("%d launches", most)
	}
	return fmt.Sprintf("%d to %d launches", least, most)
}

// better says which way is better of what is shown.
func better(m results.Metric) string {
	if m.More {
		return " · higher is better"
	}
	return " · lower is better"
}

func (p panel) better() string { return better(p.metric) }

// points says what the points and bars of a chart are.
func (p panel) points() string {
	return " Points: median of " + p.launchCount() + p.bars()
}

// bars says what the bars of a chart are, where there are any.
func (p panel) bars() string {
	for _, c := range p.cells {
		if p.valueOf(c).HasInterval() {
			return "; bar: its 95 % confidence interval."
		}
	}
	return ", too few for an interval."
}

// leftOut says what a chart does not show.
func leftOut(series int) string {
	switch series {
	case 0:
		return ""
	case 1:
		return " 1 more series is not drawn; the table has it."
	}
	return fmt.Sprintf(" %d more series are not drawn; the table has them.", series)
}

// cpus says where the two ends ran, going by the first cell: a placement means
// the same pair in all cells of a run.
func (p panel) cpus() string {
	switch c := p.cells[0]; {
	case c.ProducerCPU < 0 || c.ConsumerCPU < 0:
		return "not pinned to CPUs"
	case c.ProducerCPU == c.ConsumerCPU:
		return fmt.Sprintf("both ends on CPU %d", c.ProducerCPU)
	default:
		return fmt.Sprintf("CPUs %d and %d", c.ProducerCPU, c.ConsumerCPU)
	}
}

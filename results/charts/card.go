package charts

import (
	"io"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// A Card is the one picture of a run that people pass on: the answer, the machine it
// holds for and the command that gave it. It is 1200 by 675 dots, which is what pages
// that show a link make room for.
type Card struct {
	Title   string
	Lines   []string // the answer: three to six sentences
	Shown   string   // what the bars are: "Median round trip, 64 B · lower is better"
	Groups  []Bars   // one or two, each to its own scale
	Machine string
	Command string
}

// Bars are the values of those that can be compared with each other.
type Bars struct {
	Title string // "may sleep"
	Bars  []Bar
}

// A Bar is one of them. Of several values, the modes of its launches, it has a thinner
// one each.
type Bar struct {
	Transport string // its word, which decides on the colour: "mmap"
	Label     string // "mmap:wait=futex"
	Values    []Value
}

// A Value is how long a bar is, and how that is written: "6.76 µs", of a mode "111 ns ×3".
type Value struct {
	At   float64
	Text string
}

const (
	cardWidth, cardHeight = 1200, 675 // in dots, which are points here
	cardEdge              = 52
	cardGap               = 48 // between the answer and the bars
	cardText              = 540
	cardBars              = cardWidth - 2*cardEdge - cardText - cardGap
	cardFooter            = 104
	cardUnder             = 24 // above the footer
	cardRow               = 44 // of a bar at most
	cardHeading           = 46 // of a group
	mostLabel             = 210
	cardLines             = 6
	leastOfBar            = 3 // so that a short one is seen
)

// The letterings of a card, which is seen small.
var (
	cardTitle   = lettering{size: 40, bold: true, ink: ink}
	cardAnswer  = lettering{size: 25, ink: ink}
	cardShown   = lettering{size: 16, ink: softInk}
	cardHead    = lettering{size: 18, bold: true, ink: ink}
	cardLabel   = lettering{size: 17, ink: ink}
	cardValue   = lettering{size: 17, bold: true, ink: ink}
	cardCommand = lettering{size: 22, bold: true, ink: ink}
	cardMachine = lettering{size: 16, ink: softInk}
)

// WriteSVG writes the card as a picture that looks the same everywhere.
func (c Card) WriteSVG(w io.Writer) error {
	canvas := newSVG(cardWidth, cardHeight, false)
	canvas.unit = "px"
	c.draw(canvas)
	return canvas.writeTo(w, c.Title, c.Shown)
}

// WritePNG writes it dot by dot.
func (c Card) WritePNG(w io.Writer) error {
	canvas := vgimg.NewWith(vgimg.UseWH(cardWidth, cardHeight), vgimg.UseDPI(72))
	c.draw(canvas)
	return pngEncoder.Encode(w, canvas.Image())
}

func (c Card) draw(canvas vg.CanvasSizer) {
	all := draw.New(canvas)
	body := draw.Crop(all, cardEdge, -cardEdge, cardFooter+cardUnder, -cardEdge+8)
	body.Max.Y = c.drawTitle(body)
	c.drawAnswer(draw.Crop(body, 0, -cardBars-cardGap, 0, 0))
	c.drawBars(draw.Crop(body, cardText+cardGap, 0, 0, 0))
	c.drawFooter(draw.Crop(all, 0, 0, 0, cardFooter-cardHeight))
}

// A block is a text as it is set into a box: in lines, as large as fits.
type block struct {
	lettering
	lines [][]string // of each paragraph
	apart vg.Length  // between two of them
}

func (b block) height() vg.Length {
	height := b.apart * vg.Length(len(b.lines)-1)
	for _, lines := range b.lines {
		height += b.leading() * vg.Length(len(lines))
	}
	return height
}

// fitted sets paragraphs in that lettering, or in a smaller one in which they fit.
func fitted(paragraphs []string, l lettering, width, height vg.Length) block {
	const least, step = 12, 1
	for ; ; l.size -= step {
		b := block{lettering: l, apart: l.size * 0.55}
		for _, text := range paragraphs {
			b.lines = append(b.lines, wrap(text, l, width, betweenWords))
		}
		if b.height() <= height || l.size <= least {
			return b
		}
	}
}

// draw sets the block below y, and says where it ends.
func (b block) draw(c draw.Canvas, y vg.Length) vg.Length {
	for _, lines := range b.lines {
		for _, line := range lines {
			b.write(c, c.Min.X, y-b.size, fromLeft, line)
			y -= b.leading()
		}
		y -= b.apart
	}
	return y + b.apart
}

// drawTitle writes the title, and says where the room below it begins.
func (c Card) drawTitle(box draw.Canvas) vg.Length {
	y := fitted([]string{c.Title}, cardTitle, cardWidth-2*cardEdge, 2*cardTitle.leading()).draw(box, box.Max.Y) - 8
	box.StrokeLine2(draw.LineStyle{Color: tintOf("mmap").color, Width: 4}, box.Min.X, y, box.Min.X+72, y)
	return y - 30
}

func (c Card) drawAnswer(box draw.Canvas) {
	lines := c.Lines[:min(len(c.Lines), cardLines)]
	fitted(lines, cardAnswer, cardText, box.Max.Y-box.Min.Y).draw(box, box.Max.Y)
}

// drawBars draws the groups under each other.
func (c Card) drawBars(box draw.Canvas) {
	shown := fitted([]string{c.Shown}, cardShown, cardBars, 2*cardShown.leading())
	y := shown.draw(box, box.Max.Y)
	var bars []Bar
	rows := vg.Length(0)
	for _, group := range c.Groups {
		bars = append(bars, group.Bars...)
		rows += group.rows()
	}
	row := min(cardRow, (y-box.Min.Y-cardHeading*vg.Length(len(c.Groups)))/max(1, rows))
	columns := columnsOf(bars)
	for _, group := range c.Groups {
		cardHead.write(box, box.Min.X, y-cardHeading+12, fromLeft, cut(group.Title, cardHead, cardBars))
		y -= cardHeading
		group.draw(box, y, row, columns)
		y -= row * group.rows()
	}
}

// rows is how much room a bar takes, as a multiple of one with one value.
func (b Bar) rows() vg.Length { return max(1, 0.7*vg.Length(len(b.Values))) }

func (g Bars) rows() (sum vg.Length) {
	for _, b := range g.Bars {
		sum += b.rows()
	}
	return sum
}

// barColumns are how wide the labels are, and the values.
type barColumns struct{ labels, values vg.Length }

func columnsOf(bars []Bar) (w barColumns) {
	for _, b := range bars {
		w.labels = max(w.labels, min(mostLabel, cardLabel.width(b.Label)))
		for _, v := range b.Values {
			w.values = max(w.values, b.lettering().width(v.Text))
		}
	}
	return w
}

// lettering is that of its values, which is smaller where there are several.
func (b Bar) lettering() lettering {
	l := cardValue
	if len(b.Values) > 1 {
		l.size = 14
	}
	return l
}

// draw draws the group's bars below y, the longest as long as there is room.
func (g Bars) draw(box draw.Canvas, y, row vg.Length, w barColumns) {
	const apart = 10
	from, most := box.Min.X+w.labels+apart, 0.0
	for _, b := range g.Bars {
		for _, v := range b.Values {
			if usable(v.At) {
				most = max(most, v.At)
			}
		}
	}
	room := box.Max.X - from - w.values - apart
	for _, b := range g.Bars {
		height := row * b.rows()
		cardLabel.writeMid(box, from-apart, y-height/2, toRight, cut(b.Label, cardLabel, mostLabel))
		thick := 0.8 * height / vg.Length(max(1, len(b.Values))) // with what is between it and the next
		for i, v := range b.Values {
			to, middle := from, y-0.1*height-thick*(vg.Length(i)+0.5)
			if usable(v.At) {
				to += max(leastOfBar, room*vg.Length(v.At/most))
			}
			levelBar(box, tintOf(b.Transport).color, from, to, middle, 0.85*thick)
			b.lettering().writeMid(box, to+apart, middle, fromLeft, v.Text)
		}
		y -= height
	}
}

// drawFooter writes the command and the machine on a strip.
func (c Card) drawFooter(box draw.Canvas) {
	box.FillPolygon(faintGrid, []vg.Point{box.Min, {X: box.Max.X, Y: box.Min.Y}, box.Max, {X: box.Min.X, Y: box.Max.Y}})
	brand := lettering{size: 24, bold: true, ink: tintOf("mmap").color}
	const name = "ipcbench"
	room := cardWidth - 2*cardEdge - brand.width(name) - cardGap
	cardCommand.write(box, cardEdge, box.Max.Y-46, fromLeft, cut("$ "+c.Command, cardCommand, room))
	cardMachine.write(box, cardEdge, box.Max.Y-78, fromLeft, cut(c.Machine, cardMachine, room))
	brand.writeMid(box, cardWidth-cardEdge, (box.Min.Y+box.Max.Y)/2, toRight, name)
}

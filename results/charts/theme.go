package charts

import (
	"cmp"
	"image/color"
	"math"
	"sync"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"ipcbench/results/charts/internal/plot"
)

// The inks. The page redefines them for a dark background, see svgCanvas.
var (
	ink       = grey(0x1F) // titles, names, values
	softInk   = grey(0x4D) // subtitles, tick labels
	faintInk  = grey(0x6B) // footers
	axisInk   = grey(0x8A) // axis lines, ticks
	gridInk   = grey(0xE3) // lines at labelled ticks
	faintGrid = grey(0xF3) // lines at the ticks between
	paper     = grey(0xFF) // what is drawn on

	contextInk = alpha(axisInk, 0x70) // lines in the background
)

// inkNames are the inks' names as CSS custom properties.
var inkNames = map[color.NRGBA]string{
	ink: "--chart-ink", softInk: "--chart-soft", faintInk: "--chart-faint", axisInk: "--chart-axis",
	gridInk: "--chart-grid", faintGrid: "--chart-faint-grid", paper: "--chart-paper",
}

const (
	bandAlpha   = 38
	lineWidth   = 1.6
	hairline    = 0.6
	tickLength  = 3.5
	whiskWidth  = 0.9
	markRadius  = 2.8
	asideRadius = 2.1
	foot        = 1.5 // how far an interval's feet reach beyond a marker
	figureWidth = 7.6 * vg.Inch
	pngDPI      = 192
	leastDPI    = 96
	mostDots    = 2e6
)

// The letterings.
var (
	titleType    = lettering{size: 13, bold: true, ink: ink}
	subtitleType = lettering{size: 9.5, ink: softInk}
	axisType     = lettering{size: 9, ink: softInk}
	tickType     = lettering{size: 9, ink: softInk}
	nameType     = lettering{size: 8.5, ink: ink}
	headType     = lettering{size: 9, bold: true, ink: ink}
	valueType    = lettering{size: 8.5, ink: softInk}
	footerType   = lettering{size: 7.5, ink: faintInk}
)

// line is the look's line. Where the points are far apart it only joins what
// belongs together.
func (l look) line() draw.LineStyle {
	switch {
	case l.apart:
		return draw.LineStyle{Color: l.color, Width: 0.7, Dashes: []vg.Length{0.8, 2}}
	case l.thin:
		return draw.LineStyle{Color: l.color, Width: 0.9, Dashes: l.dashes}
	}
	return draw.LineStyle{Color: l.color, Width: cmp.Or(l.width, lineWidth), Dashes: l.dashes}
}

// radius is that of the look's markers.
func (l look) radius() vg.Length {
	if l.thin {
		return asideRadius
	}
	return markRadius
}

// A lettering is a size, weight and ink of the one typeface of all charts.
type lettering struct {
	size vg.Length
	bold bool
	ink  color.NRGBA
}

// midline is half the height of a capital, in units of the type size: text
// that hangs this far below a line looks centred on it.
const midline = 0.358

func (l lettering) font() font.Font {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: l.size}
	if l.bold {
		f.Weight = xfont.WeightBold
	}
	return f
}

func (l lettering) face() font.Face { return typeface().Lookup(l.font(), l.size) }

// typeface holds the two weights that are drawn with, and reads them when the first
// chart is made: the library's collection has ten more faces, and reads them all.
var typeface = sync.OnceValue(func() *font.Cache {
	regular, bold := lettering{}.font(), lettering{bold: true}.font()
	return font.NewCache(font.Collection{
		{Font: regular, Face: parsed(liberationsansregular.TTF)},
		{Font: bold, Face: parsed(liberationsansbold.TTF)},
	})
})

func parsed(file []byte) *opentype.Font {
	f, err := opentype.Parse(file)
	if err != nil {
		panic("charts: the typeface in this program: " + err.Error())
	}
	return f
}

func (l lettering) width(s string) vg.Length {
	f := l.face()
	return f.Width(s)
}

// leading is the distance between the baselines of two lines.
func (l lettering) leading() vg.Length { return l.size * 1.25 }

// The ways to place text against x.
const (
	fromLeft = 0.0
	centred  = 0.5
	toRight  = 1.0
)

// write sets s with its baseline at y.
func (l lettering) write(c draw.Canvas, x, y vg.Length, align float64, s string) {
	if s == "" {
		return
	}
	c.SetColor(l.ink)
	c.FillString(l.face(), vg.Point{X: x - vg.Length(align)*l.width(s), Y: y}, s)
}

// writeMid sets s so that its capitals are centred on y.
func (l lettering) writeMid(c draw.Canvas, x, y vg.Length, align float64, s string) {
	l.write(c, x, y-midline*l.size, align, s)
}

// newPlot returns a plot in this look. The figure draws titles and names the axes, and so
// the plot has neither.
func newPlot() *plot.Plot {
	p := new(plot.Plot)
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Color = axisInk
		axis.Width = 0.8
		axis.Tick.Color = axisInk
		axis.Tick.Width = hairline
		axis.Tick.Length = tickLength
		axis.Tick.Label = text.Style{Color: tickType.ink, Font: tickType.font(), Handler: text.Plain{Fonts: typeface()}}
	}
	p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = draw.XCenter, draw.YTop
	p.Y.Tick.Label.XAlign = draw.XRight
	// The axis adds the descent and centres on ascent plus descent; this
	// centres on the capitals.
	e := p.Y.Tick.Label.FontExtents()
	p.Y.Tick.Label.YAlign = draw.YAlignment((e.Ascent - e.Descent - (1+midline)*tickType.size) / (e.Ascent + e.Descent))
	return p
}

func grey(v uint8) color.NRGBA { return color.NRGBA{R: v, G: v, B: v, A: 0xFF} }

func rgb(hex uint32) color.NRGBA {
	return color.NRGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 0xFF}
}

func alpha(c color.NRGBA, a uint8) color.NRGBA {
	c.A = a
	return c
}

// mix moves a towards b by a share of the way.
func mix(a, b color.NRGBA, share float64) color.NRGBA {
	blend := func(x, y uint8) uint8 { return uint8(math.Round(float64(x)*(1-share) + float64(y)*share)) }
	return color.NRGBA{R: blend(a.R, b.R), G: blend(a.G, b.G), B: blend(a.B, b.B), A: a.A}
}

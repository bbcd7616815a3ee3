package charts

import (
	"bytes"
	"fmt"
	"html"
	"image"
	"image/color"
	"io"
	"math"
	"strconv"
	"strings"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"

	"ipcbench/internal/quote"
)

// An svgCanvas draws a chart as SVG, in one of two flavours.
//
// A picture sets its text as outlines, so that it looks the same where the
// typeface is missing, and fixes its colours.
//
// The flavour for a page keeps text as text, to be searched, read aloud and
// copied, in a typeface of the same widths, and takes its inks from the
// page's custom properties, so that the page may be dark.
//
// Note: the library's own SVG canvas does neither, names one typeface without
// an alternative, and writes about four times as many bytes.
type svgCanvas struct {
	width, height vg.Length
	unit          string // of both, on the page
	pen           pen
	saved         []pen
	body          bytes.Buffer
	outlines      *outlines // nil: text stays text
}

// A pen is what Push saves.
type pen struct {
	width  vg.Length
	dashes []vg.Length
	offset vg.Length
	color  color.NRGBA
}

var _ vg.CanvasSizer = &svgCanvas{}

func newSVG(width, height vg.Length, asText bool) *svgCanvas {
	c := &svgCanvas{width: width, height: height, unit: "pt"}
	if !asText {
		c.outlines = newOutlines()
	}
	vg.Initialize(c)
	return c
}

// writeTo writes the document. title and desc are what assistive technology
// reads out instead of the picture.
func (c *svgCanvas) writeTo(w io.Writer, title, desc string) error {
	var head strings.Builder
	fmt.Fprintf(&head, `<svg xmlns="http://www.w3.org/2000/svg"`)
	if c.outlines != nil {
		fmt.Fprintf(&head, ` xmlns:xlink="http://www.w3.org/1999/xlink"`)
	}
	fmt.Fprintf(&head, ` width="%s%s" height="%s%[2]s" viewBox="0 0 %[1]s %[3]s" role="img"`, num(c.width), c.unit, num(c.height))
	if c.outlines == nil {
		fmt.Fprintf(&head, ` font-family="'Liberation Sans',Arimo,Arial,Helvetica,sans-serif"`)
	}
	fmt.Fprintf(&head, ` stroke-linejoin="round">`+"\n<title>%s</title>\n<desc>%s</desc>\n",
		html.EscapeString(printable(title)), html.EscapeString(printable(desc)))
	if c.outlines != nil {
		fmt.Fprintf(&head, "<defs>\n%s</defs>\n", c.outlines.defs.String())
		fmt.Fprintf(&head, `<rect width="100%%" height="100%%" fill="%s"/>`+"\n", hex(paper))
	}
	if _, err := io.WriteString(w, head.String()); err != nil {
		return err
	}
	if _, err := w.Write(c.body.Bytes()); err != nil {
		return err
	}
	_, err := io.WriteString(w, "</svg>\n")
	return err
}

func (c *svgCanvas) Size() (w, h vg.Length)   { return c.width, c.height }
func (c *svgCanvas) SetLineWidth(w vg.Length) { c.pen.width = w }

func (c *svgCanvas) SetLineDash(dashes []vg.Length, offset vg.Length) {
	c.pen.dashes, c.pen.offset = dashes, offset
}

func (c *svgCanvas) SetColor(clr color.Color) {
	if clr == nil {
		clr = color.Black
	}
	c.pen.color = color.NRGBAModel.Convert(clr).(color.NRGBA)
}

func (c *svgCanvas) Push() { c.saved = append(c.saved, c.pen) }

func (c *svgCanvas) Pop() {
	c.pen = c.saved[len(c.saved)-1]
	c.saved = c.saved[:len(c.saved)-1]
}

func (c *svgCanvas) Stroke(p vg.Path) {
	if c.pen.width <= 0 {
		return
	}
	fmt.Fprintf(&c.body, `<path d="%s" fill="none" %s stroke-width="%s"`, c.path(p), c.paint("stroke"), num(c.pen.width))
	if len(c.pen.dashes) > 0 {
		var lengths []string
		for _, d := range c.pen.dashes {
			lengths = append(lengths, num(d))
		}
		fmt.Fprintf(&c.body, ` stroke-dasharray="%s"`, strings.Join(lengths, " "))
	}
	c.body.WriteString("/>\n")
}

func (c *svgCanvas) Fill(p vg.Path) {
	fmt.Fprintf(&c.body, `<path d="%s" %s/>`+"\n", c.path(p), c.paint("fill"))
}

func (c *svgCanvas) FillString(f font.Face, at vg.Point, s string) {
	s = printable(s)
	if c.outlines != nil {
		fmt.Fprintf(&c.body, `<g transform="translate(%s %s) scale(%s)" %s>`,
			num(at.X), num(c.height-at.Y), strconv.FormatFloat(float64(f.Font.Size)/unitsPerEm, 'f', 6, 64), c.paint("fill"))
		c.outlines.write(&c.body, f, s)
		c.body.WriteString("</g>\n")
		return
	}
	weight := ""
	if f.Font.Weight >= xfont.WeightBold {
		weight = ` font-weight="bold"`
	}
	// textLength keeps right-aligned text in its place where no typeface of
	// the same widths is at hand.
	fmt.Fprintf(&c.body, `<text x="%s" y="%s" font-size="%s"%s textLength="%s" lengthAdjust="spacingAndGlyphs" %s>%s</text>`+"\n",
		num(at.X), num(c.height-at.Y), num(f.Font.Size), weight, num(f.Width(s)), c.paint("fill"), html.EscapeString(s))
}

// No chart turns, scales or moves its canvas, or draws an image.

func (c *svgCanvas) Rotate(float64)                      { panic("charts: svg: rotate is not drawn") }
func (c *svgCanvas) Translate(vg.Point)                  { panic("charts: svg: translate is not drawn") }
func (c *svgCanvas) Scale(float64, float64)              { panic("charts: svg: scale is not drawn") }
func (c *svgCanvas) DrawImage(vg.Rectangle, image.Image) { panic("charts: svg: images are not drawn") }

// paint is the fill or stroke attribute of the current colour.
func (c *svgCanvas) paint(attribute string) string {
	opaque := alpha(c.pen.color, 0xFF)
	value := hex(opaque)
	if name, isInk := inkNames[opaque]; isInk && c.outlines == nil {
		value = fmt.Sprintf("var(%s,%s)", name, value)
	}
	text := fmt.Sprintf(`%s="%s"`, attribute, value)
	if c.pen.color.A != 0xFF {
		text += fmt.Sprintf(` %s-opacity="%.2f"`, attribute, float64(c.pen.color.A)/0xFF)
	}
	return text
}

// path is the d attribute of p: lines relative to nothing, arcs as circles,
// which are the only arcs that charts draw.
func (c *svgCanvas) path(p vg.Path) string {
	var d strings.Builder
	point := func(pt vg.Point) string { return num(pt.X) + " " + num(c.height-pt.Y) }
	for _, step := range p {
		switch step.Type {
		case vg.MoveComp:
			d.WriteString("M" + point(step.Pos))
		case vg.LineComp:
			d.WriteString("L" + point(step.Pos))
		case vg.ArcComp:
			r := num(step.Radius)
			for _, turn := range []float64{step.Angle / 2, step.Angle} {
				sin, cos := math.Sincos(step.Start + turn)
				end := vg.Point{X: step.Pos.X + step.Radius*vg.Length(cos), Y: step.Pos.Y + step.Radius*vg.Length(sin)}
				fmt.Fprintf(&d, "A%s %s 0 0 0 %s", r, r, point(end))
			}
		case vg.CurveComp:
			command := [...]string{1: "Q", 2: "C"}[len(step.Control)]
			for _, control := range step.Control {
				command += point(control) + " "
			}
			d.WriteString(command + point(step.Pos))
		case vg.CloseComp:
			d.WriteString("Z")
		}
	}
	return d.String()
}

// num writes a length in points, to a hundredth.
func num(l vg.Length) string {
	return strconv.FormatFloat(math.Round(float64(l)*100)/100+0, 'f', -1, 64)
}

func hex(c color.NRGBA) string { return fmt.Sprintf("#%02X%02X%02X", c.R, c.G, c.B) }

// printable is what XML can carry, on one line.
func printable(s string) string { return quote.Line(strings.ReplaceAll(s, "\n", " ")) }

package charts

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/font"
)

// unitsPerEm is the grid that the outlines of the typeface are drawn on.
const unitsPerEm = 2048

// outlines sets text as the shapes of its letters. Each shape is written once
// and used by reference, which makes a picture a fifth of the size it has
// with every letter drawn in full.
type outlines struct {
	defs bytes.Buffer
	ids  map[glyph]string // "" where the glyph has no shape, as a space
	buf  sfnt.Buffer
}

type glyph struct {
	face  *sfnt.Font
	index sfnt.GlyphIndex
}

func newOutlines() *outlines { return &outlines{ids: map[glyph]string{}} }

// write writes s as references to shapes, from x = 0 on the baseline y = 0,
// in units of the em.
func (o *outlines) write(w *bytes.Buffer, f font.Face, s string) {
	var x fixed.Int26_6
	var previous sfnt.GlyphIndex
	for i, r := range s {
		index, err := f.Face.GlyphIndex(&o.buf, r)
		if err != nil {
			index = 0 // the typeface's box for what it lacks
		}
		if i > 0 {
			if kern, err := f.Face.Kern(&o.buf, previous, index, unitsPerEm, xfont.HintingNone); err == nil {
				x += kern
			}
		}
		if id := o.id(glyph{f.Face, index}); id != "" {
			fmt.Fprintf(w, `<use xlink:href="#%s" x="%s"/>`, id, em(x))
		}
		advance, err := f.Face.GlyphAdvance(&o.buf, index, unitsPerEm, xfont.HintingNone)
		if err == nil {
			x += advance
		}
		previous = index
	}
}

// id returns the reference to a glyph's shape, writing the shape first where
// it is new.
func (o *outlines) id(g glyph) string {
	id, known := o.ids[g]
	if known {
		return id
	}
	if d := o.shape(g); d != "" {
		id = "g" + strconv.Itoa(len(o.ids))
		fmt.Fprintf(&o.defs, `<path id="%s" d="%s"/>`+"\n", id, d)
	}
	o.ids[g] = id
	return id
}

func (o *outlines) shape(g glyph) string {
	segments, err := g.face.LoadGlyph(&o.buf, g.index, unitsPerEm, nil)
	if err != nil {
		return ""
	}
	var d strings.Builder
	for _, s := range segments {
		points := 1
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			if d.Len() > 0 {
				d.WriteString("Z")
			}
			d.WriteString("M")
		case sfnt.SegmentOpLineTo:
			d.WriteString("L")
		case sfnt.SegmentOpQuadTo:
			d.WriteString("Q")
			points = 2
		case sfnt.SegmentOpCubeTo:
			d.WriteString("C")
			points = 3
		}
		for i, p := range s.Args[:points] {
			if i > 0 {
				d.WriteString(" ")
			}
			d.WriteString(em(p.X) + " " + em(p.Y))
		}
	}
	if d.Len() > 0 {
		d.WriteString("Z")
	}
	return d.String()
}

// em writes a length in units of the em: at a type size of unitsPerEm/64, a
// 64th is one unit.
func em(x fixed.Int26_6) string { return strconv.Itoa(int(x)) }

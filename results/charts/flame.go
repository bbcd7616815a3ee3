package charts

import (
	"cmp"
	"fmt"
	"html"
	"image/color"
	"io"
	"math"
	"strconv"
	"strings"

	"ipcbench/results"
	"ipcbench/results/profile"
)

// A Flame is a tree of calls, drawn with callers below what they call: how wide a
// function is says what was spent in it and in all that it called. With a script or
// without, its whole name is shown where one points at it.
type Flame struct {
	Title   string
	Caption string
	root    *profile.Node
	isDiff  bool
}

// FlameOf is the time of a message on CPUs or off them; false: there is none.
func FlameOf(p profile.Profile, of results.ProfileOf) (Flame, bool) {
	root := p.Tree(of)
	words := map[results.ProfileOf]string{results.OnCPU: "time on CPUs", results.OffCPU: "time off CPUs"}[of]
	return Flame{
		Title:   fmt.Sprintf("%s: %s, %s a message, both ends", p.Describe(" "), words, results.FormatNS(root.NS)),
		Caption: "Callers stand below what they call.",
		root:    root,
	}, root.NS > 0
}

// FlameOfChange is the time of a message on CPUs of the new profile, coloured by what it
// is more (red) or less (blue) than of the old one; false: there is none.
func FlameOfChange(old, new profile.Profile) (Flame, bool) {
	root := profile.DifferenceTree(old, new)
	return Flame{
		Title:   fmt.Sprintf("%s: time on CPUs, %s a message, both ends; it was %s", new.Describe(" "), results.FormatNS(root.NS), results.FormatNS(root.OldNS)),
		Caption: "Red: more than before. Blue: less. Callers stand below what they call.",
		root:    root, isDiff: true,
	}, root.NS > 0 && root.OldNS > 0
}

// The measures of a flame graph, in its own units: about pixels.
const (
	flameWidth  = 1000.0
	flameRow    = 16
	flameLetter = 5.6 // how wide a letter mostly is
	flameHead   = 40
)

// flameInks are the colours of subsystems, with black text readable on each.
var flameInks = map[profile.Subsystem]color.NRGBA{
	profile.Entry: rgb(0xF0A04B), profile.Scheduler: rgb(0x7FB2E5), profile.Copy: rgb(0x8CCB7A), profile.Locks: rgb(0xF28B82),
	profile.Memory: rgb(0xC9A0DC), profile.Interrupt: rgb(0xBDBDBD), profile.Mechanism: rgb(0xF6D55C), profile.Transport: rgb(0x5CC8C2),
	profile.Harness: rgb(0xD7CCC8), profile.Runtime: rgb(0xB0BEC5), profile.Sampling: rgb(0xE0E0E0), profile.Unknown: rgb(0xE6E6C8),
}

// WriteSVG draws all functions that have at least such a share of the whole. A page may
// give the paper and the words on it colours of its own.
func (f Flame) WriteSVG(w io.Writer, least float64) error {
	d := flameDrawing{flame: f, scale: flameWidth / f.root.NS, least: least * f.root.NS}
	d.base = float64(flameHead + (d.depth(f.root)-1)*flameRow) // the root, which has no name, takes no row
	d.node(f.root, 0, 0)
	height := int(d.base) + 6
	_, err := fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" class="flame" width="%.0f" height="%d" viewBox="0 0 %[1]v %[2]d" role="img" font-family="'Liberation Sans',Arimo,Arial,Helvetica,sans-serif" font-size="10">
<title>%[3]s</title>
<desc>%[4]s</desc>
<rect class="paper" width="100%%" height="100%%" fill="#fff"/>
<text class="ink" x="2" y="13" font-size="13" font-weight="bold">%[3]s</text>
%[5]s%[6]s</svg>
`, flameWidth, height, html.EscapeString(printable(f.Title)), html.EscapeString(f.Caption), d.legend(), d.body.String())
	return err
}

// A flameDrawing is one under way.
type flameDrawing struct {
	flame Flame
	scale float64 // of a ns
	least float64 // ns
	base  float64 // where the lowest row ends
	body  strings.Builder
	used  map[profile.Subsystem]bool
}

// depth is how many rows a node takes, with all above it.
func (d *flameDrawing) depth(n *profile.Node) int {
	most := 0
	for _, c := range n.Calls {
		if d.isDrawn(c) {
			most = max(most, d.depth(c))
		}
	}
	return most + 1
}

func (d *flameDrawing) isDrawn(n *profile.Node) bool { return n.NS > 0 && n.NS >= d.least }

func (d *flameDrawing) node(n *profile.Node, x float64, row int) {
	if n.Name != "" {
		d.rect(n, x, row)
		row++
	}
	for _, c := range n.Calls {
		if d.isDrawn(c) {
			d.node(c, x, row)
		}
		x += c.NS * d.scale
	}
}

func (d *flameDrawing) rect(n *profile.Node, x float64, row int) {
	width := n.NS * d.scale
	y := d.base - float64(row+1)*flameRow
	words := fmt.Sprintf("%s: %s, %s", n.Name, results.FormatPercent(n.NS/d.flame.root.NS), results.FormatNS(n.NS))
	if d.flame.isDiff {
		words += ", was " + results.FormatNS(n.OldNS)
	} else {
		if d.used == nil {
			d.used = map[profile.Subsystem]bool{}
		}
		d.used[n.Subsystem] = true
	}
	fmt.Fprintf(&d.body, `<g><title>%s</title><rect x="%s" y="%.0f" width="%s" height="%d" fill="%s"/>`,
		html.EscapeString(printable(words)), tenth(x), y, tenth(max(0.3, width-0.5)), flameRow-1, hex(d.ink(n)))
	if room := int((width - 4) / flameLetter); room >= 3 {
		fmt.Fprintf(&d.body, `<text x="%s" y="%.0f">%s</text>`, tenth(x+2), y+11, html.EscapeString(printable(clipped(withoutPath(n.Name), room))))
	}
	d.body.WriteString("</g>\n")
}

// ink is the colour of a node: of its subsystem, or of its change, held against all of
// the old time: full at a tenth of that.
func (d *flameDrawing) ink(n *profile.Node) color.NRGBA {
	if !d.flame.isDiff {
		return flameInks[cmp.Or(n.Subsystem, profile.Harness)]
	}
	return changeInk(max(-1, min(1, (n.NS-n.OldNS)/d.flame.root.OldNS/0.1)))
}

// changeInk is the colour of a change, from -1, blue, to 1, red.
func changeInk(change float64) color.NRGBA {
	fade := func(full uint8, by float64) uint8 { return uint8(240 - by*(240-float64(full))) }
	if change > 0 {
		return color.NRGBA{240, fade(110, change), fade(100, change), 255}
	}
	return color.NRGBA{fade(110, -change), fade(160, -change), 240, 255}
}

// legend says what the colours are: those of the subsystems that are drawn, or of changes.
func (d *flameDrawing) legend() string {
	var text strings.Builder
	x := 2.0
	add := func(ink color.NRGBA, words string) {
		fmt.Fprintf(&text, `<rect x="%.0f" y="22" width="9" height="9" fill="%s"/><text class="ink" x="%.0f" y="30">%s</text>`+"\n", x, hex(ink), x+12, words)
		x += 12 + 12 + flameLetter*float64(len(words))
	}
	if d.flame.isDiff {
		add(changeInk(1), "more than before")
		add(changeInk(0), "the same")
		add(changeInk(-1), "less")
		return text.String()
	}
	for _, is := range profile.Subsystems {
		if d.used[is] {
			add(flameInks[is], string(is))
		}
	}
	return text.String()
}

// tenth is a number to a tenth, in few letters.
func tenth(x float64) string { return strconv.FormatFloat(math.Round(10*x)/10, 'f', -1, 64) }

// withoutPath leaves the path of a Go package out.
func withoutPath(name string) string {
	return name[strings.LastIndex(name, "/")+1:]
}

// clipped is a text that has room for so many letters.
func clipped(text string, room int) string {
	letters := []rune(text)
	if len(letters) <= room {
		return text
	}
	return string(letters[:room-1]) + "…"
}

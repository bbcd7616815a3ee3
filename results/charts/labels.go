package charts

import (
	"math"
	"regexp"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"ipcbench/results/charts/internal/plot"
)

const (
	sampleLength = 20
	keyLength    = 32  // of a sample in a legend, which shows its pattern
	leaderLength = 12  // between the plot's edge and the names
	nameWidth    = 138 // beyond which a name is broken into lines
	nameLines    = 3   // beyond which it is cut short; the table has it whole
	nameApart    = 2.5 // between two names
	atEdge       = 16  // a line that ends so near the plot's edge has a leader
)

// A name stands beside the end of a line, joined to it by a leader of its colour
// where all lines end at the edge of the plot: across the plot, no eye could follow it.
type name struct {
	look   look
	sample vg.Length // how much of its line is drawn beside it
	text   []string
	end    point // the line's last point
}

func newName(l look, text string, end point) name {
	return name{look: l, sample: sampleLength, text: clip(wrap(text, nameType, nameWidth, withinNames), nameLines), end: end}
}

func (n name) height() float64 {
	return float64(nameType.size+vg.Length(len(n.text)-1)*nameType.leading()) + nameApart
}

// names sets the names of a chart's lines to the right of the plot, in the order of
// their ends and each as near as possible to its own.
type names []name

// width is the room that the names need to the right of the plot.
func (ns names) width() vg.Length {
	var widest vg.Length
	for _, n := range ns {
		for _, line := range n.text {
			widest = max(widest, n.sample+5+nameType.width(line))
		}
	}
	return leaderLength + widest
}

// height is the room that they need under each other.
func (ns names) height() vg.Length {
	needed := vg.Length(tickRow)
	for _, n := range ns {
		needed += vg.Length(n.height())
	}
	return needed
}

func (ns names) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	sorted := append(names(nil), ns...)
	sort.SliceStable(sorted, func(i, j int) bool { return sorted[i].end.y < sorted[j].end.y })
	want, heights := make([]float64, len(sorted)), make([]float64, len(sorted))
	for i, n := range sorted {
		want[i], heights[i] = float64(y(n.end.y)), n.height()
	}
	at := spread(want, heights, float64(c.Min.Y), float64(c.Max.Y))
	led := !slices.ContainsFunc(sorted, func(n name) bool { return n.look.apart || n.end.on(x, y).X+atEdge < c.Max.X })
	for i, n := range sorted {
		middle := vg.Length(at[i])
		if from := n.end.on(x, y); led {
			leader := []vg.Point{{X: from.X + markRadius + 1, Y: from.Y}, {X: max(from.X+markRadius+1, c.Max.X+2), Y: from.Y}, {X: c.Max.X + leaderLength - 2, Y: middle}}
			c.StrokeLines(draw.LineStyle{Color: n.look.color, Width: 0.8}, leader)
		}
		n.look.sample(c, vg.Point{X: c.Max.X + leaderLength, Y: middle}, n.sample)
		top := middle + nameType.leading()*vg.Length(len(n.text)-1)/2
		for j, line := range n.text {
			nameType.writeMid(c, c.Max.X+leaderLength+n.sample+5, top-vg.Length(j)*nameType.leading(), fromLeft, line)
		}
	}
}

// spread moves the centres in want, which ascend, as little as it can so that
// things of the given heights do not overlap, and keeps them between lo and hi
// where there is room.
func spread(want, heights []float64, lo, hi float64) []float64 {
	// Things that touch form a block that lies where its members want it on
	// average. Blocks that would overlap are joined until none do.
	type block struct{ sum, height, n float64 }
	bottom := func(b block) float64 {
		return math.Max(lo, math.Min(b.sum/b.n, hi-b.height))
	}
	var blocks []block
	for i := range want {
		b := block{sum: want[i] - heights[i]/2, height: heights[i], n: 1}
		for len(blocks) > 0 {
			below := blocks[len(blocks)-1]
			if bottom(below)+below.height <= bottom(b) {
				break
			}
			blocks = blocks[:len(blocks)-1]
			b = block{sum: below.sum + b.sum - b.n*below.height, height: below.height + b.height, n: below.n + b.n}
		}
		blocks = append(blocks, b)
	}
	at := make([]float64, 0, len(want))
	for _, b := range blocks {
		y := bottom(b)
		for range int(b.n) {
			h := heights[len(at)]
			at = append(at, y+h/2)
			y += h
		}
	}
	return at
}

// Where a line of prose, or of a name, may be broken: after these.
const (
	betweenWords = " "
	withinNames  = " ,:/"
)

// wrap breaks s into lines no wider than width: after one of breaks, and
// anywhere in a word that is wider than a line.
func wrap(s string, l lettering, width vg.Length, breaks string) []string {
	var lines []string
	start, breakAt := 0, 0 // of the line, and the last place where it may end
	s = printable(s)
	if breaks == betweenWords {
		s = quantity.ReplaceAllString(s, "$1\u00a0$2")
	}
	for i, r := range s {
		next := i + utf8.RuneLen(r)
		if l.width(strings.TrimRight(s[start:next], " ")) > width && i > start {
			if breakAt <= start {
				breakAt = i
			}
			lines = append(lines, strings.TrimSpace(s[start:breakAt]))
			start = breakAt
		}
		if strings.ContainsRune(breaks, r) {
			breakAt = next
		}
	}
	return append(lines, strings.TrimSpace(s[start:]))
}

// quantity is a number and its unit, which are not torn apart.
var quantity = regexp.MustCompile(`([0-9]) ([%×]|[nµm]?s\b|[KMG]i?B\b|[kMG]?B\b|[kMG]/s\b|CPUs?\b)`)

// clip keeps the first n lines and marks what is missing.
func clip(lines []string, n int) []string {
	if len(lines) <= n {
		return lines
	}
	kept := append([]string(nil), lines[:n]...)
	kept[n-1] += "…"
	return kept
}

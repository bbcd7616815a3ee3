package charts

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"ipcbench/results"
	"ipcbench/results/charts/internal/plot"
	"ipcbench/results/compare"
	"ipcbench/results/effect"
)

// forestRows is how many cells of a metric are drawn at most.
const forestRows = 30

// Forest draws the change of each cell with its interval, one panel under the
// other for each metric and placement. It is false where there is no cell.
func Forest(c compare.Comparison) (Chart, bool) {
	var all []row
	var drawn []compare.Row
	chart := Chart{Name: "compare", Title: c.Title(), Columns: []string{"metric", "cell", "change", "corrected interval", "p", "verdict"}}
	var heads headings
	left := 0
	for _, t := range c.Tables() {
		kept, metric := largest(t.Of), results.LookupMetric(t.Metric)
		placement := ""
		for i, r := range t.Of {
			name := cellOf(t, i)
			chart.Rows = append(chart.Rows, []string{metric.Words, name + ", " + settingName(r.Cell),
				effect.FormatChange(r.Change), effect.FormatInterval(r.Effect), effect.FormatP(r.Corrected), r.Words()})
			if !kept[i] {
				left++
				continue
			}
			if setting := settingName(r.Cell); setting != placement {
				placement = setting
				heads = append(heads, heading{len(all), metric.More})
				all = append(all, row{name: shortName(t) + ", " + placement})
			}
			drawn = append(drawn, r)
			all = append(all, forestRow(name, r))
		}
	}
	if len(drawn) == 0 {
		return Chart{}, false
	}
	f := figure{title: chart.Title, key: forestKey(drawn), below: "Change, " + sides(c), footer: c.Setting}
	if c.By == "" {
		f.footer += " · " + c.Old + " → " + c.New
	}
	f.subtitle = forestMethod(c, drawn) + cellsLeftOut(left)
	chart.Caption = f.subtitle
	r := newRows(all, []string{"change", "corrected CI"}, forestHeight(len(all))).frame(&f)
	f.ratioAxis(drawn, c.Options.Same)
	f.plot.Add(grid{x: true}, nearNothing(c.Options.Same), heads, r)
	chart.figure = f
	return chart, true
}

// cellOf names a row of a table by the columns that tell it from others, but
// for its placement, which is its heading.
func cellOf(t compare.Table, row int) string {
	var parts []string
	for i, value := range t.Rows[row].Cells[:t.Identity] {
		if value != "" && t.Columns[i].Name != "placement" {
			parts = append(parts, value)
		}
	}
	return strings.Join(parts, ", ")
}

// shortName names a table in a heading: what says most about a workload needs
// no word for that.
func shortName(t compare.Table) string {
	name := results.LookupMetric(t.Metric).Words
	if t.Of[0].Deciding {
		return results.Capital(name)
	}
	return results.Capital(t.Workload) + ", " + name
}

// largest picks the rows to draw: where there are too many, the changes before
// the others and the large before the small.
func largest(rows []compare.Row) map[int]bool {
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	unchanged := func(r compare.Row) int {
		if tone := r.Verdict.Judgement().Tone; tone == compare.Calm || tone == compare.Open {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := rows[i], rows[j]
		return cmp.Or(cmp.Compare(unchanged(a), unchanged(b)), cmp.Compare(math.Abs(math.Log1p(b.Change)), math.Abs(math.Log1p(a.Change))))
	})
	kept := map[int]bool{}
	for _, i := range order[:min(len(order), forestRows)] {
		kept[i] = true
	}
	return kept
}

func cellsLeftOut(cells int) string {
	switch cells {
	case 0:
		return ""
	case 1:
		return " 1 cell with a smaller change or none is not drawn; the table has it."
	}
	return fmt.Sprintf(" %d cells with smaller changes or none are not drawn; the table has them.", cells)
}

// sides says what is compared with what.
func sides(c compare.Comparison) string {
	switch {
	case c.By == "":
		return "new against old"
	case len(c.Old)+len(c.New) > 60:
		return "by " + c.By
	}
	return c.New + " against " + c.Old
}

// forestMethod says how the changes were found.
func forestMethod(c compare.Comparison, drawn []compare.Row) string {
	return fmt.Sprintf("Change with its interval, %s a side, corrected as p is: α = %g among all cells that the headline counts (Holm). Shaded: ±%s.",
		c.Replicates(drawn), c.Options.Alpha, results.FormatPercentAsGiven(c.Options.Same))
}

// forestHeight is the height of a row: a picture of many is denser.
func forestHeight(rows int) vg.Length {
	switch {
	case rows <= 14:
		return 22
	case rows <= 28:
		return 18
	}
	return 15
}

// toneLooks are how verdicts look: what is sure is filled.
var toneLooks = map[compare.Tone]look{
	compare.Good:    {color: plainInks[0], marker: 1},
	compare.Bad:     {color: rgb(0xD2500B), marker: 1},
	compare.Calm:    {color: faintInk, marker: 1},
	compare.Open:    {color: faintInk, marker: 1, hollow: true},
	compare.Suspect: {color: softInk, marker: 3, hollow: true},
}

// forestKey explains the looks that are there.
func forestKey(drawn []compare.Row) []entry {
	var key []entry
	for _, j := range compare.Judgements {
		if slices.ContainsFunc(drawn, func(r compare.Row) bool { return r.Verdict == j.Verdict }) {
			key = append(key, entry{look: toneLooks[j.Tone], text: j.Words})
		}
	}
	return key
}

func forestRow(name string, r compare.Row) row {
	l := toneLooks[r.Verdict.Judgement().Tone]
	return row{
		name:   name,
		values: []string{effect.FormatChange(r.Change), effect.FormatInterval(r.Effect)},
		first:  lettering{size: valueType.size, bold: true, ink: l.color},
		marks: func(c draw.Canvas, x func(float64) vg.Length, y, _ vg.Length) {
			if usable(1+r.Lo) && usable(1+r.Hi) {
				reach(c, l.color, x(1+r.Lo), x(1+r.Hi), y)
				beyond(c, l.color, r, x, y)
			}
			if usable(1+r.Change) && c.ContainsX(x(1+r.Change)) {
				l.mark(c, vg.Point{X: x(1 + r.Change), Y: y}, markRadius)
			}
		},
	}
}

// reach draws an interval, with a point where it goes on beyond the plot.
func reach(c draw.Canvas, ink color.Color, from, to, y vg.Length) {
	const point = 4
	left, right := max(from, c.Min.X), min(to, c.Max.X)
	c.StrokeLine2(draw.LineStyle{Color: ink, Width: 1.8}, left, y, right, y)
	tip := func(at, back vg.Length) {
		c.FillPolygon(ink, []vg.Point{{X: at, Y: y}, {X: at + back, Y: y + 2.8}, {X: at + back, Y: y - 2.8}})
	}
	if from < c.Min.X {
		tip(left, point)
	}
	if to > c.Max.X {
		tip(right, -point)
	}
}

// beyond writes how far an interval goes that goes on beyond the plot, at that edge.
func beyond(c draw.Canvas, ink color.NRGBA, r compare.Row, x func(float64) vg.Length, y vg.Length) {
	small := lettering{size: 7, ink: ink}
	if x(1+r.Lo) < c.Min.X {
		small.write(c, c.Min.X+1, y+3.2, fromLeft, effect.FormatChange(r.Lo))
	}
	if x(1+r.Hi) > c.Max.X {
		small.write(c, c.Max.X-1, y+3.2, toRight, effect.FormatChange(r.Hi))
	}
}

// nearNothing shades what counts as the same, and marks no change.
type nearNothing float64

func (same nearNothing) Plot(c draw.Canvas, p *plot.Plot) {
	x, _ := p.Transforms(&c)
	left, right := x(1-float64(same)), x(1+float64(same))
	c.FillPolygon(alpha(axisInk, bandAlpha), []vg.Point{{X: left, Y: c.Min.Y}, {X: right, Y: c.Min.Y}, {X: right, Y: c.Max.Y}, {X: left, Y: c.Max.Y}})
	c.StrokeLine2(draw.LineStyle{Color: axisInk, Width: 1.2}, x(1), c.Min.Y, x(1), c.Max.Y)
}

// A heading is a row that heads others.
type heading struct {
	row          int
	moreIsBetter bool // of what these show
}

// headings say at each of them to which side faster is.
type headings []heading

func (hs headings) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	none := x(1)
	for _, h := range hs {
		left, right := "← faster", "slower →"
		if h.moreIsBetter {
			left, right = "← slower", "faster →"
		}
		at := y(p.Y.Max-float64(h.row)-0.5) - 2
		if axisType.width(left)+6 <= none-c.Min.X {
			axisType.writeMid(c, none-6, at, toRight, left)
		}
		if axisType.width(right)+6 <= c.Max.X-none {
			axisType.writeMid(c, none+6, at, fromLeft, right)
		}
	}
}

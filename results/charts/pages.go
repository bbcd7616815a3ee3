package charts

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"ipcbench/results"
	"ipcbench/results/summary"
)

// pages draws what a page of a file costs, by each way to it and in each state: in
// rows, for each kind of file that was measured, of the setting that has most.
func pages(panels []panel) (Chart, bool) {
	var most panel
	var kinds []summary.Summary
	for _, p := range panels {
		if of := p.backed(); len(of) > len(kinds) {
			most, kinds = p, of
		}
	}
	if len(kinds) == 0 {
		return Chart{}, false
	}
	return most.pages(kinds)
}

// backed are cells whose messages lie in the pages of files: one of each directory,
// and of those without one, one of each family.
func (p panel) backed() []summary.Summary {
	var kinds []summary.Summary
	for _, c := range p.cells {
		_, has := c.Metrics[results.SetupMap]
		if has && !slices.ContainsFunc(kinds, func(k summary.Summary) bool { return k.Dir == c.Dir && (c.Dir != "" || k.Family == c.Family) }) {
			kinds = append(kinds, c)
		}
	}
	return kinds
}

func (p panel) pages(kinds []summary.Summary) (Chart, bool) {
	page := results.LookupMetric(results.PageNS(results.PageWays()[0].Name, results.PageStates()[0]))
	f := figure{title: "A page of a file, mapped and by system calls", below: "Time per page · lower is better"}
	heads := []string{}
	for i, state := range results.PageStates() {
		heads = append(heads, state)
		f.key = append(f.key, entry{look: stateLook(softInk, i), text: stateWords[state]})
	}
	columns := append([]string{"file", "way"}, heads...)
	var lines []row
	var values []float64
	var table [][]string
	for _, c := range kinds {
		name := cut(kindOf(c.Cell), headType, maxNames)
		lines = append(lines, row{name: name})
		for _, way := range results.PageWays() {
			var of []string
			for _, state := range results.PageStates() {
				e, has := c.Metrics[results.PageNS(way.Name, state)]
				if has && usable(e.Median) {
					values = append(values, e.Median, e.Lo, e.Hi)
				}
				of = append(of, valueIn(c, results.PageNS(way.Name, state)))
			}
			lines = append(lines, row{name: way.Words, values: of, marks: pageMarks(c, way.Name)})
			table = append(table, append([]string{name, way.Words}, of...))
		}
	}
	if len(values) == 0 {
		return Chart{}, false
	}
	f.subtitle = fmt.Sprintf("Mean of %d pages, one after the other; mark: median of %s%s A touch writes a word of each page, which takes one fault; "+
		"populating them takes none that a program notices. The call to map them all took %s.", results.SetupPages, p.launchCount(), p.pageBars(kinds), mapCalls(kinds))
	f.footer = p.footer()
	newRows(lines, heads, 15).put(&f, tickOf(page.Unit), values)
	return Chart{
		Name: stem("pages", p.workload.Name), Workload: p.workload.Name, Title: f.title, Caption: f.subtitle,
		Columns: columns, Rows: table, figure: f,
	}, true
}

// stateWords says what the states of a page are.
var stateWords = map[string]string{"new": "new: a hole of the file", "warm": "warm: in the page cache", "cold": "cold: dropped from it"}

// stateLook is how a state is drawn, in the colour of its kind of file.
func stateLook(c color.NRGBA, state int) look {
	return look{color: c, marker: state % len(polygons), hollow: state == 0}
}

// kindOf names the files of a cell: "ext4, /tmp", "memfd".
func kindOf(c results.Cell) string {
	if c.Dir == "" {
		return c.Family
	}
	return c.FSType + ", " + c.Dir
}

// mapCalls says what the calls to map took, the least and the most of the kinds.
func mapCalls(kinds []summary.Summary) string {
	least, most := math.Inf(1), 0.0
	for _, c := range kinds {
		least, most = min(least, c.Metrics[results.SetupMap].Median), max(most, c.Metrics[results.SetupMap].Median)
	}
	format := results.LookupMetric(results.SetupMap).Format
	if format(least) == format(most) {
		return format(least)
	}
	return format(least) + " to " + format(most)
}

// pageBars says what the bars are, where there are any.
func (p panel) pageBars(kinds []summary.Summary) string {
	p.metric, p.cells = results.LookupMetric(results.PageNS("touch", "new")), kinds
	return p.bars()
}

// pageMarks draws what a page takes in each state.
func pageMarks(c summary.Summary, way string) func(draw.Canvas, func(float64) vg.Length, vg.Length, vg.Length) {
	return func(canvas draw.Canvas, x func(float64) vg.Length, y, _ vg.Length) {
		for i, state := range results.PageStates() {
			e, has := c.Metrics[results.PageNS(way, state)]
			if !has || !usable(e.Median) {
				continue
			}
			l := stateLook(tintOf(familyWord(c.Cell)).color, i)
			l.mark(canvas, vg.Point{X: x(e.Median), Y: y}, markRadius)
			interval(canvas, l, x, e.Lo, e.Hi, y, markRadius+foot)
		}
	}
}

package charts

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"ipcbench/results"
	"ipcbench/results/compare"
	"ipcbench/results/history"
)

const (
	historyCells  = 12 // that are drawn at most
	historyFloors = 3  // likewise, below them
	courseHeight  = 66
	courseHead    = 25        // above it: its name, and the changes
	courseDates   = 15        // below the last
	leastReach    = 0.03      // about what is no change, as a ratio: noise is never blown up to the full height
	fewTicks      = 4         // beside a course, about
	mostWhiskers  = 120       // runs: of more, intervals would only blur
	dayApart      = 64        // between two labels under it
	edge          = 1.0 / 100 // of the points lie beyond a course on either side at most, and are marked there
)

// History draws the series over the runs, one under the other: those that changed,
// and the floors that did; where none did, the first ones.
func History(h history.History) Chart {
	chart := Chart{Name: "history", Title: h.Title(), Columns: []string{"series", "runs", "from run", "median", "change", "95 % interval", "verdict"}}
	var all []course
	for _, s := range h.Series {
		all = append(all, course{name: s.Name(), metric: results.LookupMetric(s.Metric), Course: s.Course})
	}
	left := pick(&all, historyCells)
	var floors []course
	for _, f := range h.Floors {
		if len(f.Changes) > 0 {
			floors = append(floors, course{name: "Floor: " + f.What(), metric: results.Metric{Unit: results.Nanoseconds}, Course: f.Course, isFloor: true})
		}
	}
	all = append(all, floors[:min(len(floors), historyFloors)]...)
	for _, s := range h.Series {
		chart.Rows = append(chart.Rows, courseRows(h, s.Name(), s.Course, results.LookupMetric(s.Metric).Format)...)
	}
	for _, f := range h.Floors {
		chart.Rows = append(chart.Rows, courseRows(h, f.What(), f.Course, results.FormatNS)...)
	}

	f := figure{title: chart.Title, footer: strings.TrimPrefix(h.Setting+" · "+h.Span(), " · ")}
	f.subtitle = "A point is a run: the median of its launches"
	if slices.ContainsFunc(all, func(c course) bool { return c.hasWhiskers(len(h.Runs)) }) {
		f.subtitle += ", with its 95 % interval"
	}
	f.subtitle += ". Lines: the median of the runs between two changes; each series has a scale of its own." + coursesLeftOut(left)
	chart.Caption = f.subtitle
	f.key = historyKey(all)
	f.body = stacked(h, all)
	chart.figure = f
	return chart
}

// A course is one series as it is drawn.
type course struct {
	name    string
	metric  results.Metric
	isFloor bool
	history.Course
}

// hasWhiskers says whether points of the course are drawn with their intervals.
func (c course) hasWhiskers(runs int) bool {
	return runs <= mostWhiskers && slices.ContainsFunc(c.Points, func(p history.Point) bool { return usable(p.Lo) && usable(p.Hi) })
}

// pick keeps the courses to draw, in their order: those with the most changes, and
// of them the largest; says how many are left out.
func pick(all *[]course, most int) (left int) {
	size := func(c course) (largest float64) {
		for _, change := range c.Changes {
			largest = max(largest, math.Abs(math.Log1p(change.Change)))
		}
		return largest
	}
	kept := slices.DeleteFunc(slices.Clone(*all), func(c course) bool { return len(c.Changes) == 0 })
	if len(kept) == 0 {
		kept = slices.Clone(*all)
	}
	sizes := make([]float64, len(kept))
	for i, c := range kept {
		sizes[i] = size(c)
	}
	slices.SortFunc(sizes, func(a, b float64) int { return cmp.Compare(b, a) })
	if len(kept) > most {
		least := sizes[most-1]
		kept = slices.DeleteFunc(kept, func(c course) bool { return size(c) < least })
		kept = kept[:most]
	}
	left = len(*all) - len(kept)
	*all = kept
	return left
}

func coursesLeftOut(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return " 1 more series is not drawn."
	}
	return fmt.Sprintf(" %d more series are not drawn.", n)
}

// courseRows are the segments of a course, with the change that each begins with.
func courseRows(h history.History, name string, c history.Course, format func(float64) string) [][]string {
	var rows [][]string
	for i, s := range c.Segments {
		row := []string{name, strconv.Itoa(s.To - s.From), "", format(s.Median), "", "", ""}
		if s.From < len(c.Points) {
			row[2] = h.Runs[c.Points[s.From].Run].Name
		}
		if i > 0 {
			change := c.Changes[i-1]
			row[4], row[5] = change.Interval()
			row[6] = change.Verdict.Judgement().Words
		}
		rows = append(rows, row)
	}
	return rows
}

// toneOf is how a change looks. Of a floor there is no verdict: it is the machine's.
func (c course) toneOf(change history.Change) compare.Tone {
	if c.isFloor {
		return compare.Suspect
	}
	return change.Verdict.Judgement().Tone
}

// historyKey explains the colours that are there.
func historyKey(all []course) []entry {
	var key []entry
	for _, verdict := range []compare.Verdict{compare.Faster, compare.Slower, compare.MachineChanged} {
		j := verdict.Judgement()
		if slices.ContainsFunc(all, func(c course) bool {
			return slices.ContainsFunc(c.Changes, func(change history.Change) bool { return c.toneOf(change) == j.Tone })
		}) {
			l := toneLooks[j.Tone]
			key = append(key, entry{look: look{color: l.color, marker: l.marker, hollow: l.hollow}, text: results.Capital(j.Words)})
		}
	}
	return key
}

// stacked sets the courses under each other, all on the same level axis.
func stacked(h history.History, all []course) []part {
	widest := vg.Length(0)
	for _, c := range all {
		for _, t := range c.ticks() {
			widest = max(widest, smallTick.width(t.label))
		}
	}
	left := widest + 8
	var parts []part
	for i, c := range all {
		if i > 0 {
			parts = append(parts, space(7))
		}
		parts = append(parts, part{courseHead + courseHeight, func(canvas draw.Canvas) {
			headType.write(canvas, canvas.Min.X, canvas.Max.Y-headType.size, fromLeft, cut(c.name+better(c.metric), headType, inner))
			area := draw.Crop(canvas, left, -1, 0, -courseHead)
			c.draw(area, len(h.Runs))
		}})
	}
	return append(parts, part{courseDates, func(canvas draw.Canvas) { dates(draw.Crop(canvas, left, -1, 0, 0), h.Runs) }})
}

package report

import (
	_ "embed"
	"fmt"
	"io"
	"math"
	"strings"

	"ipcbench/results"
	"ipcbench/results/compare"
	"ipcbench/results/effect"
	"ipcbench/results/fleet"
	"ipcbench/results/report/page"
	"ipcbench/results/table"
)

//go:embed fleet.html
var fleetText string

var fleetPage = page.New(fleetText)

// mostFleetSquares is how many squares a page has: beyond, the cells that tell something come
// first, and the JSON has all.
const mostFleetSquares = 20_000

// WriteFleet writes the page of a fleet: the answer, all cells by all hosts in squares, and to
// each of these what it comes from.
func WriteFleet(w io.Writer, c fleet.Comparison) error {
	all := fleetContents{
		Comparison:  c,
		Warned:      page.NewWarnings("Before you believe it", c.Notes()),
		Sides:       page.Facts{Label: "What is compared"},
		Differences: page.TableOf(c.EnvironmentTable()),
	}
	for _, line := range c.Sides() {
		name, value, _ := strings.Cut(line, ": ")
		all.Sides.Facts = append(all.Sides.Facts, page.Fact{Name: name, Value: value})
	}
	all.Differences.Tone = func(_, column int) string { return map[bool]string{true: "any"}[column > 0] }
	answers := c.Answers()
	for i, class := range c.Classes {
		all.Classes = append(all.Classes, classOf(i, class, answers[i]))
	}
	if err := fleetPage.Write(w, all); err != nil {
		return fmt.Errorf("report of a fleet: %w", err)
	}
	return nil
}

// fleetContents is what the page is filled with.
type fleetContents struct {
	fleet.Comparison
	Warned      page.Warnings
	Sides       page.Facts
	Differences page.Table
	Classes     []classContents // in place of the comparison's
}

// classContents is a class as the page shows it.
type classContents struct {
	fleet.Class
	Answer  fleet.Answer
	Anchor  string
	Loners  page.Table
	Tables  []page.Table
	Maps    []heat
	LeftOut int // cells for whose squares there is no room
}

// Heat is the squares of one metric of a workload: a row for each cell, a column for each host.
type heat struct {
	Title string
	Label string   // as of a [page.Table]
	Names []string // of the hosts
	Rows  []heatRow
}

type heatRow struct {
	fleet.Row
	Anchor string
	Name   string
	Hosts  []fleet.Host
	Cells  []heatCell // by host
}

// A heatCell is a square, and what stands in the table of its row.
type heatCell struct {
	*fleet.OnHost // nil: no result
	Row           *fleet.Row
	Anchor        string
	Host          string
}

func classOf(place int, class fleet.Class, answer fleet.Answer) classContents {
	all := classContents{Class: class, Answer: answer, Anchor: fmt.Sprintf("class-%d", place+1), Loners: page.TableOf(class.HostTable())}
	all.Loners.Label += ": " + class.Name
	all.Loners.Tone = func(row, column int) string {
		if column == len(all.Loners.Columns)-1 {
			return string(toneOfWords(all.Loners.Rows[row].Cells[column]))
		}
		return ""
	}
	for _, t := range class.Tables() {
		shown := page.TableOf(t.Table)
		shown.Label += ": " + class.Name
		shown.Tone = func(row, column int) string {
			if column == len(t.Columns)-1 {
				return string(t.Of[row].Verdict.Judgement().Tone)
			}
			return ""
		}
		all.Tables = append(all.Tables, shown)
	}
	rows := class.Telling(mostFleetSquares / len(class.Hosts))
	all.LeftOut = len(class.Rows) - len(rows)
	var names []string
	for _, host := range class.Hosts {
		names = append(names, host.Name)
	}
	for i, row := range rows {
		metric := results.LookupMetric(row.Metric)
		title := results.Capital(row.Cell.Workload) + ": " + metric.Words
		if n := len(all.Maps); n == 0 || all.Maps[n-1].Title != title {
			all.Maps = append(all.Maps, heat{Title: title, Label: "Cells by hosts: " + title + ": " + class.Name, Names: names})
		}
		m := &all.Maps[len(all.Maps)-1]
		m.Rows = append(m.Rows, heatRowOf(fmt.Sprintf("c%d-%d", place+1, i+1), class, row))
	}
	return all
}

// toneOfWords is the tone of the verdict that says so, briefly.
func toneOfWords(words string) compare.Tone {
	for _, j := range compare.Judgements {
		if j.Brief == words {
			return j.Tone
		}
	}
	return compare.Open
}

func heatRowOf(anchor string, class fleet.Class, row fleet.Row) heatRow {
	r := heatRow{Row: row, Anchor: anchor, Name: row.Cell.Describe(" ", "workload"), Hosts: class.Hosts, Cells: make([]heatCell, len(class.Hosts))}
	for i := range row.On {
		on := &row.On[i]
		r.Cells[on.Host] = heatCell{OnHost: on}
	}
	for i := range r.Cells {
		r.Cells[i].Row, r.Cells[i].Host, r.Cells[i].Anchor = &r.Row, class.Hosts[i].Name, fmt.Sprintf("%s-%d", anchor, i+1)
	}
	return r
}

// extents are how far a change goes, and what its square is called then.
var extents = []struct {
	from float64
	name string
}{{0.25, "most"}, {0.10, "much"}, {0.05, "some"}, {0.02, "little"}, {0, "hardly"}}

// classFor is that of a square of a change.
func classFor(row fleet.Row, change float64) string {
	tone := compare.Bad
	if row.IsBetter(change) {
		tone = compare.Good
	}
	for _, e := range extents {
		if math.Abs(math.Log1p(change)) >= math.Log1p(e.from) {
			return "heat " + string(tone) + " by-" + e.name
		}
	}
	return "heat open"
}

// Class is that of the square of all hosts.
func (r heatRow) Class() string { return classFor(r.Row, r.Change) }

// All says what all hosts share.
func (r heatRow) All() string { return effect.FormatChange(r.Change) }

// Summary says what came of the row in a line.
func (r heatRow) Summary() string {
	text := fmt.Sprintf("%s: %s %s, %s", r.Name, effect.FormatChange(r.Change), effect.FormatInterval(r.Effect), r.Words())
	if n := len(r.Shown()); n == 1 {
		text += "; 1 host alone"
	} else if n > 1 {
		text += fmt.Sprintf("; %d hosts alone", n)
	}
	return text
}

// Between says how alike the hosts are in it.
func (r heatRow) Between() string {
	return fmt.Sprintf("Between hosts the change differs by %s (I² %s, Q %.1f with p %s); another such host is from %s to %s.",
		effect.FormatChange(math.Expm1(r.Tau)), share(r.I2), r.Q, effect.FormatP(r.PQ), effect.FormatChange(r.Next.Lo), effect.FormatChange(r.Next.Hi))
}

func share(of float64) string {
	if math.IsNaN(of) {
		return results.Nothing
	}
	return fmt.Sprintf("%.0f %%", 100*of)
}

// Numbers is the table of the row's hosts.
func (r heatRow) Numbers() table.Table {
	return table.Table{Title: "Hosts: " + r.Name, Columns: []table.Column{
		{Name: "host"}, {Name: "old", Numeric: true}, {Name: "new", Numeric: true}, {Name: "runs"}, {Name: "change", Numeric: true}, {Name: "own interval", Numeric: true}, {Name: "p alone", Numeric: true}, {Name: "verdict"},
	}}
}

// Class is that of the square.
func (c heatCell) Class() string {
	if c.OnHost == nil {
		return "heat"
	}
	class := classFor(*c.Row, c.Change)
	if c.Alone {
		class += " alone"
	}
	return class
}

// Mark is what stands in the square: of a host that stands alone, which way.
func (c heatCell) Mark() string {
	if !c.Alone {
		return ""
	}
	return c.Verdict.Judgement().Mark
}

// InFull says all of it in a line.
func (c heatCell) InFull() string {
	return c.Host + " " + effect.FormatChange(c.Change) + " " + c.Interval()
}

// Interval is the host's own.
func (c heatCell) Interval() string {
	return effect.FormatInterval(effect.Effect{Lo: c.Own.Lo, Hi: c.Own.Hi})
}

// Numbers are the row of the table.
func (c heatCell) Numbers() []string {
	metric := results.LookupMetric(c.Row.Metric)
	return []string{metric.Format(c.Old), metric.Format(c.New), fmt.Sprintf("%d old, %d new", c.OldRuns, c.NewRuns), effect.FormatChange(c.Change), c.Interval(), effect.FormatP(c.Corrected)}
}

// Words are the verdict on the host.
func (c heatCell) Words() string {
	if c.Alone {
		return c.Verdict.Judgement().Words + " than the others"
	}
	return "as the others"
}

// Tone is that of the words.
func (c heatCell) Tone() string {
	if c.Alone {
		return string(c.Verdict.Judgement().Tone)
	}
	return string(compare.Open)
}

// Places are where the runs of a host are.
func (c classContents) Places(runs []*fleet.Run) []string {
	const most = 20
	var list []string
	for i, r := range runs {
		if i == most {
			return append(list, fmt.Sprintf("and %d more", len(runs)-most))
		}
		list = append(list, r.Place)
	}
	return list
}

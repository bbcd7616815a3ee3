// Package table lays results out in rows and columns, for a terminal, for
// Markdown and for whoever draws a page.
//
// It knows which columns a workload has, from what is known of it. It must not
// compute anything that the summary does not have.
package table

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"ipcbench/results"
	"ipcbench/results/summary"
)

// A Table shows the cells of one workload. It is made once and rendered as
// text, Markdown or anything else.
type Table struct {
	Workload string
	Part     string // of the workload's results that it shows, "" the first: see [results.Further]
	Title    string
	Caption  string // what the numbers mean, a line each
	Columns  []Column
	Identity int // so many of them tell its rows apart
	Rows     []Row
	// Footnotes are the warnings about its rows.
	Footnotes Footnotes
}

// A Column is a heading. The cells of a numeric one are aligned right.
type Column struct {
	Name    string
	Numeric bool

	// What follows is for a text, which may be of few columns: see fitted.

	Rank  int                                // when it goes for want of room: the highest first; 0: never
	Once  bool                               // where all rows say the same in it, it is said once, and not at all where that is nothing
	Each  func(value string) string          // how it is said then; nil: by its name and the value
	Tells bool                               // it tells rows from each other: one such stays
	Group bool                               // what it says stands above the rows that share it, see Row.Group
	Note  string                             // the line of the caption that is about it alone
	Terse func(words string) string          // says a cell in fewer words; nil: there are none
	Paint func(row int, words string) string // gives the words of a row their colour; nil: they have none
}

// A Row is one cell of the plan.
type Row struct {
	Cells []string // one for each column, or for the first ones where a Note follows
	// Note, where not empty, stands in place of the other columns: why there
	// is no result.
	Note string
	// First says that what is comparable begins here: the row above has
	// another placement or size.
	First bool
	Group string // what the columns of groups say of it, in words: "64 B, same-cpu"
	// Numbers are those of the footnotes on this row.
	Numbers []int
	// Of is the cell, zero where the row is of none.
	Of results.Cell
}

// Tables makes one table for each workload, in reading order.
func Tables(summaries []summary.Summary) []Table {
	var tables []Table
	sorted := summary.InReadingOrder(summaries)
	for len(sorted) > 0 {
		end := slices.IndexFunc(sorted, func(s summary.Summary) bool { return s.Workload != sorted[0].Workload })
		if end < 0 {
			end = len(sorted)
		}
		tables = append(tables, of(sorted[:end]))
		for _, part := range results.LookupWorkload(sorted[0].Workload).Further {
			if rows := having(sorted[:end], part.Columns); len(rows) > 0 {
				tables = append(tables, ofPart(part, rows))
			}
		}
		sorted = sorted[end:]
	}
	return tables
}

// having are the summaries that have anything for one of the columns.
func having(summaries []summary.Summary, columns []results.ResultColumn) []summary.Summary {
	return slices.DeleteFunc(slices.Clone(summaries), func(s summary.Summary) bool {
		return !slices.ContainsFunc(columns, func(c results.ResultColumn) bool { _, has := s.Metrics[c.Metric]; return has })
	})
}

// ofPart makes a further table of a workload. The footnotes are those of the first.
func ofPart(part results.Further, summaries []summary.Summary) Table {
	t := Table{Workload: summaries[0].Workload, Part: part.Name, Title: part.Title, Caption: part.Caption}
	t.fill(part.Columns, summaries)
	return t
}

// of makes the table of one workload.
func of(summaries []summary.Summary) Table {
	w := results.LookupWorkload(summaries[0].Workload)
	t := Table{Workload: w.Name, Title: w.Title, Caption: w.Caption, Footnotes: footnotesOf(summaries)}
	shown := columnsOf(w, summaries)
	t.fill(shown, summaries)
	said := map[string]bool{"": true}
	for _, c := range t.Columns {
		if !said[c.Note] {
			t.Caption += "\n" + c.Note
			said[c.Note] = true
		}
	}
	for _, d := range results.DimensionsOf(cellsOf(summaries)) {
		if d.Note != "" {
			t.Caption += "\n" + d.Note
		}
	}
	if isBounded(shown, summaries) {
		t.Caption += "\n" + boundNote
	}
	return t
}

func cellsOf(summaries []summary.Summary) []results.Cell {
	var cells []results.Cell
	for _, s := range summaries {
		cells = append(cells, s.Cell)
	}
	return cells
}

// fill gives the table its columns and rows.
func (t *Table) fill(shown []results.ResultColumn, summaries []summary.Summary) {
	columns, identities, groups := Identify(cellsOf(summaries))
	t.Columns, t.Identity = columns, len(columns)
	for _, c := range shown {
		note := cmp.Or(c.Note, results.LookupMetric(c.Metric).Note)
		t.Columns = append(t.Columns, Column{Name: c.Name, Numeric: true, Rank: c.Rank, Once: c.Rank > 0, Note: note})
	}
	t.Columns = append(t.Columns, launchesColumn)
	for i, s := range summaries {
		first := i > 0 && results.CompareGroups(summaries[i-1].Cell, s.Cell) != 0
		for _, row := range rowsOf(s, identities[i], shown) {
			row.First, first, row.Of = first, false, s.Cell
			row.Group = groups[i]
			t.Rows = append(t.Rows, row)
		}
		t.Rows[len(t.Rows)-max(1, len(s.Modes))].Numbers = t.Footnotes.on(s)
	}
}

// launchesColumn counts what a row is from.
var launchesColumn = Column{Name: "launches", Numeric: true, Rank: 2, Once: true, Each: func(n string) string {
	if n == "1" {
		return "1 launch each"
	}
	return n + " launches each"
}}

// rowsOf is a row of the summary or, where its launches fall into modes, one of
// each: between them there is no figure that any launch had, and nothing that a
// margin could be of. In its place is how many launches the mode has.
func rowsOf(s summary.Summary, identity []string, shown []results.ResultColumn) []Row {
	if s.Launches == 0 {
		return []Row{{Cells: identity, Note: note(s)}}
	}
	if len(s.Modes) == 0 {
		return []Row{{Cells: append(slices.Clip(identity), append(valuesOf(s, s.Metrics, shown), launchCount(s))...)}}
	}
	var rows []Row
	count := launchCount(s)
	for _, mode := range s.Modes {
		values := valuesOf(s, mode.Metrics, shown)
		for i, c := range shown {
			if c.Margin {
				values[i] = fmt.Sprintf("×%d", mode.Launches)
			}
		}
		rows = append(rows, Row{Cells: slices.Concat(identity, values, []string{count})})
		identity, count = make([]string, len(identity)), ""
	}
	return rows
}

func valuesOf(s summary.Summary, metrics map[string]summary.Estimate, shown []results.ResultColumn) []string {
	s.Metrics = metrics
	var values []string
	for _, c := range shown {
		values = append(values, valueOf(c, s))
	}
	return values
}

// columnsOf are the workload's, without that of its Fine where it decides on
// no row, and without those that no row has anything for; after them the percentiles
// of its histogram that were asked for.
func columnsOf(w results.Workload, summaries []summary.Summary) []results.ResultColumn {
	fine := slices.ContainsFunc(summaries, summary.Summary.IsFine)
	measured := slices.ContainsFunc(summaries, func(s summary.Summary) bool { return s.Launches > 0 })
	columns := slices.DeleteFunc(slices.Clone(w.Columns), func(c results.ResultColumn) bool {
		percentile := results.LookupMetric(c.Metric).Of != "" // that there is none says how few there are beyond
		return c.Metric == w.Fine && !fine || measured && !percentile && len(having(summaries, []results.ResultColumn{c})) == 0
	})
	for _, m := range summaries[0].Asked {
		shown := slices.ContainsFunc(columns, func(c results.ResultColumn) bool { return c.Metric == m.Name && !c.Margin })
		if m.Of == w.Of && !shown {
			columns = append(columns, results.ResultColumn{Name: m.Percent(), Metric: m.Name})
		}
	}
	return columns
}

// estimateOf is what a column shows of a row. Of the workload's Main and its
// Fine, one decides on the row, and has the margin.
func estimateOf(c results.ResultColumn, s summary.Summary) (e summary.Estimate, has bool) {
	w, name := results.LookupWorkload(s.Workload), c.Metric
	switch {
	case c.Margin && name == w.Main:
		name = s.Main().Name
	case name == w.Fine && !s.IsFine():
		return e, false
	}
	e, has = s.Metrics[name]
	return e, has
}

func valueOf(c results.ResultColumn, s summary.Summary) string {
	e, has := estimateOf(c, s)
	switch {
	case c.Margin:
		return FormatMargin(e)
	case !has:
		return results.Nothing
	}
	return results.LookupMetric(c.Metric).Format(e.Median)
}

// isBounded says whether the clock bounds a margin that is shown.
func isBounded(shown []results.ResultColumn, summaries []summary.Summary) bool {
	for _, c := range shown {
		for _, s := range summaries {
			if e, has := estimateOf(c, s); has && c.Margin && e.IsBounded() {
				return true
			}
		}
	}
	return false
}

// boundNote says what it means that a margin is less than so much.
const boundNote = "± with <: the launches are nearer to each other than the clock can tell, which is its tick or, of batches, that over the round trips of one."

// FormatMargin writes how far the interval reaches from the median: "4.2 %", and
// where that is less than the clock can tell, what it can: "<9.1 %". Of what is
// known to the order of magnitude at best, it says that it is so.
func FormatMargin(e summary.Estimate) string {
	ratio := e.Margin()
	switch {
	case e.N == 0 || math.IsNaN(ratio):
		return results.Nothing
	case e.IsBounded():
		return "<" + results.FormatPercent(e.Finest())
	}
	return results.FormatSpread(ratio)
}

// launchCount tells how many launches the numbers are from, and of how many
// where some did not end ok.
func launchCount(s summary.Summary) string {
	if others := s.Skipped + s.Failed; others > 0 {
		return fmt.Sprintf("%d of %d", s.Launches, s.Launches+others)
	}
	return fmt.Sprint(s.Launches)
}

// note is what stands in place of the results of a cell that has none.
func note(s summary.Summary) string {
	if s.Launches > 0 {
		return ""
	}
	status := results.Skipped
	if s.Failed > 0 {
		status = results.Failed
	}
	return strings.Join(strings.Fields(string(status)+": "+s.Reason), " ")
}

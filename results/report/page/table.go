package page

import (
	"fmt"
	"strings"

	"ipcbench/results/table"
)

// A Table is one as a page shows it. The first cell of each row is what the row is of.
type Table struct {
	table.Table
	// Label says what it is of to those who do not see what stands above it. No two
	// tables of a page have the same.
	Label string
	// Tone, where not nil, is what a cell looks like besides: "good", "bad", "open",
	// "calm", "suspect" of a verdict, "any" of a text that may be broken into lines;
	// "" as others.
	Tone func(row, column int) string
}

// TableOf is a table that stands below its title.
func TableOf(t table.Table) Table { return Table{Table: t, Label: t.Title} }

// Plain is a table of texts, as charts have it.
func Plain(label string, columns []string, rows [][]string) Table {
	t := Table{Label: label}
	for _, name := range columns {
		t.Columns = append(t.Columns, table.Column{Name: name})
	}
	for _, cells := range rows {
		t.Rows = append(t.Rows, table.Row{Cells: cells})
	}
	return t
}

// Class is that of a cell.
func (t Table) Class(row, column int) string {
	var classes []string
	if t.Columns[column].Numeric {
		classes = append(classes, "n")
	}
	if t.Tone != nil {
		if tone := t.Tone(row, column); tone != "" {
			classes = append(classes, tone)
		}
	}
	return strings.Join(classes, " ")
}

// Blank is how many columns a note stands in place of.
func (t Table) Blank(row table.Row) int {
	blank := len(t.Columns) - len(row.Cells)
	if len(t.Footnotes.OnRow) > 0 {
		blank++ // that of the footnotes
	}
	return blank
}

// A Footnote is one to which rows refer.
type Footnote struct{ Anchor, Text string }

// Referred lists the footnotes on single rows, in the order of their numbers.
func (t Table) Referred() []Footnote {
	var all []Footnote
	for i, text := range t.Footnotes.OnRow {
		all = append(all, Footnote{t.Anchor(i + 1), text})
	}
	return all
}

// Anchor names the footnote of that number within the page.
func (t Table) Anchor(number int) string { return fmt.Sprintf("%s-note-%d", t.Workload, number) }

package experiment

import (
	"math"
	"slices"
	"strings"

	"ipcbench/results"
	"ipcbench/results/compare"
	"ipcbench/results/effect"
	"ipcbench/results/table"
)

// A Matrix is a metric of the cells of a workload: a row for each, a column for each
// variant.
type Matrix struct {
	table.Table
	Identity int        // so many columns tell the rows apart; the next is the first variant's
	Of       [][]Square // by row, and then by variant that is compared
}

// A Square is what a variant does to a cell; a zero Row where it has no result.
type Square struct {
	compare.Row
	Variant int // its place in Outcome.Against
	Place   int // of the row in that comparison
}

// Known says whether there is a result.
func (s Square) Known() bool { return s.Metric != "" }

// Text is what stands in the square.
func (s Square) Text() string {
	if !s.Known() {
		return results.Nothing
	}
	return s.Marked()
}

// Extent is about how far a change goes: "little", "some", or "much", which is twice or
// half.
func (s Square) Extent() string {
	switch by := math.Abs(math.Log1p(s.Change)); {
	case by >= math.Ln2:
		return "much"
	case by >= math.Log(1.25):
		return "some"
	}
	return "little"
}

// InFull says all of it in a line.
func (s Square) InFull() string {
	if !s.Known() {
		return "there is no result"
	}
	metric := results.LookupMetric(s.Metric)
	return s.Words() + ": " + metric.Format(s.Old.Median) + " → " + metric.Format(s.New.Median) + ", " +
		effect.FormatChange(s.Change) + " " + effect.FormatInterval(s.Effect) + ", p " + effect.FormatP(s.Corrected)
}

// Matrices are all of them, in reading order.
func (o Outcome) Matrices() []Matrix {
	type heading struct{ workload, metric string }
	var order []heading
	divided := map[heading][][]Square{}
	for _, row := range o.squares() {
		h := heading{row[0].Cell.Workload, row[0].Metric}
		if divided[h] == nil {
			order = append(order, h)
		}
		divided[h] = append(divided[h], row)
	}
	var all []Matrix
	for _, h := range order {
		all = append(all, o.matrix(divided[h]))
	}
	return all
}

// squares are the rows of all comparisons, those of one cell and metric together.
func (o Outcome) squares() [][]Square {
	type key struct {
		cell   results.Cell
		metric string
	}
	at := map[key]int{}
	var all [][]Square
	for i, a := range o.Against {
		for place, row := range a.Comparison.Rows {
			k := key{row.OldCell, row.Metric}
			if _, has := at[k]; !has {
				at[k] = len(all)
				all = append(all, nil)
			}
			all[at[k]] = append(all[at[k]], Square{row, i, place})
		}
	}
	return all
}

func (o Outcome) matrix(squares [][]Square) Matrix {
	first := squares[0][0]
	metric := results.LookupMetric(first.Metric)
	m := Matrix{Table: table.Table{Workload: first.Cell.Workload, Title: results.Capital(first.Cell.Workload) + ": " + metric.Words}}
	columns, identities, groups := table.Identify(cellsOf(squares))
	m.Identity = len(columns)
	m.Columns = append(columns, table.Column{Name: o.First(), Numeric: true})
	for _, a := range o.Against {
		if a.Without == "" {
			m.Columns = append(m.Columns, table.Column{Name: a.Variant})
		}
	}
	for i, row := range squares {
		cells := append(identities[i], metric.Format(row[0].Old.Median))
		var of []Square
		for j, a := range o.Against {
			if a.Without != "" {
				continue
			}
			square := Square{Variant: j}
			if k := slices.IndexFunc(row, func(s Square) bool { return s.Variant == j }); k >= 0 {
				square = row[k]
			}
			of = append(of, square)
			cells = append(cells, square.Text())
		}
		m.Of = append(m.Of, of)
		m.Rows = append(m.Rows, table.Row{Cells: cells, Group: groups[i], First: i > 0 && results.CompareGroups(squares[i-1][0].OldCell, row[0].OldCell) != 0})
	}
	return m
}

// cellsOf are the cells as the first variant has them. A directory that all are in
// tells nothing apart: it is where filesystems are mounted in turn.
func cellsOf(squares [][]Square) []results.Cell {
	var cells []results.Cell
	several := false
	for _, row := range squares {
		cells = append(cells, row[0].OldCell)
		several = several || row[0].OldCell.Dir != "" && row[0].OldCell.Dir != cells[0].Dir && cells[0].Dir != ""
	}
	if !several {
		for i := range cells {
			cells[i].Dir, cells[i].FSType, cells[i].Mount = "", "", ""
		}
	}
	return cells
}

// Legend says what the marks of a matrix mean.
func (o Outcome) Legend() string {
	var parts []string
	for _, j := range compare.Judgements {
		parts = append(parts, j.Mark+" "+j.Words)
	}
	return "The first column has what was measured with " + o.First() + ", the others how each variant differs from it: " + strings.Join(parts, ", ") + "."
}

package fleet

import (
	"fmt"
	"math"
	"slices"

	"ipcbench/results"
	"ipcbench/results/compare"
	"ipcbench/results/effect"
	"ipcbench/results/table"
)

// A Table shows one metric of the cells of one workload on the hosts of a class. The verdict
// is its last column.
type Table struct {
	table.Table
	Of []Row // what each of its rows shows
}

// Tables are a table for each metric of each workload, in reading order.
func (c Class) Tables() []Table {
	type heading struct{ workload, metric string }
	var order []heading
	divided := map[heading][]Row{}
	for _, row := range c.Rows {
		h := heading{row.Cell.Workload, row.Metric}
		if divided[h] == nil {
			order = append(order, h)
		}
		divided[h] = append(divided[h], row)
	}
	var tables []Table
	for _, h := range order {
		tables = append(tables, c.tableOf(divided[h]))
	}
	return tables
}

func (c Class) tableOf(rows []Row) Table {
	first := rows[0]
	t := Table{Of: rows, Table: table.Table{Workload: first.Cell.Workload, Title: results.Capital(first.Cell.Workload) + ": " + metricOf(first).Words}}
	var cells []results.Cell
	for _, row := range rows {
		cells = append(cells, row.Cell)
	}
	columns, identities, groups := table.Identify(cells)
	t.Identity = len(columns)
	t.Columns = append(columns, []table.Column{
		{Name: "hosts", Numeric: true, Rank: 5, Once: true}, {Name: "old", Numeric: true, Rank: 2}, {Name: "new", Numeric: true, Rank: 2}, {Name: "change", Numeric: true},
		{Name: "corrected interval", Numeric: true, Rank: 1, Terse: effect.Terse}, {Name: "between", Numeric: true, Rank: 3}, {Name: "I²", Numeric: true, Rank: 7},
		{Name: "p", Numeric: true, Rank: 6}, {Name: "alone", Rank: 4}, {Name: "verdict"},
	}...)
	for i, row := range rows {
		metric := metricOf(row)
		t.Rows = append(t.Rows, table.Row{
			First: i > 0 && rows[i-1].Cell.Setting() != row.Cell.Setting(),
			Group: groups[i],
			Cells: append(identities[i], fmt.Sprint(len(row.On)), metric.Format(row.Old), metric.Format(row.New),
				effect.FormatChange(row.Change), effect.FormatInterval(row.Effect), percent(row.Tau), percent(row.I2), effect.FormatP(row.Corrected), c.AloneIn(row), row.Words()),
		})
	}
	t.Caption = "Old and new: medians over hosts. Change: of all hosts but those that stand alone."
	return t
}

func percent(share float64) string {
	switch {
	case math.IsNaN(share):
		return results.Nothing
	case share < 0.0005:
		return "0 %"
	}
	return results.FormatPercent(share)
}

// Words says the row's verdict as people do.
func (r Row) Words() string {
	words := r.Verdict.Judgement().Brief
	switch {
	case r.Verdict == compare.Same:
		return words + " ±" + results.FormatPercent(r.Within)
	case r.Verdict.IsChange() && !r.IsEverywhere():
		return words + " on average"
	}
	return words
}

// AloneIn names the hosts that stand alone in a row, with their own changes.
func (c Class) AloneIn(row Row) string {
	var parts []string
	for _, on := range row.Shown() {
		parts = append(parts, c.Hosts[on.Host].Name+" "+effect.FormatChange(on.Change))
	}
	return few(parts)
}

// HostTable shows the hosts that stand alone, and in how many cells.
func (c Class) HostTable() table.Table {
	t := table.Table{Title: "Hosts that stand alone", Columns: []table.Column{
		{Name: "host"}, {Name: "cells", Numeric: true}, {Name: "most in"}, {Name: "change", Numeric: true}, {Name: "of the others", Numeric: true}, {Name: "p", Numeric: true, Rank: 2},
		{Name: "runs", Rank: 1}, {Name: "verdict"},
	}}
	for _, l := range c.loners() {
		t.Rows = append(t.Rows, table.Row{Cells: []string{
			l.Host, fmt.Sprint(l.Rows), describe(l.Row.Cell), effect.FormatChange(l.On.Change), effect.FormatChange(l.Row.Change), effect.FormatP(l.On.Corrected),
			fmt.Sprintf("%d old, %d new", l.On.OldRuns, l.On.NewRuns), l.On.Verdict.Judgement().Brief,
		}})
	}
	return t
}

// EnvironmentTable shows what differs between the sides.
func (c Comparison) EnvironmentTable() table.Table {
	t := table.Table{Title: "What differs", Columns: []table.Column{{Name: "fact"}, {Name: "old"}, {Name: "new"}}}
	for _, d := range c.Environment {
		t.Rows = append(t.Rows, table.Row{Cells: []string{d.Key, d.Old, d.New}})
	}
	return t
}

// Sides say what was held against what.
func (c Comparison) Sides() []string {
	var hosts int
	for _, class := range c.Classes {
		hosts += len(class.Hosts)
	}
	list := []string{
		"old: " + c.Old + ", " + count(c.OldRuns, "run"),
		"new: " + c.New + ", " + count(c.NewRuns, "run"),
		"with both: " + count(hosts, "host") + inClasses(len(c.Classes)),
	}
	if n := len(c.Alone); n > 0 {
		var names []string
		for _, class := range c.Alone {
			names = append(names, class.Name)
		}
		list = append(list, "of fewer than two hosts with both sides, and not compared: "+few(names))
	}
	return list
}

func inClasses(n int) string {
	if n == 1 {
		return " of one hardware class"
	}
	return fmt.Sprintf(" of %d hardware classes, each compared by itself", n)
}

// Title is what a page is called.
func (c Comparison) Title() string { return c.Old + " and " + c.New }

// of says of which class something is, where there are several.
func (c Comparison) of(class Class) string {
	if len(c.Classes) == 1 {
		return ""
	}
	return class.Name + ": "
}

// Notes are what stands beside the tables: what was taken for one, what fails and what to beware of.
func (c Comparison) Notes() []string {
	notes := slices.Clone(c.Warnings)
	for _, class := range c.Classes {
		for _, j := range class.Joined {
			notes = append(notes, c.of(class)+j.Sentence())
		}
		for _, b := range class.Broken {
			notes = append(notes, fmt.Sprintf("%s fails on the new side alone, on %d of %d hosts: %s", describe(b.Cell), len(b.Hosts), len(class.Hosts), few(b.Hosts)))
		}
	}
	return notes
}

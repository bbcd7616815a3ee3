package compare

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ipcbench/results"
	"ipcbench/results/effect"
	"ipcbench/results/table"
)

// A Table shows one metric of the cells of one workload.
type Table struct {
	table.Table
	Metric   string
	Identity int   // so many of its columns tell its rows apart; the verdict is the last one
	Of       []Row // what each of its rows shows
}

// Tables returns a table for each metric of each workload, in reading order.
func (c Comparison) Tables() []Table {
	var tables []Table
	for _, rows := range byWorkloadAndMetric(c.Rows) {
		tables = append(tables, c.tableOf(rows))
	}
	return tables
}

// byWorkloadAndMetric divides rows in reading order.
func byWorkloadAndMetric(rows []Row) [][]Row {
	type heading struct{ workload, metric string }
	var order []heading
	divided := map[heading][]Row{}
	for _, row := range rows {
		h := heading{row.Cell.Workload, row.Metric}
		if divided[h] == nil {
			order = append(order, h)
		}
		divided[h] = append(divided[h], row)
	}
	var parts [][]Row
	for _, h := range order {
		parts = append(parts, divided[h])
	}
	return parts
}

// correctedInterval heads the intervals that agree with the p-values beside them.
const correctedInterval = "corrected interval"

// tableOf makes the table of rows of one workload and metric.
func (c Comparison) tableOf(rows []Row) Table {
	first := rows[0]
	t := Table{Metric: first.Metric, Of: rows, Table: table.Table{
		Workload: first.Cell.Workload,
		Title:    results.Capital(first.Cell.Workload) + ": " + first.metric().Words,
	}}
	columns, identities, groups := c.identify(rows)
	old, new := c.sides()
	t.Identity = len(columns)
	t.Columns = append(columns, []table.Column{
		{Name: old, Numeric: true}, {Name: new, Numeric: true}, {Name: "change", Numeric: true},
		{Name: correctedInterval, Numeric: true, Rank: 1, Terse: effect.Terse}, {Name: "p", Numeric: true, Rank: 6},
	}...)
	hopes := slices.ContainsFunc(rows, func(r Row) bool { return r.might() != "" })
	if hopes {
		t.Columns = append(t.Columns, table.Column{Name: "might tell", Rank: 7})
	}
	t.Columns = append(t.Columns, table.Column{Name: "verdict", Terse: terse})
	var notes []string
	for i, row := range rows {
		words := row.words()
		if row.Because != "" && (row.Needed == 0 || row.modal) {
			words += " (" + NoteMark(&notes, row.Because) + ")"
		}
		cells := append(identities[i],
			row.metric().Format(row.Old.Median), row.metric().Format(row.New.Median),
			effect.FormatChange(row.Change), effect.FormatInterval(row.Effect), effect.FormatP(row.Corrected))
		if hopes {
			cells = append(cells, row.might())
		}
		t.Rows = append(t.Rows, table.Row{
			First: i > 0 && rows[i-1].Cell.Setting() != row.Cell.Setting(),
			Group: groups[i],
			Cells: append(cells, words),
		})
	}
	if slices.ContainsFunc(rows, Row.isBounded) {
		notes = append(notes, "No cell is the same within less than the clock can tell: its tick or, of batches, that over the round trips of one.")
	}
	t.Caption = strings.Join(append([]string{fmt.Sprintf("Medians over %s a side. change: %s, not of these medians.", c.Replicates(rows), c.change())}, notes...), "\n")
	return t
}

// terse says a verdict's words where there is little room.
func terse(words string) string {
	for _, j := range Judgements {
		if rest, is := strings.CutPrefix(words, j.Words); is {
			return j.Brief + strings.Replace(rest, within, " ±", 1)
		}
	}
	return words
}

// NoteMark returns the number of a note, which it adds if it is new.
func NoteMark(notes *[]string, text string) string {
	isNoted := func(note string) bool { return strings.HasSuffix(note, ") "+text) }
	i := slices.IndexFunc(*notes, isNoted)
	if i < 0 {
		i = len(*notes)
		*notes = append(*notes, fmt.Sprintf("(%d) %s", i+1, text))
	}
	return strconv.Itoa(i + 1)
}

// identify returns the columns that tell the rows' cells, and the parts of
// Comparison.By, from each other.
func (c Comparison) identify(rows []Row) (columns []table.Column, values [][]string, groups []string) {
	var cells []results.Cell
	for _, row := range rows {
		cells = append(cells, c.shownCell(row))
	}
	columns, values, groups = table.Identify(cells)
	if !strings.HasPrefix(c.By, labelColumn) || !c.hasManyParts() {
		return columns, values, groups // what it is by is among them, or in the head
	}
	columns = append(columns, table.Column{Name: c.By, Tells: true, Once: true})
	for i, row := range rows {
		values[i] = append(values[i], row.NewValue)
	}
	return columns, values, groups
}

// shownCell is the new side's cell, or what both variants have, but for its directory: where the sides are
// two directories, they stand in the head, and where only one side has any, it
// is that.
func (c Comparison) shownCell(row Row) results.Cell {
	cell := row.Cell
	if c.By == results.VariantColumn && !c.hasManyParts() {
		cell = row.both()
	}
	switch {
	case (c.By == "dir" || c.By == fstype) && !c.hasManyParts():
		cell.Dir, cell.FSType, cell.Mount = "", "", ""
	case cell.Dir == "":
		cell.Dir, cell.FSType, cell.Mount = row.OldCell.Dir, row.OldCell.FSType, row.OldCell.Mount
	}
	return cell
}

// sides names the two sides in the head of a table. Several parts on the new
// side are told by the rows.
func (c Comparison) sides() (old, new string) {
	switch {
	case c.By == "":
		return "old", "new"
	case c.hasManyParts():
		return c.Old, "new"
	}
	return c.Old, c.New
}

// hasManyParts says whether more than one part is compared with the first.
func (c Comparison) hasManyParts() bool {
	return slices.ContainsFunc(c.Rows, func(row Row) bool { return row.NewValue != c.New })
}

// Replicates counts what the numbers of a side of the rows, of which there is
// at least one, are from: "10 launches", "8 to 10 launches".
func (c Comparison) Replicates(rows []Row) string {
	least, most := rows[0].Old.N, rows[0].Old.N
	for _, row := range rows {
		least, most = min(least, row.Old.N, row.New.N), max(most, row.Old.N, row.New.N)
	}
	switch {
	case most == 1:
		return "1 " + c.Replicate
	case least == most:
		return fmt.Sprintf("%d %s", most, plural(c.Replicate))
	}
	return fmt.Sprintf("%d to %d %s", least, most, plural(c.Replicate))
}

package history

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"ipcbench/results"
	"ipcbench/results/compare"
	"ipcbench/results/effect"
	"ipcbench/results/table"
)

// A Table has one row a change, and beside it which change that is.
type Table struct {
	table.Table
	Of []Finding
}

// Table shows the changes in the order of the runs.
func (h History) Table() Table {
	t := Table{Of: h.Findings()}
	t.Title = "Changes"
	var cells []results.Cell
	for _, f := range t.Of {
		cells = append(cells, f.Cell)
	}
	columns, identities, groups := table.Identify(cells)
	dated := h.needsDays()
	t.Columns = append(t.Columns, h.when(dated)...)
	t.Columns = append(t.Columns, columns...)
	t.Columns = append(t.Columns, table.Column{Name: "metric", Tells: true, Once: true},
		table.Column{Name: "before", Numeric: true}, table.Column{Name: "after", Numeric: true},
		table.Column{Name: "change", Numeric: true}, intervalColumn,
		table.Column{Name: "verdict"}, table.Column{Name: "differs"})
	var notes []string
	for i, f := range t.Of {
		m := f.metric()
		change, interval := f.Interval()
		verdict := f.Verdict.Judgement().Words
		if f.Because != "" {
			verdict += " (" + compare.NoteMark(&notes, f.Because) + ")"
		}
		row := slices.Concat(h.Runs[f.After].when(dated), identities[i], []string{
			m.Quantity(), m.Format(f.Old), m.Format(f.New), change, interval, verdict, f.differs(),
		})
		from := "from " + strings.Join(h.Runs[f.After].when(dated), " on ")
		t.Rows = append(t.Rows, table.Row{Cells: row, Group: strings.TrimSuffix(from+", "+groups[i], ", ")})
	}
	t.Caption = strings.Join(notes, "\n")
	return t
}

var intervalColumn = table.Column{Name: "95 % interval", Numeric: true, Rank: 1, Terse: effect.Terse}

// needsDays reports whether the names of runs do not begin with their days, as
// those do that are made up.
func (h History) needsDays() bool {
	return slices.ContainsFunc(h.Runs, func(r Run) bool {
		return !r.Started.IsZero() && !strings.HasPrefix(r.Name, strings.ReplaceAll(r.Day(), "-", ""))
	})
}

// when are the columns that say at which run a change is, and when tells a run's.
func (h History) when(dated bool) []table.Column {
	columns := []table.Column{{Name: "from run", Group: true}}
	if dated {
		columns = append(columns, table.Column{Name: "on", Group: true})
	}
	return columns
}

func (r Run) when(dated bool) []string {
	if dated {
		return []string{r.Name, r.Day()}
	}
	return []string{r.Name}
}

// FloorTable shows the changes of the floors.
func (h History) FloorTable() table.Table {
	dated := h.needsDays()
	t := table.Table{Title: "Control: changes of the floors, which only the machine moves", Columns: h.when(dated)}
	t.Columns = append(t.Columns, table.Column{Name: "floor", Tells: true}, table.Column{Name: "before", Numeric: true}, table.Column{Name: "after", Numeric: true},
		table.Column{Name: "change", Numeric: true}, intervalColumn)
	for _, f := range h.Floors {
		for _, c := range f.Changes {
			change, interval := c.Interval()
			when := h.Runs[c.After].when(dated)
			t.Rows = append(t.Rows, table.Row{Group: "from " + strings.Join(when, " on "), Cells: append(when,
				f.What(), results.FormatNS(c.Old), results.FormatNS(c.New), change, interval)})
		}
	}
	return t
}

// WriteText writes the history for a terminal of so many columns. The headline is
// the first line, alone, and may be longer.
func WriteText(w io.Writer, h History, columns int, paint compare.Paint) error {
	style := table.Text(columns)
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", h.Headline)
	fmt.Fprintln(&b, table.Beside("runs ", h.Span(), columns))
	fmt.Fprintln(&b, table.Beside("with ", h.Setting, columns))
	changes := h.Table()
	verdict := &changes.Columns[len(changes.Columns)-2]
	verdict.Paint = func(row int, words string) string { return paint(changes.Of[row].Verdict, words) }
	for _, t := range []table.Table{changes.Table, h.FloorTable()} {
		if len(t.Rows) == 0 {
			continue
		}
		b.WriteString("\n")
		if err := t.Render(&b, style); err != nil {
			return err
		}
	}
	if len(h.Warnings) > 0 {
		b.WriteString("\nWarnings:\n")
	}
	for _, warning := range h.Warnings {
		fmt.Fprintln(&b, table.Beside("  ", warning, min(columns, table.TextWidth)))
	}
	fmt.Fprintf(&b, "\n%s\n", style.Prose(h.Definitions()))
	_, err := io.WriteString(w, b.String())
	return err
}

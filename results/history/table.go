package history

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"ipcbench/results"
	"ipcbench/results/compare"
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
	columns, identities := table.Identify(cells)
	dated := h.needsDays()
	t.Columns = append(t.Columns, h.when(dated)...)
	t.Columns = append(t.Columns, columns...)
	t.Columns = append(t.Columns, table.Column{Name: "metric"},
		table.Column{Name: "before", Numeric: true}, table.Column{Name: "after", Numeric: true},
		table.Column{Name: "change", Numeric: true}, table.Column{Name: "95 % interval", Numeric: true},
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
		t.Rows = append(t.Rows, table.Row{Cells: row})
	}
	t.Caption = strings.Join(notes, "\n")
	return t
}

// needsDays reports whether the names of runs do not begin with their days, as
// those do that are made up.
func (h History) needsDays() bool {
	return slices.ContainsFunc(h.Runs, func(r Run) bool {
		return !r.Started.IsZero() && !strings.HasPrefix(r.Name, strings.ReplaceAll(r.Day(), "-", ""))
	})
}

// when are the columns that say at which run a change is, and when tells a run's.
func (h History) when(dated bool) []table.Column {
	if dated {
		return []table.Column{{Name: "from run"}, {Name: "on"}}
	}
	return []table.Column{{Name: "from run"}}
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
	t.Columns = append(t.Columns, table.Column{Name: "floor"}, table.Column{Name: "before", Numeric: true}, table.Column{Name: "after", Numeric: true},
		table.Column{Name: "change", Numeric: true}, table.Column{Name: "95 % interval", Numeric: true})
	for _, f := range h.Floors {
		for _, c := range f.Changes {
			change, interval := c.Interval()
			t.Rows = append(t.Rows, table.Row{Cells: append(h.Runs[c.After].when(dated),
				f.What(), results.FormatNS(c.Old), results.FormatNS(c.New), change, interval)})
		}
	}
	return t
}

// differsWidth is how many columns of a terminal what differs may take.
const differsWidth = 40

// WriteText writes the history for a terminal. The headline is the first line,
// alone.
func WriteText(w io.Writer, h History, paint compare.Paint) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\nruns %s\nwith %s\n", h.Headline, h.Span(), h.Setting)
	changes := h.Table()
	for i, row := range changes.Rows {
		last := len(row.Cells) - 1
		row.Cells[last] = table.Wrapped(row.Cells[last], differsWidth)
		row.Cells[last-1] = paint(changes.Of[i].Verdict, row.Cells[last-1])
	}
	for _, t := range []table.Table{changes.Table, h.FloorTable()} {
		if len(t.Rows) == 0 {
			continue
		}
		var one strings.Builder
		if err := t.Render(&one, table.Text); err != nil {
			return err
		}
		fmt.Fprintf(&b, "\n%s\n", strings.TrimRight(one.String(), "\n"))
	}
	if len(h.Warnings) > 0 {
		fmt.Fprintf(&b, "\nWarnings:\n  %s\n", strings.Join(h.Warnings, "\n  "))
	}
	fmt.Fprintf(&b, "\n%s\n", table.Wrapped(h.Definitions(), table.TextWidth))
	_, err := io.WriteString(w, b.String())
	return err
}

package compare

import (
	"fmt"
	"slices"
	"strings"

	"ipcbench/results"
	"ipcbench/results/effect"
	"ipcbench/results/table"
)

// EnvironmentTable shows what differs in the environment, long values by their
// differences alone.
func (c Comparison) EnvironmentTable() table.Table {
	t := table.Table{Title: "What differs in the environment", Columns: []table.Column{{Name: "fact"}, {Name: "old"}, {Name: "new"}}}
	for _, d := range c.Environment {
		old, new := d.Terse()
		t.Rows = append(t.Rows, table.Row{Cells: []string{d.Key, old, new}})
	}
	return t
}

// ControlTable shows the floors of both sides.
func (c Comparison) ControlTable() table.Table {
	t := table.Table{
		Title:   "Control: the floors, which only the machine moves",
		Caption: "Taken before, during and after each run. The interval and p are not corrected.",
		Columns: []table.Column{{Name: "floor"}},
	}
	ofParts := slices.ContainsFunc(c.Controls, func(control Control) bool { return control.NewValue != "" })
	if ofParts {
		t.Columns = append(t.Columns, table.Column{Name: c.By})
	}
	t.Columns = append(t.Columns, []table.Column{
		{Name: "old", Numeric: true}, {Name: "new", Numeric: true},
		{Name: "change", Numeric: true}, {Name: "95 % interval", Numeric: true, Rank: 1, Terse: effect.Terse}, {Name: "p", Numeric: true, Rank: 6},
	}...)
	for _, control := range c.Controls {
		cells := []string{control.What()}
		if ofParts {
			cells = append(cells, control.NewValue)
		}
		t.Rows = append(t.Rows, table.Row{Cells: append(cells,
			results.FormatNS(control.Old), results.FormatNS(control.New),
			effect.FormatChange(control.Change), effect.FormatInterval(control.Effect), effect.FormatP(control.P))})
	}
	return t
}

// Sentence says what is missing, where and why: "mq 64 B same-llc, latency:
// failed on the new side: queue full".
func (m Missing) Sentence() string {
	where := "on the " + m.Side + " side"
	if m.Value != "" {
		where = "with " + m.Value
	}
	cell := describe(m.Cell) + ", " + m.Cell.Workload
	if m.Status == "" {
		return fmt.Sprintf("%s: there is none %s", cell, where)
	}
	return fmt.Sprintf("%s: %s %s: %s", cell, m.Status, where, strings.Join(strings.Fields(m.Reason), " "))
}

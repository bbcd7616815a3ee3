package catalogue

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"ipcbench/results"
	"ipcbench/results/table"
)

// A Catalogue is machines beside each other: hardware, and apart from it what a program
// played.
type Catalogue struct {
	This   *Machine // the reader's own, with which the others are compared; nil: there is none
	Others []Machine
}

// probes are the cells that tables show: round trips of the shortest message.
var probes = []struct {
	transport string
	onTmpfs   bool // of its directories, that in memory: the others are of a disk
}{
	{"mmap", true}, {"mmap:wait=futex", true}, {"pipe", false}, {"unix", false}, {"tcp", false},
}

const (
	probed     = "latency"
	probedSize = 64
)

// floors are those that tables show, by how many CPUs they are of.
var floors = []struct {
	heading, name string
	cpus          int
}{
	{"cache line", results.CacheLineFloor, 2}, {"wake-up", results.WakeUpFloor, 1}, {"wake-up", results.WakeUpFloor, 2},
}

// A Group is machines that can be held against each other: all are hardware, or none is.
type Group struct {
	Title    string
	Machines []Machine
	This     bool // the first of them is the reader's own
	Tables   []table.Table
}

// Groups are the machines in the order in which they are shown, each group with a table
// for each placement that they have.
func (c Catalogue) Groups() []Group {
	var groups []Group
	for _, emulated := range []bool{false, true} {
		g := Group{Title: map[bool]string{false: "Machines", true: "Emulated: what a program takes that plays a processor, and not to be held against hardware"}[emulated]}
		if c.This != nil && (c.This.Emulator() != "") == emulated {
			g.Machines, g.This = []Machine{*c.This}, true
		}
		for _, m := range c.Others {
			if (m.Emulator() != "") == emulated {
				g.Machines = append(g.Machines, m)
			}
		}
		if len(g.Machines) > 0 {
			g.Tables = g.tables()
			groups = append(groups, g)
		}
	}
	return groups
}

// tables are one for each placement, in the order of those.
func (g Group) tables() []table.Table {
	var cells []results.Cell
	for _, m := range g.Machines {
		for _, c := range m.Cells {
			if c.isProbe() {
				cells = append(cells, results.Cell{Placement: c.Placement})
			}
		}
	}
	slices.SortFunc(cells, results.CompareCells)
	var tables []table.Table
	for _, cell := range slices.Compact(cells) {
		tables = append(tables, g.tableOf(cell.Placement))
	}
	return tables
}

// isProbe says whether it is one of those that tables show: as fast as it goes, one pair.
func (c Cell) isProbe() bool {
	like := results.Cell{Transport: c.Transport, Workload: probed, SizeBytes: probedSize, Placement: c.Placement, FSType: c.FSType, Pairs: 1, Stratum: c.Stratum}
	if c.Cell != like || c.Stratum == results.Far || c.deciding() == nil {
		return false
	}
	for _, p := range probes {
		if p.transport == c.Transport {
			return !p.onTmpfs || c.FSType == "tmpfs"
		}
	}
	return false
}

// deciding is the estimate of the metric that says most of the cell, or nil.
func (c Cell) deciding() Estimate {
	w := results.LookupWorkload(c.Workload)
	if fine := c.Metrics[w.Fine]; fine != nil { // it is passed on only where it decides
		return fine
	}
	return c.Metrics[w.Main]
}

// tableOf is the table of a placement: a row for each machine, by its number.
func (g Group) tableOf(placement string) table.Table {
	t := table.Table{Title: fmt.Sprintf("Round trip of %s, %s", results.FormatSize(probedSize), placement)}
	rows := make([][]string, len(g.Machines))
	add := func(heading string, value func(Machine) float64) {
		var values []float64
		for _, m := range g.Machines {
			values = append(values, value(m))
		}
		if slices.Max(values) == 0 {
			return
		}
		t.Columns = append(t.Columns, table.Column{Name: heading, Numeric: true, Rank: len(t.Columns)})
		for i, ns := range values {
			rows[i] = append(rows[i], g.show(i, ns, values[0]))
		}
	}
	t.Columns = []table.Column{{Name: "machine"}}
	for i := range rows {
		rows[i] = []string{g.Number(i)}
	}
	one := placement == results.SameCPU
	for _, f := range floors {
		if one == (f.cpus == 1) {
			add(f.heading, func(m Machine) float64 { return m.floor(f.name, f.cpus) })
		}
	}
	for _, p := range probes {
		heading := p.transport
		if p.onTmpfs {
			heading += ", tmpfs"
		}
		add(heading, func(m Machine) float64 { return m.probe(p.transport, placement) })
	}
	for _, cells := range rows {
		if slices.ContainsFunc(cells[1:], func(value string) bool { return value != results.Nothing }) {
			t.Rows = append(t.Rows, table.Row{Cells: cells})
		}
	}
	return t
}

// show is a machine's value, of one that is not the reader's with how many times the
// reader's it is.
func (g Group) show(i int, ns, mine float64) string {
	switch {
	case ns == 0:
		return results.Nothing
	case i == 0 || !g.This || mine == 0:
		return results.FormatNS(ns)
	}
	return fmt.Sprintf("%s ×%.2f", results.FormatNS(ns), ns/mine)
}

// Number is what stands for the machine at that place.
func (g Group) Number(i int) string {
	switch {
	case g.This && i == 0:
		return "this"
	case g.This:
		return fmt.Sprint(i)
	}
	return fmt.Sprint(i + 1)
}

// floor is the least of that name over so many CPUs, in ns; 0: there is none.
func (m Machine) floor(name string, cpus int) float64 {
	least := 0.0
	for _, f := range m.Floors {
		if f.Name == name && f.CPUs == cpus && (least == 0 || f.NS < least) {
			least = f.NS
		}
	}
	return least
}

// probe is the round trip through a transport, in ns; 0: there is none.
func (m Machine) probe(transport, placement string) float64 {
	i := slices.IndexFunc(m.Cells, func(c Cell) bool { return c.Transport == transport && c.Placement == placement && c.isProbe() })
	if i < 0 {
		return 0
	}
	return m.Cells[i].deciding().Median()
}

// caption is below all tables.
const caption = "Medians over launches. Cache line and wake-up are what the bare machine takes between two processes, there and back.\n" +
	"×: so many times what this machine takes. —: not measured there."

// Caption is what the numbers mean.
func (c Catalogue) Caption() string { return caption }

// WriteText writes which machines there are, and the tables, for a terminal of so many
// columns.
func WriteText(w io.Writer, c Catalogue, columns int) error {
	style := table.Text(columns)
	groups := c.Groups()
	for i, g := range groups {
		var b strings.Builder
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s\n", style.Prose(g.Title))
		for i, m := range g.Machines {
			fmt.Fprintln(&b, table.Beside(fmt.Sprintf("  %-4s ", g.Number(i)), m.Describe(), columns))
		}
		if _, err := io.WriteString(w, b.String()); err != nil {
			return err
		}
		for _, t := range g.Tables {
			if _, err := io.WriteString(w, "\n"); err != nil {
				return err
			}
			if err := t.Render(w, style); err != nil {
				return err
			}
		}
	}
	_, err := io.WriteString(w, "\n"+style.Prose(caption)+"\n")
	return err
}

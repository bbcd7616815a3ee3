package report

import (
	"maps"
	"slices"

	"ipcbench/results"
	"ipcbench/results/report/page"
	"ipcbench/results/summary"
	"ipcbench/results/table"
	"ipcbench/results/why"
)

// A section is the results of one workload, or a further part of them.
type section struct {
	page.Table
	ID     string
	Charts []page.Figure
	Elsewhere
	Why    page.Facts  // what the time of each cell goes to
	Costs  *page.Table // what a message costs each end; nil: no launch was made to explain it
	Events *page.Table // what those launches counted; nil: nothing
}

func sectionsOf(run summary.Analysis, pictures pictures) []section {
	explained := why.Of(run.Cells, run.Diagnosed)
	var sections []section
	for _, t := range table.Tables(run.Cells) {
		s := section{Table: page.TableOf(t), ID: t.Workload}
		if t.Part != "" {
			s.ID += "-" + t.Part
			sections = append(sections, s)
			continue
		}
		s.Charts, s.Elsewhere = pictures.of(t.Workload)
		s.explain(t, slices.DeleteFunc(slices.Clone(explained), func(e why.Explanation) bool { return e.Workload != t.Workload }))
		sections = append(sections, s)
	}
	return sections
}

// explain says what the time goes to, with the costs and events behind it where
// launches were made for that.
func (s *section) explain(t table.Table, explained []why.Explanation) {
	s.Why.Label = "What the time goes to: " + t.Title
	diagnosed := false
	for _, e := range explained {
		s.Why.Facts = append(s.Why.Facts, page.Fact{Name: e.Cell.Describe(", ", "workload"), Value: e.Sentence})
		diagnosed = diagnosed || e.Diagnosed
	}
	if !diagnosed {
		return
	}
	s.Costs = costsOf(t, explained)
	s.Events = eventsOf(t, explained)
}

// costsOf puts the tables of all cells under each other.
func costsOf(t table.Table, explained []why.Explanation) *page.Table {
	costs := table.Table{Title: "What a message costs each end: " + t.Title}
	for _, e := range explained {
		of := e.Table()
		costs.Columns = append([]table.Column{{Name: "cell"}, {Name: "end"}}, of.Columns[1:]...)
		for i, row := range of.Rows {
			costs.Rows = append(costs.Rows, table.Row{First: i == 0, Cells: append([]string{e.Cell.Describe(", ", "workload")}, row.Cells...)})
		}
	}
	shown := page.TableOf(costs)
	return &shown
}

// eventsOf is what perf events of a message the launches counted that were made for
// that, nil where there were none.
func eventsOf(t table.Table, explained []why.Explanation) *page.Table {
	names := map[string]bool{}
	for _, e := range explained {
		for name := range e.Events {
			names[name] = true
		}
	}
	if len(names) == 0 {
		return nil
	}
	events := table.Table{Title: "Perf events of a message, both ends: " + t.Title, Columns: []table.Column{{Name: "cell"}}}
	sorted := slices.Sorted(maps.Keys(names))
	for _, name := range sorted {
		events.Columns = append(events.Columns, table.Column{Name: name, Numeric: true})
	}
	for _, e := range explained {
		cells := []string{e.Cell.Describe(", ", "workload")}
		for _, name := range sorted {
			text := results.Nothing
			if n, counted := e.Events[name]; counted {
				text = results.FormatCount(n)
			}
			cells = append(cells, text)
		}
		events.Rows = append(events.Rows, table.Row{Cells: cells})
	}
	shown := page.TableOf(events)
	return &shown
}

// Package alike compares the transports of one run that wait alike: between
// others, most of the difference is the waiting.
//
// It knows records, statistics and how to say both. It must not know how
// anything was measured or drawn.
package alike

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"ipcbench/results"
	"ipcbench/results/effect"
	"ipcbench/results/summary"
	"ipcbench/results/table"
)

// An Alike is a table of transports that wait in the same way and in the same
// place: between them the difference is the mechanism. The best is first, by
// the smallest message's round trip.
type Alike struct {
	table.Table
	Advice []string // which is the best of them, as far as the launches can tell
}

// Of returns a table for each setting and way of waiting that at least two
// transports were measured with: of each workload the metric that it has for
// this, of the smallest message of each or of the largest. Only those of one
// size are compared.
func Of(summaries []summary.Summary) []Alike {
	summaries, divided := Near(summaries)
	var asks []*ask
	for _, w := range results.Workloads() {
		if w.Alike != "" {
			asks = append(asks, asksOf(summaries, w)...)
		}
	}
	var tables []Alike
	for _, cells := range waitingAlike(asks) {
		a := alikeOf(cells, asks)
		if isAnyOf(cells, asks, divided) {
			a.Advice = append(a.Advice, "where the machine had the two CPUs now near each other and now far apart, a row is of the launches with them near")
		}
		tables = append(tables, a)
	}
	return tables
}

// Near leaves out what was measured while the machine had the two CPUs far apart, or
// moved them: between mechanisms, that would be most of the difference. It says of which
// cells anything may have been left out.
func Near(summaries []summary.Summary) (near []summary.Summary, divided map[results.Cell]bool) {
	divided = map[results.Cell]bool{}
	for _, s := range summaries {
		whole := s.Undivided()
		divided[whole] = divided[whole] || s.Stratum != ""
		if s.Stratum != results.Far && s.Stratum != results.Mixed {
			s.Cell = whole
			near = append(near, s)
		}
	}
	return near, divided
}

// isAnyOf says whether any of what was asked of the cells is one of those.
func isAnyOf(cells []results.Cell, asks []*ask, those map[results.Cell]bool) bool {
	return slices.ContainsFunc(asks, func(a *ask) bool {
		return slices.ContainsFunc(cells, func(c results.Cell) bool { s, has := a.found[c]; return has && those[s.Cell] })
	})
}

// An ask is one number that the transports are compared by.
type ask struct {
	results.Workload
	metric results.Metric
	size   int
	found  map[results.Cell]summary.Summary // by the cell without workload and size
}

// asksOf returns an ask for each size that the workload asks of some cell, the
// one with most cells first.
func asksOf(summaries []summary.Summary, w results.Workload) []*ask {
	pick := func(a, b int) int { return min(a, b) }
	if w.Larger {
		pick = func(a, b int) int { return max(a, b) }
	}
	metric := results.LookupMetric(w.Alike)
	has := func(s summary.Summary) bool {
		return s.Workload == w.Name && s.Launches > 0 && s.Way() != results.UnknownWay && s.SizeBytes > 0 && s.SizeMix == ""
	}
	sizes := map[results.Cell]int{}
	for _, s := range summaries {
		if cell := whatever(s.Cell); has(s) {
			sizes[cell] = pick(cmp.Or(sizes[cell], s.SizeBytes), s.SizeBytes)
		}
	}
	bySize := map[int]*ask{}
	for _, s := range summaries {
		cell := whatever(s.Cell)
		if !has(s) || sizes[cell] != s.SizeBytes {
			continue
		}
		if bySize[s.SizeBytes] == nil {
			bySize[s.SizeBytes] = &ask{Workload: w, metric: metric, size: s.SizeBytes, found: map[results.Cell]summary.Summary{}}
		}
		if s.Metrics[metric.Name].N > 0 {
			bySize[s.SizeBytes].found[cell] = s
		}
	}
	return slices.SortedFunc(maps.Values(bySize), func(a, b *ask) int { return cmp.Or(len(b.found)-len(a.found), a.size-b.size) })
}

// of is the ask of these cells: by the workload's Fine if that decides on any of them and
// every launch has it, for on both sides of a comparison the metric is the same.
func (a *ask) of(cells []results.Cell) *ask {
	fine, decides := results.LookupMetric(a.Fine), false
	for _, cell := range cells {
		s, has := a.found[cell]
		if has && s.Metrics[fine.Name].N < s.Launches {
			return a
		}
		decides = decides || has && s.IsFine()
	}
	if !decides || a.metric.Name != a.Main {
		return a
	}
	refined := *a
	refined.metric = fine
	return &refined
}

// whatever is the cell, whatever was asked of it.
func whatever(c results.Cell) results.Cell {
	c.Workload, c.SizeBytes = "", 0
	return c
}

// waitingAlike groups the cells with a result by what two must share to be
// compared, and drops the groups of one transport.
func waitingAlike(asks []*ask) [][]results.Cell {
	var all []results.Cell
	for _, a := range asks {
		for cell := range a.found {
			if !slices.Contains(all, cell) {
				all = append(all, cell)
			}
		}
	}
	slices.SortFunc(all, func(a, b results.Cell) int {
		return cmp.Or(results.CompareCells(a.Setting(), b.Setting()), results.CompareWays(a.Way(), b.Way()), results.CompareCells(a, b))
	})
	var groups [][]results.Cell
	for len(all) > 0 {
		first := all[0]
		end := slices.IndexFunc(all, func(c results.Cell) bool { return c.Setting() != first.Setting() || c.Way() != first.Way() })
		if end < 0 {
			end = len(all)
		}
		if slices.ContainsFunc(all[:end], func(c results.Cell) bool { return c.Transport != first.Transport }) {
			groups = append(groups, all[:end])
		}
		all = all[end:]
	}
	return groups
}

// alikeOf makes the table of cells that wait alike.
func alikeOf(cells []results.Cell, asks []*ask) Alike {
	var contests []ranked
	for _, a := range asks {
		if r := a.rank(cells); len(r.order) > 0 {
			contests = append(contests, r)
		}
	}
	slices.SortStableFunc(cells, func(a, b results.Cell) int {
		for _, c := range contests {
			if byRank := cmp.Compare(c.place(a), c.place(b)); byRank != 0 {
				return byRank
			}
		}
		return 0
	})
	t := Alike{Table: table.Table{Title: "Like for like, " + cells[0].Setting().Describe(", ") + ": " + cells[0].Way().String()}}
	columns, identities, _ := table.Identify(cells, results.Subject)
	t.Columns = columns
	questions := byWorkload(contests)
	for _, q := range questions {
		t.Columns = append(t.Columns, q.columns()...)
	}
	t.Columns = append(t.Columns, table.Column{Name: "ctxsw/msg", Numeric: true, Rank: results.Roomy})
	for i, cell := range cells {
		row := identities[i]
		for _, q := range questions {
			row = append(row, q.cells(cell)...)
		}
		t.Rows = append(t.Rows, table.Row{Cells: append(row, switches(cell, asks))})
	}
	for _, c := range contests {
		if advice := c.advice(); advice != "" {
			t.Advice = append(t.Advice, advice)
		}
	}
	return t
}

// A question is the contests of one workload: one for each size.
type question []ranked

func byWorkload(contests []ranked) []question {
	var all []question
	for _, r := range contests {
		if last := len(all) - 1; last >= 0 && all[last][0].Name == r.Name {
			all[last] = append(all[last], r)
		} else {
			all = append(all, question{r})
		}
	}
	return all
}

// columns are those of a question: the size is in the heading where it is the
// same for all, and otherwise in each row.
func (q question) columns() []table.Column {
	of := []table.Column{{Name: q[0].Asked, Numeric: true}, {Name: "±", Numeric: true, Rank: 6}, {Name: "to the best", Numeric: true}}
	if len(q) > 1 {
		return append([]table.Column{{Name: "size", Numeric: true}}, of...)
	}
	of[0].Name = results.FormatSize(q[0].size) + " " + q[0].Asked
	return of
}

// cells are what a row says of a cell.
func (q question) cells(cell results.Cell) []string {
	size, said := "", []string{results.Nothing, "", ""}
	for _, r := range q {
		if rank := r.place(cell); rank < len(r.order) {
			size, said = results.FormatSize(r.size), r.cells(rank)
		}
	}
	if len(q) > 1 {
		return append([]string{size}, said...)
	}
	return said
}

// switches are the context switches of a message, by the first that has them.
func switches(cell results.Cell, asks []*ask) string {
	for _, a := range asks {
		if e, has := a.found[cell].Metrics[results.CtxswPer]; has {
			return results.FormatCount(e.Median)
		}
	}
	return results.Nothing
}

// mostNamed is how many a sentence names, and no more than one beyond.
const mostNamed = 3

// advice says which is the best, or which may be, or "" of a single one.
func (r ranked) advice() string {
	if len(r.order) < 2 {
		return ""
	}
	var equal []string
	next, few := -1, 0
	least, most := math.MaxInt, 0
	for rank, cell := range r.order {
		n := r.found[cell].Launches
		least, most = min(least, n), max(most, n)
		switch {
		case !r.couldTell(rank):
			few++
		case !r.isApart(rank):
			equal = append(equal, placed(cell, r.order))
		case next < 0:
			next = rank
		}
	}
	launches := fmt.Sprintf("%d launches", most)
	if least < most {
		launches = fmt.Sprintf("%d to %d launches", least, most)
	}
	text := fmt.Sprintf("%s, %s: ", results.FormatSize(r.size), r.Asked)
	if needed := effect.LeastReplicates(alpha, len(r.effects)); least < needed && next < 0 {
		return text + fmt.Sprintf("%s has the best median, but %s each are too few to tell any of %d apart: take at least %d",
			equal[0], launches, len(r.order), needed)
	}
	best := r.metric.Format(r.median(r.order[0]))
	if len(equal) == 1 {
		text += fmt.Sprintf("%s is the best (%s, %s each)", equal[0], best, launches)
	} else {
		text += fmt.Sprintf("%s (%s; not told apart by %s each)", either(equal), best, launches)
	}
	if few > 0 {
		text += fmt.Sprintf("; %d more have too few", few)
	}
	if next >= 0 {
		text += fmt.Sprintf("; the next that is told apart is %s (%s)", placed(r.order[next], r.order), effect.FormatChange(r.change(next)))
	}
	return text
}

// either lists names, the first ones alone where there are many.
func either(names []string) string {
	if len(names) > mostNamed+1 {
		return fmt.Sprintf("%s or one of %d more", strings.Join(names[:mostNamed], ", "), len(names)-mostNamed)
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// placed is the cell's transport, with where it lives if there are several.
func placed(cell results.Cell, among []results.Cell) string {
	elsewhere := func(other results.Cell) bool { return other.Transport == cell.Transport && other.Dir != cell.Dir }
	if !slices.ContainsFunc(among, elsewhere) {
		return cell.Transport
	}
	sameType := func(other results.Cell) bool {
		return other.FSType == cell.FSType && other.Dir != "" && other.Dir != cell.Dir
	}
	if cell.FSType == "" || slices.ContainsFunc(among, sameType) {
		return cell.Transport + " on " + cell.Dir
	}
	return cell.Transport + " on " + cell.FSType
}

// Definitions says how the tables of [Of] are to be read.
const Definitions = "Only transports that wait alike stand in one table: between others, most of the difference is the waiting. " +
	"Only messages of one size are compared: of each transport, the smallest for the round trip, the largest for the throughput. " +
	"Round trip: median of a launch, median over launches, ± its 95 % confidence interval. " +
	"Not told apart: by this run it may be as good as the best, or better (Mann-Whitney U test of the launches, α = 0.05 among the rows of a table by Holm). " +
	"Too few: no launches of that number could be told from the best, however far they were. " +
	"It holds for this machine, as it was during this run. What is to be known about a row stands below the tables of all cells."

// Write writes the tables with their advice.
func Write(w io.Writer, tables []Alike, style table.Style) error {
	if len(tables) == 0 {
		_, err := fmt.Fprintln(w, style.Prose("No two transports that wait alike were measured in one placement."))
		return err
	}
	var b strings.Builder
	for _, t := range tables {
		if len(t.Advice) > 0 {
			t.Caption = "- " + strings.Join(t.Advice, "\n- ")
		}
		if err := t.Render(&b, style); err != nil {
			return err
		}
		b.WriteString("\n")
	}
	b.WriteString(style.Prose(Definitions) + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

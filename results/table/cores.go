package table

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"ipcbench/internal/quote"
	"ipcbench/results"
)

// mostListed is how many pairs are listed one by one: those of 8 CPUs. Of more there
// are the tables of all CPUs and what each relation comes to.
const mostListed = 28

// WriteCores writes what every two CPUs take to hand each other a cache line, in
// tables of at most so many columns of text; 0: as wide as need be.
func WriteCores(w io.Writer, c results.Cores, width int) error {
	var b strings.Builder
	if len(c.Pairs) <= mostListed {
		writePairs(&b, c, width)
	} else {
		writeRelations(&b, c, width)
	}
	if len(c.CPUs) > 2 {
		fmt.Fprintf(&b, "\nThere and back (ns):\n%s", matrix(c, width, func(p results.CorePair, _ int) results.Passes { return p.RTT }))
	}
	if len(c.CPUs) > 2 && c.HasOneWay() {
		fmt.Fprintf(&b, "\nOne way, from the CPU of the row to that of the column (ns):\n%s", matrix(c, width, results.CorePair.OneWay))
	}
	fmt.Fprintf(&b, "\n%s\n", Wrapped(strings.Join(c.Method(), " "), min(cmp.Or(width, TextWidth), TextWidth)))
	_, err := io.WriteString(w, b.String())
	return err
}

// writePairs lists the pairs.
func writePairs(b *strings.Builder, c results.Cores, width int) {
	t := Table{Columns: []Column{{Name: "CPUs"}, {Name: "relation"}, {Name: "there and back", Numeric: true}, {Name: "of passes"}, {Name: "one way"}, {Name: "of passes", Rank: 2}, {Name: "line on node", Rank: 3}}}
	for _, p := range c.Pairs {
		head := []string{fmt.Sprintf("%d, %d", p.A, p.B), cmp.Or(p.Relation, results.Nothing)}
		if len(p.RTT) == 0 {
			t.Rows = append(t.Rows, Row{Cells: head, Note: "failed: " + p.Reason})
			continue
		}
		t.Rows = append(t.Rows, Row{Cells: append(head,
			results.FormatNS(p.RTT.Median()), rangeOf(p.RTT), oneWay(p, p.A), rangeOf(p.AB), nodesOf(p))})
		if len(p.AB) > 0 {
			t.Rows = append(t.Rows, Row{Cells: []string{"", "", "", "", oneWay(p, p.B), rangeOf(p.BA), ""}})
		}
	}
	t.layout(cmp.Or(width, math.MaxInt)).draw(b)
}

// oneWay says from where to where and how long: "0→1  52.1 ns".
func oneWay(p results.CorePair, from int) string {
	if len(p.OneWay(from)) == 0 {
		return results.Nothing
	}
	return fmt.Sprintf("%d→%d %8s", from, p.A+p.B-from, results.FormatNS(p.OneWay(from).Median()))
}

// rangeOf is the least and the most of the passes.
func rangeOf(p results.Passes) string {
	if len(p) == 0 {
		return results.Nothing
	}
	least, most := p.Range()
	words := results.FormatNS(least) + " to " + results.FormatNS(most)
	if len(p) == 1 {
		words = "1 pass"
	}
	return words
}

func nodesOf(p results.CorePair) string {
	if len(p.PageNodes) == 0 {
		return results.Nothing
	}
	var words []string
	for _, node := range p.PageNodes {
		words = append(words, strconv.Itoa(node))
	}
	return strings.Join(words, ", ")
}

// writeRelations tells of the pairs that are related alike.
func writeRelations(b *strings.Builder, c results.Cores, width int) {
	t := Table{Columns: []Column{{Name: "relation"}, {Name: "pairs", Numeric: true}, {Name: "there and back", Numeric: true}, {Name: "of pairs"}, {Name: "one way", Numeric: true}, {Name: "passes differ", Numeric: true, Rank: 2}, {Name: "most of", Rank: 2}}}
	for _, r := range c.Relations() {
		least, most := r.RTT.Range()
		t.Rows = append(t.Rows, Row{Cells: []string{
			cmp.Or(r.Name, results.Nothing), strconv.Itoa(r.Pairs), results.FormatNS(r.RTT.Median()),
			fmt.Sprintf("%s to %s", results.FormatNS(least), results.FormatNS(most)), results.FormatNS(r.OneWay.Median()),
			fmt.Sprintf("×%.2f", r.Widest.RTT.Apart()), fmt.Sprintf("%d, %d", r.Widest.A, r.Widest.B),
		}})
	}
	t.layout(cmp.Or(width, math.MaxInt)).draw(b)
}

// matrix has a row and a column for each CPU, in blocks of as many columns as the
// width has room for.
func matrix(c results.Cores, width int, of func(p results.CorePair, from int) results.Passes) string {
	heads, cells := []string{"CPU"}, make([][]string, len(c.CPUs))
	pairs := c.ByCPUs()
	for i, row := range c.CPUs {
		heads = append(heads, quote.Line(strings.TrimSpace(row.Kind+" "+strconv.Itoa(row.CPU))))
		for _, column := range c.CPUs {
			cell := "·"
			if p, ok := pairs[[2]int{row.CPU, column.CPU}]; ok {
				cell = results.FormatBareNS(of(p, row.CPU).Median())
			}
			cells[i] = append(cells[i], cell)
		}
	}
	per := len(c.CPUs)
	if width > 0 {
		per = min(per, max(1, (width-longest(heads)-1)/matrixColumn))
	}
	var b strings.Builder
	for from, to := 0, 0; from < len(c.CPUs); from = to {
		if from > 0 {
			b.WriteString("\n")
		}
		to = blockEnd(c, from, per)
		writeBlock(&b, c, heads, cells, from, to)
	}
	return b.String()
}

// blockEnd is where a block of so many columns at most ends: where a group does, if
// one does.
func blockEnd(c results.Cores, from, most int) int {
	last := min(from+most, len(c.CPUs))
	for to := last; to > from; to-- {
		if to == len(c.CPUs) || c.Parts(to-1, to) {
			return to
		}
	}
	return last
}

// matrixColumn is the width of a column: of a time or a CPU, and what parts it from
// the one before.
const matrixColumn = 7

// writeBlock writes the columns from one to another. Rules part the groups.
func writeBlock(b *strings.Builder, c results.Cores, heads []string, cells [][]string, from, to int) {
	line := func(head, edge, part, blank string, cell func(column int) string) {
		fmt.Fprintf(b, " %s%s", strings.Repeat(blank, longest(heads)-utf8.RuneCountInString(head)), head)
		for i := from; i < to; i++ {
			before := blank
			if i == from {
				before = edge
			} else if c.Parts(i-1, i) {
				before = part
			}
			text := cell(i)
			fmt.Fprintf(b, "%s%s%s%s", blank, before, strings.Repeat(blank, matrixColumn-2-utf8.RuneCountInString(text)), text)
		}
		b.WriteString("\n")
	}
	rule := func() { line("", "┼", "┼", "─", func(int) string { return "" }) }
	line(heads[0], "│", "│", " ", func(i int) string { return strconv.Itoa(c.CPUs[i].CPU) })
	for i := range c.CPUs {
		if i == 0 || c.Parts(i-1, i) {
			rule()
		}
		line(heads[i+1], "│", "│", " ", func(column int) string { return cells[i][column] })
	}
}

func longest(words []string) int {
	most := 0
	for _, word := range words {
		most = max(most, utf8.RuneCountInString(word))
	}
	return most
}

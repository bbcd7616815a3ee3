package table

import (
	"fmt"
	"slices"
	"strings"

	"ipcbench/internal/quote"
	"ipcbench/results"
	"ipcbench/results/summary"
)

// Footnotes are what a reader should know about rows of a table: each warning
// once.
type Footnotes struct {
	OnAll []string // those that every row with results has
	OnRow []string // the others; rows refer to them by number, from 1
	Brief bool     // OnRow leaves out numbers that only one row has
}

// mostNotes is up to how many notes each launch and each cell has its own.
const mostNotes = 12

// footnotesOf collects the warnings of those summaries that have results, but for
// those about the whole machine. What
// is on most rows comes first. Where they are too many, those that differ only
// in what one row has are one, without that.
func footnotesOf(summaries []summary.Summary) Footnotes {
	notes := collect(summaries, results.Warning.String)
	if len(notes.OnRow) > mostNotes {
		notes = collect(summaries, results.Warning.Brief)
		notes.Brief = true
	}
	return notes
}

func collect(summaries []summary.Summary, say func(results.Warning) string) Footnotes {
	var order []string
	rows, on := 0, map[string]int{}
	for _, s := range summaries {
		if s.Launches == 0 {
			continue
		}
		rows++
		for _, text := range saidOf(s, say) {
			if on[text] == 0 {
				order = append(order, text)
			}
			on[text]++
		}
	}
	slices.SortStableFunc(order, func(a, b string) int { return on[b] - on[a] })
	var notes Footnotes
	for _, text := range order {
		if rows > 1 && on[text] == rows {
			notes.OnAll = append(notes.OnAll, text)
		} else {
			notes.OnRow = append(notes.OnRow, text)
		}
	}
	return notes
}

// OfMachine are the warnings of rows with results that are about the whole machine:
// each once, with how many rows it concerns.
func OfMachine(summaries []summary.Summary) []string {
	var order []string
	rows, on := 0, map[string]int{}
	for _, s := range summaries {
		if s.Launches == 0 {
			continue
		}
		rows++
		for _, w := range s.Warnings {
			if !w.OfMachine() {
				continue
			}
			if on[w.String()] == 0 {
				order = append(order, w.String())
			}
			on[w.String()]++
		}
	}
	for i, text := range order {
		switch {
		case on[text] < rows:
			order[i] = fmt.Sprintf("%s (%d of %d rows)", text, on[text], rows)
		case rows > 1:
			order[i] = text + " (all rows)"
		}
	}
	return order
}

// saidOf is a summary's warnings of its own in words, each once.
func saidOf(s summary.Summary, say func(results.Warning) string) []string {
	var said []string
	for _, warning := range s.Warnings {
		if text := say(warning); !warning.OfMachine() && !slices.Contains(said, text) {
			said = append(said, text)
		}
	}
	return said
}

// on returns the numbers of a row's footnotes, in ascending order.
func (n Footnotes) on(s summary.Summary) []int {
	say := results.Warning.String
	if n.Brief {
		say = results.Warning.Brief
	}
	said := saidOf(s, say)
	var numbers []int
	for i, note := range n.OnRow {
		if s.Launches > 0 && slices.Contains(said, note) {
			numbers = append(numbers, i+1)
		}
	}
	return numbers
}

// joined writes numbers as a row shows them: "1, 2".
func joined(numbers []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(numbers), " ", ", "), "[]")
}

// text writes the footnotes for below a table.
func (n Footnotes) text(width int) string {
	var b strings.Builder
	for _, note := range n.OnAll {
		fmt.Fprintln(&b, Beside("all  ", note, width))
	}
	for i, note := range n.OnRow {
		fmt.Fprintln(&b, Beside(fmt.Sprintf("%3d  ", i+1), note, width))
	}
	return b.String()
}

// markdown writes them as paragraphs and a numbered list.
func (n Footnotes) markdown() string {
	var b strings.Builder
	for _, note := range n.OnAll {
		fmt.Fprintf(&b, "All rows: %s\n\n", quote.Markdown(note))
	}
	for i, note := range n.OnRow {
		fmt.Fprintf(&b, "%d. %s\n", i+1, quote.Markdown(note))
	}
	if len(n.OnRow) > 0 {
		b.WriteString("\n")
	}
	return b.String()
}

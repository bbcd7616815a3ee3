package results

import (
	"fmt"
	"slices"
	"strings"
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

// footnotesOf collects the warnings of those summaries that have results. What
// is on most rows comes first. Where they are too many, those that differ only
// in their numbers are one, without the numbers.
func footnotesOf(summaries []Summary) Footnotes {
	notes := collect(summaries, func(warning string) string { return warning })
	if len(notes.OnRow) > mostNotes {
		notes = collect(summaries, briefly)
		notes.Brief = true
	}
	return notes
}

func collect(summaries []Summary, say func(string) string) Footnotes {
	var order []string
	rows, on := 0, map[string]int{}
	for _, s := range summaries {
		if s.Launches == 0 {
			continue
		}
		rows++
		var said []string
		for _, warning := range s.Warnings {
			if warning = say(warning); slices.Contains(said, warning) {
				continue
			}
			said = append(said, warning)
			if on[warning] == 0 {
				order = append(order, warning)
			}
			on[warning]++
		}
	}
	slices.SortStableFunc(order, func(a, b string) int { return on[b] - on[a] })
	var notes Footnotes
	for _, warning := range order {
		if rows > 1 && on[warning] == rows {
			notes.OnAll = append(notes.OnAll, warning)
		} else {
			notes.OnRow = append(notes.OnRow, warning)
		}
	}
	return notes
}

// briefly is a warning without the numbers that only its own row has.
func briefly(warning string) string {
	switch {
	case strings.Contains(warning, outlierText):
		for _, s := range suspects {
			before, _, _ := strings.Cut(s.text, "%s")
			if strings.Contains(warning, before) {
				return "a launch is an outlier to the slow side: " + s.brief
			}
		}
	case strings.HasPrefix(warning, modesText):
		_, meaning, _ := strings.Cut(warning, ": ")
		return modesText + ": " + meaning
	case strings.Contains(warning, mixedText):
		_, meaning, _ := strings.Cut(warning, ": ")
		return "in some " + mixedText + ": " + meaning
	}
	return warning
}

// on returns the numbers of a row's footnotes, in ascending order.
func (n Footnotes) on(s Summary) []int {
	var numbers []int
	for i, note := range n.OnRow {
		isNote := func(warning string) bool { return warning == note || n.Brief && briefly(warning) == note }
		if s.Launches > 0 && slices.ContainsFunc(s.Warnings, isNote) {
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
func (n Footnotes) text() string {
	var b strings.Builder
	for _, note := range n.OnAll {
		fmt.Fprintf(&b, "all  %s\n", note)
	}
	for i, note := range n.OnRow {
		fmt.Fprintf(&b, "%3d  %s\n", i+1, note)
	}
	return b.String()
}

// markdown writes them as paragraphs and a numbered list.
func (n Footnotes) markdown() string {
	var b strings.Builder
	for _, note := range n.OnAll {
		fmt.Fprintf(&b, "All rows: %s\n\n", literal.Replace(note))
	}
	for i, note := range n.OnRow {
		fmt.Fprintf(&b, "%d. %s\n", i+1, literal.Replace(note))
	}
	if len(n.OnRow) > 0 {
		b.WriteString("\n")
	}
	return b.String()
}

// literal keeps Markdown from taking a command, such as one with cpu*, for
// something of its own.
var literal = strings.NewReplacer("*", `\*`, "<", `\<`, "`", "\\`")

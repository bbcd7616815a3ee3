package fleet

import (
	"fmt"
	"io"
	"strings"

	"ipcbench/internal/quote"
	"ipcbench/results/compare"
	"ipcbench/results/table"
)

// WriteText writes the comparison for a terminal of so many columns: the answer first.
func WriteText(w io.Writer, c Comparison, columns int, paint compare.Paint) error {
	style := table.Text(columns)
	var b strings.Builder
	for i, a := range c.Answers() {
		if i > 0 {
			b.WriteString("\n")
		}
		if a.Class != "" {
			fmt.Fprintln(&b, table.Beside("", a.Class+":", columns))
		}
		for _, l := range a.Lines() {
			fmt.Fprintln(&b, hanging(l, columns))
		}
	}
	b.WriteString("\n")
	for _, l := range c.Sides() {
		fmt.Fprintln(&b, table.Beside("", l, min(columns, table.TextWidth)))
	}
	for _, t := range c.tables(paint) {
		var one strings.Builder
		if err := t.Render(&one, style); err != nil {
			return err
		}
		fmt.Fprintf(&b, "\n%s\n", strings.TrimRight(one.String(), "\n"))
	}
	if notes := c.Notes(); len(notes) > 0 {
		b.WriteString("\nNotes:\n")
		for _, n := range notes {
			fmt.Fprintln(&b, table.Beside("  ", n, min(columns, table.TextWidth)))
		}
	}
	fmt.Fprintf(&b, "\n%s\n", style.Prose(c.Definitions()))
	_, err := io.WriteString(w, b.String())
	return err
}

// hanging breaks a line of the answer, and what follows its first stands below its text.
func hanging(line string, columns int) string {
	what, text, _ := strings.Cut(line, ": ")
	return table.Beside(fmt.Sprintf("%-10s ", what), text, columns)
}

// tables are all that have a row. Of several classes, each says whose it is.
func (c Comparison) tables(paint compare.Paint) []table.Table {
	var list []table.Table
	add := func(t table.Table, class string) {
		if len(t.Rows) == 0 {
			return
		}
		if class != "" {
			t.Title = class + " · " + t.Title
		}
		list = append(list, t)
	}
	add(c.EnvironmentTable(), "")
	for _, class := range c.Classes {
		name := class.Name
		if len(c.Classes) == 1 {
			name = ""
		}
		add(class.HostTable(), name)
		for _, t := range class.Tables() {
			if paint != nil {
				t.Columns[len(t.Columns)-1].Paint = func(row int, words string) string { return paint(t.Of[row].Verdict, words) }
			}
			add(t.Table, name)
		}
	}
	return list
}

// WriteMarkdown writes the comparison for a report.
func WriteMarkdown(w io.Writer, c Comparison) error {
	var b strings.Builder
	for _, a := range c.Answers() {
		if a.Class != "" {
			fmt.Fprintf(&b, "**%s**\n\n", quote.Markdown(a.Class))
		}
		for _, l := range a.Lines() {
			fmt.Fprintf(&b, "- **%s**\n", quote.Markdown(l))
		}
		b.WriteString("\n")
	}
	for _, l := range c.Sides() {
		fmt.Fprintf(&b, "- %s\n", quote.Markdown(l))
	}
	for _, t := range c.tables(nil) {
		b.WriteString("\n")
		if err := t.Render(&b, table.Markdown); err != nil {
			return err
		}
	}
	if notes := c.Notes(); len(notes) > 0 {
		b.WriteString("\n### Notes\n\n")
		for _, n := range notes {
			fmt.Fprintf(&b, "- %s\n", quote.Markdown(n))
		}
	}
	fmt.Fprintf(&b, "\n%s\n", quote.MarkdownLines(c.Definitions()))
	_, err := io.WriteString(w, b.String())
	return err
}

package compare

import (
	"fmt"
	"io"
	"strings"

	"ipcbench/internal/quote"
	"ipcbench/results/table"
)

// A Paint gives the words of a verdict its colour.
type Paint func(verdict Verdict, words string) string

// WriteText writes the comparison for a terminal of so many columns. The headline
// is the first line, alone, and may be longer.
func WriteText(w io.Writer, c Comparison, columns int, paint Paint) error {
	style := table.Text(columns)
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", c.Headline)
	for _, side := range []struct{ mark, words string }{{"old  ", c.OldSide()}, {"new  ", c.NewSide()}, {"with ", c.Setting}} {
		fmt.Fprintln(&b, table.Beside(side.mark, side.words, columns))
	}
	fmt.Fprintf(&b, "\n%s\n", style.Prose(c.Holds()))
	tables := []table.Table{c.EnvironmentTable(), c.ControlTable()}
	for _, t := range c.Tables() {
		t.Columns[len(t.Columns)-1].Paint = func(row int, words string) string { return paint(t.Of[row].Verdict, words) }
		tables = append(tables, t.Table)
	}
	if err := writeTables(&b, tables, style); err != nil {
		return err
	}
	for _, list := range c.lists() {
		fmt.Fprintf(&b, "\n%s:\n", list.title)
		for _, item := range list.items {
			fmt.Fprintln(&b, table.Beside("  ", item, min(columns, table.TextWidth)))
		}
	}
	fmt.Fprintf(&b, "\n%s\n", style.Prose(c.Definitions()))
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteMarkdown writes the comparison for a bug report or a change's
// description.
func WriteMarkdown(w io.Writer, c Comparison) error {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**\n\n- old: %s\n- new: %s\n- with: %s\n\n%s\n",
		quote.Markdown(c.Headline), quote.Markdown(c.OldSide()), quote.Markdown(c.NewSide()), quote.Markdown(c.Setting), quote.MarkdownLines(c.Holds()))
	tables := []table.Table{c.EnvironmentTable(), c.ControlTable()}
	for _, t := range c.Tables() {
		t.Caption = strings.ReplaceAll(t.Caption, "\n", "  \n") // a line each
		tables = append(tables, t.Table)
	}
	if err := writeTables(&b, tables, table.Markdown); err != nil {
		return err
	}
	for _, list := range c.lists() {
		fmt.Fprintf(&b, "\n### %s\n\n", list.title)
		for _, item := range list.items {
			fmt.Fprintf(&b, "- %s\n", quote.Markdown(item))
		}
	}
	fmt.Fprintf(&b, "\n%s\n", quote.MarkdownLines(c.Definitions()))
	_, err := io.WriteString(w, b.String())
	return err
}

// writeTables writes those that have a row, with a blank line before each.
func writeTables(b *strings.Builder, tables []table.Table, style table.Style) error {
	for _, t := range tables {
		if len(t.Rows) == 0 {
			continue
		}
		var one strings.Builder
		if err := t.Render(&one, style); err != nil {
			return err
		}
		fmt.Fprintf(b, "\n%s\n", strings.TrimRight(one.String(), "\n"))
	}
	return nil
}

type list struct {
	title string
	items []string
}

// lists returns what is said beside the tables.
func (c Comparison) lists() []list {
	var missing []string
	for _, m := range c.Missing {
		missing = append(missing, m.Sentence())
	}
	var lists []list
	for _, l := range []list{{"With a result on one side only", missing}, {"Warnings", c.Warnings}} {
		if len(l.items) > 0 {
			lists = append(lists, l)
		}
	}
	return lists
}

package compare

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"ipcbench/results"
)

// A Paint gives the words of a verdict its colour.
type Paint func(verdict Verdict, words string) string

// Widths in columns of a terminal: of running text, and of a fact's value.
const (
	textWidth = 100
	factWidth = 40
)

// WriteText writes the comparison for a terminal. The headline is the first
// line, alone.
func WriteText(w io.Writer, c Comparison, paint Paint) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", c.Headline)
	fmt.Fprintf(&b, "old  %s\nnew  %s\nwith %s\n\n%s\n", c.Old, c.New, c.Setting, wrapped(c.Holds(), textWidth))

	environment := c.EnvironmentTable()
	for _, row := range environment.Rows {
		for i, value := range row.Cells {
			row.Cells[i] = wrapped(value, factWidth)
		}
	}
	tables := []results.Table{environment, c.ControlTable()}
	for _, t := range c.Tables() {
		for i, row := range t.Rows {
			last := len(row.Cells) - 1
			row.Cells[last] = paint(t.Of[i].Verdict, row.Cells[last])
		}
		tables = append(tables, t.Table)
	}
	if err := writeTables(&b, tables, results.Text); err != nil {
		return err
	}
	for _, list := range c.lists() {
		fmt.Fprintf(&b, "\n%s:\n  %s\n", list.title, strings.Join(list.items, "\n  "))
	}
	fmt.Fprintf(&b, "\n%s\n", wrapped(c.Definitions(), textWidth))
	_, err := io.WriteString(w, b.String())
	return err
}

// wrapped breaks a text into lines of at most so many columns.
func wrapped(s string, width int) string {
	lines := strings.Split(text.WrapSoft(s, width), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}

// WriteMarkdown writes the comparison for a bug report or a change's
// description.
func WriteMarkdown(w io.Writer, c Comparison) error {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**\n\n- old: %s\n- new: %s\n- with: %s\n\n%s\n", c.Headline, c.Old, c.New, c.Setting, c.Holds())
	tables := []results.Table{c.EnvironmentTable(), c.ControlTable()}
	for _, t := range c.Tables() {
		t.Caption = strings.ReplaceAll(t.Caption, "\n", "  \n") // a line each
		tables = append(tables, t.Table)
	}
	if err := writeTables(&b, tables, results.Markdown); err != nil {
		return err
	}
	for _, list := range c.lists() {
		fmt.Fprintf(&b, "\n### %s\n\n- %s\n", list.title, strings.Join(list.items, "\n- "))
	}
	fmt.Fprintf(&b, "\n%s\n", c.Definitions())
	_, err := io.WriteString(w, b.String())
	return err
}

// writeTables writes those that have a row, with a blank line before each.
func writeTables(b *strings.Builder, tables []results.Table, style results.Style) error {
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

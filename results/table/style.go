package table

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"ipcbench/internal/quote"
	"ipcbench/results/summary"
)

// A Style is how a table is written.
type Style struct{ width int }

// Markdown is for a README or a bug report. It has all columns.
var Markdown = Style{}

// Text is for a terminal of so many columns: aligned, with thin rules, and of the
// table's columns those that there is room for.
func Text(width int) Style { return Style{max(width, 1)} }

// TextWidth is how many columns running text takes at most, and all of a text that
// goes to no terminal.
const TextWidth = 100

// Prose is running text as the style has it: broken into lines, or quoted.
func (s Style) Prose(words string) string {
	if s == Markdown {
		return quote.MarkdownLines(words)
	}
	return Wrapped(words, min(s.width, TextWidth))
}

// Write writes the tables of all workloads. In Markdown, which stands alone, what the
// machine does to them is above them; in a text, whoever prints it has more to warn of.
func Write(w io.Writer, summaries []summary.Summary, style Style) error {
	if style == Markdown {
		for _, text := range OfMachine(summaries) {
			if _, err := fmt.Fprintf(w, "Of the machine: %s\n\n", quote.Markdown(text)); err != nil {
				return err
			}
		}
	}
	for i, t := range Tables(summaries) {
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		if err := t.Render(w, style); err != nil {
			return err
		}
	}
	return nil
}

// Render writes the table with its title above, and below it its footnotes and
// its caption.
func (t Table) Render(w io.Writer, style Style) error {
	text := ""
	if style == Markdown {
		text = fmt.Sprintf("### %s\n\n%s\n\n%s%s\n", quote.Markdown(t.Title), t.markdown(), t.Footnotes.markdown(), quote.MarkdownLines(t.Caption))
	} else {
		text = t.text(style.width)
	}
	_, err := io.WriteString(w, text)
	return err
}

// markdown is the table alone.
func (t Table) markdown() string {
	out := table.NewWriter()
	var header table.Row
	var configs []table.ColumnConfig
	for i, c := range t.printed() {
		header = append(header, quote.Markdown(c.Name))
		align := text.AlignLeft
		if c.Numeric {
			align = text.AlignRight
		}
		configs = append(configs, table.ColumnConfig{Number: i + 1, Align: align})
	}
	out.AppendHeader(header)
	out.SetColumnConfigs(configs)
	for _, row := range t.Rows {
		var cells table.Row
		for _, cell := range append(append([]string{}, row.Cells...), row.Note) {
			cells = append(cells, quote.Markdown(cell))
		}
		if row.Note == "" {
			cells[len(cells)-1] = joined(row.Numbers)
		}
		for len(cells) < len(header) {
			cells = append(cells, "")
		}
		out.AppendRow(cells[:len(header)])
	}
	return out.RenderMarkdown()
}

// printed is the columns together with that of the footnotes, where there are
// any on single rows.
func (t Table) printed() []Column {
	if len(t.Footnotes.OnRow) == 0 {
		return t.Columns
	}
	return append(append([]Column{}, t.Columns...), Column{Name: "note"})
}

// Wrapped breaks a text into lines of at most so many columns. What follows a line
// of it stands as far in as that begins.
func Wrapped(s string, width int) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
		lines[i] = Beside(indent, strings.TrimLeft(line, " "), width)
	}
	return strings.Join(lines, "\n")
}

// Beside puts words beside a mark, in lines of at most so many columns: none but
// the first reaches below the mark.
func Beside(mark, words string, width int) string {
	in := widthOf(mark)
	lines := broken(words, max(width-in, 1))
	return mark + strings.Join(lines, "\n"+strings.Repeat(" ", in))
}

// Cut is a line cut to so many columns, with a mark where something is missing.
func Cut(line string, width int) string {
	if widthOf(line) <= width {
		return line
	}
	return text.Trim(line, max(width-1, 0)) + "…"
}

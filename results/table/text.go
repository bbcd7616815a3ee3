package table

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// text is the table in so many columns, with all that stands around it.
func (t Table) text(width int) string {
	l := t.layout(width)
	prose := func(words string) string { return hanging(words, min(width, TextWidth)) + "\n" }
	var b strings.Builder
	b.WriteString(prose(strings.Join(append([]string{t.Title}, l.once...), " · ")))
	l.draw(&b)
	b.WriteString(t.Footnotes.text(min(width, TextWidth)))
	for _, line := range strings.Split(t.Caption, "\n") {
		if line == "" || l.isAboutNone(line) {
			continue
		}
		b.WriteString(prose(line))
	}
	if len(l.left) > 0 {
		b.WriteString(prose(fmt.Sprintf("Left out in %d columns: %s.", width, strings.Join(l.left, ", "))))
	}
	return b.String()
}

// mark is what a line begins with that is one of a list.
var mark = regexp.MustCompile(`^(- |\(\d+\) )?`)

// hanging wraps a line, beside its mark if it has one.
func hanging(line string, width int) string {
	m := mark.FindString(line)
	return Beside(m, line[len(m):], width)
}

// isAboutNone says whether a line of the caption is about columns that are not
// shown.
func (l layout) isAboutNone(line string) bool {
	about := func(c Column) bool { return c.Note == line }
	return slices.ContainsFunc(l.Table.Columns, about) && !slices.ContainsFunc(l.columns, func(c column) bool { return about(c.Column) })
}

// draw writes the rows below their heads.
func (l layout) draw(b *strings.Builder) {
	var heads []string
	for _, c := range l.columns {
		heads = append(heads, c.Name)
	}
	l.drawCells(b, -1, heads, true)
	if !l.grouped {
		l.rule(b, "")
	}
	for i, row := range l.Rows {
		if l.grouped && (i == 0 || l.Rows[i-1].Group != row.Group) {
			l.rule(b, row.Group)
		}
		l.drawRow(b, i, row)
	}
}

// rule draws a line across, with the name of what is below it.
func (l layout) rule(b *strings.Builder, name string) {
	if name == "" {
		fmt.Fprintln(b, strings.Repeat("─", min(l.total()+1, l.width)))
		return
	}
	lines := broken(name, max(l.width-4, 1))
	for i, line := range lines {
		fmt.Fprintf(b, "── %s", line)
		if rest := min(l.total()+1, l.width) - widthOf(line) - 4; rest > 0 && i == len(lines)-1 {
			fmt.Fprint(b, " "+strings.Repeat("─", rest))
		}
		fmt.Fprintln(b)
	}
}

// drawRow writes the cells of a row or, where a note stands for the last ones, that
// beside the others.
func (l layout) drawRow(b *strings.Builder, at int, row Row) {
	var cells []string
	in := 1
	for _, c := range l.columns {
		if row.Note != "" && c.at >= len(row.Cells) {
			break
		}
		cells = append(cells, l.cell(row, c))
		in += c.width() + 2
	}
	if row.Note == "" {
		l.drawCells(b, at, cells, false)
		return
	}
	room := min(l.width, max(l.total(), in+noteWidth)) - in
	if room < noteWidth/2 {
		l.drawCells(b, at, cells, false)
		fmt.Fprintln(b, Beside("   ", row.Note, l.width))
		return
	}
	var one strings.Builder
	last := l
	last.columns = append(slices.Clone(l.columns[:len(cells)]), column{limit: room, cells: room})
	last.drawCells(&one, at, append(cells, row.Note), false)
	b.WriteString(one.String())
}

// noteWidth is what a note takes beside the cells of its row even where the table
// is narrower.
const noteWidth = 60

// drawCells writes cells, or the names above them, each in as many lines as it takes.
func (l layout) drawCells(b *strings.Builder, row int, cells []string, heads bool) {
	lines := make([][]string, len(cells))
	most := 1
	for i, cell := range cells {
		lines[i] = broken(cell, max(l.columns[i].width(), 1))
		if heads {
			lines[i] = headLines(cell, max(l.columns[i].width(), 1))
		}
		most = max(most, len(lines[i]))
	}
	for n := range most {
		line := ""
		for i, c := range l.columns[:len(cells)] {
			words, at := "", n
			if heads {
				at -= most - len(lines[i]) // names stand on the rule
			}
			if at >= 0 && at < len(lines[i]) {
				words = lines[i][at]
			}
			padding := strings.Repeat(" ", max(0, c.width()-widthOf(words)))
			if c.Paint != nil && words != "" && !heads {
				words = c.Paint(row, words)
			}
			if c.Numeric {
				line += " " + padding + words + " "
			} else {
				line += " " + words + padding + " "
			}
		}
		fmt.Fprintln(b, strings.TrimRight(line, " "))
	}
}

// headLines is a name in two lines, the first the shorter where it can be.
func headLines(name string, width int) []string {
	words := strings.Fields(name)
	for n := range words {
		first, second := strings.Join(words[:n], " "), strings.Join(words[n:], " ")
		if widthOf(first) <= width && widthOf(second) <= width {
			return strings.Split(strings.TrimPrefix(first+"\n"+second, "\n"), "\n")
		}
	}
	return broken(name, width)
}

// widthOf is how many columns of a terminal a line takes.
func widthOf(line string) int { return text.StringWidthWithoutEscSequences(line) }

// broken is a text in lines of at most so many columns: broken at spaces or, where
// that does not do, behind what parts the options of a transport, the names of a
// path and the like, and at last anywhere.
func broken(words string, width int) []string {
	var lines []string
	for _, line := range strings.Split(words, "\n") {
		lines = append(lines, brokenAt(line, width, " ", ":,;", "/=|-")...)
	}
	return lines
}

func brokenAt(line string, width int, parts string, further ...string) []string {
	if widthOf(line) <= width {
		return []string{line}
	}
	var lines []string
	current := ""
	flush := func() {
		if current != "" {
			lines = append(lines, strings.TrimRight(current, " "))
		}
		current = ""
	}
	for _, piece := range piecesOf(line, parts) {
		if widthOf(strings.TrimRight(current+piece, " ")) <= width {
			current += piece
			continue
		}
		if len(further) > 0 && widthOf(strings.TrimRight(piece, " ")) > width {
			finer := brokenAt(current+piece, width, further[0], further[1:]...)
			lines = append(lines, finer[:len(finer)-1]...)
			current = finer[len(finer)-1] + piece[len(strings.TrimRight(piece, " ")):]
			continue
		}
		flush()
		for _, r := range strings.TrimLeft(piece, " ") {
			if widthOf(strings.TrimRight(current+string(r), " ")) > width {
				flush()
			}
			current += string(r)
		}
	}
	flush()
	return lines
}

// piecesOf cuts a line behind each of these characters.
func piecesOf(line, parts string) []string {
	var pieces []string
	for line != "" {
		end := strings.IndexAny(line, parts)
		if end < 0 {
			return append(pieces, line)
		}
		for end < len(line) && strings.IndexByte(parts, line[end]) >= 0 {
			end++
		}
		pieces, line = append(pieces, line[:end]), line[end:]
	}
	return pieces
}

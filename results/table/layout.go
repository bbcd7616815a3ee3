package table

import (
	"slices"
	"strings"

	"ipcbench/results"
)

// A layout is what a text of so many columns shows of a table, and how.
//
// What is the same in all rows is said once, what is nothing in all of them is left
// out, and what groups them becomes a heading above them. Where that is not narrow
// enough, columns go by their rank, and then cells are broken into lines.
type layout struct {
	Table
	width   int
	columns []column
	grouped bool     // groups have headings among the rows
	once    []string // what is said in the title
	left    []string // the columns that there was no room for
}

// A column is one that is shown.
type column struct {
	Column
	at    int // its place in the table
	cells int // the width of its widest cell
	limit int // what wider cells are broken to
	head  int // and of its name
	terse bool
}

func (c column) width() int { return max(min(c.cells, c.limit), c.head) }

func (t Table) layout(width int) layout {
	l := t.whole(width, false)
	if !l.grouped && l.total() > width {
		l = t.whole(width, true)
	}
	for l.total() > width && l.narrow() {
	}
	return l
}

// whole has all columns that have something to say, with headings for groups where
// any has two rows, or anyway.
func (t Table) whole(width int, anyway bool) layout {
	l := layout{Table: t, width: width}
	for i, c := range t.printed() {
		l.columns = append(l.columns, l.measure(column{Column: c, at: i, head: widthOf(c.Name)}))
	}
	l.group(anyway)
	l.sayOnce()
	if width < TextWidth {
		l.drop(func(c column) bool { return c.Rank >= results.Roomy })
	}
	return l
}

// measure is a column with the width that it takes.
func (l layout) measure(c column) column {
	c.cells = 0
	for _, row := range l.Rows {
		for _, line := range strings.Split(l.cell(row, c), "\n") {
			c.cells = max(c.cells, widthOf(line))
		}
	}
	c.limit = c.cells
	return c
}

// cell is what a row says in a column, "" where a note stands instead.
func (l layout) cell(row Row, c column) string {
	switch {
	case c.at < len(row.Cells) && c.terse:
		return c.Terse(row.Cells[c.at])
	case c.at < len(row.Cells):
		return row.Cells[c.at]
	case row.Note == "":
		return joined(row.Numbers)
	}
	return ""
}

// group makes headings of the columns of groups, where any has two rows, or anyway.
// A single group is told in the title.
func (l *layout) group(anyway bool) {
	isOfGroups := func(c column) bool { return c.Group }
	if !slices.ContainsFunc(l.columns, isOfGroups) {
		return
	}
	groups, cells := 0, 0
	for i, row := range l.Rows {
		if i == 0 || l.Rows[i-1].Group != row.Group {
			groups++
		}
		if !row.continues() {
			cells++
		}
	}
	if groups == 1 {
		l.once = append(l.once, l.Rows[0].Group)
	}
	if l.grouped = groups > 1 && (anyway || groups < cells); l.grouped || groups == 1 {
		l.columns = slices.DeleteFunc(l.columns, isOfGroups)
	}
}

// continues says whether the row is of the cell above it, of which it shows
// another mode.
func (r Row) continues() bool { return len(r.Cells) > 0 && r.Cells[0] == "" }

// sayOnce takes out the columns in which all rows say the same, or nothing.
func (l *layout) sayOnce() {
	first := l.columns[0]
	l.columns = slices.DeleteFunc(l.columns, func(c column) bool {
		value, rows, same := "", 0, true
		for _, row := range l.Rows {
			if row.continues() || c.at >= len(row.Cells) {
				continue
			}
			same = same && (rows == 0 || row.Cells[c.at] == value)
			value = row.Cells[c.at]
			rows++
		}
		switch {
		case c.Rank > 0 && (same && value == "" || c.Once && l.isNothing(c)):
			return true
		case !c.Once || !same || value == "" || value == results.Nothing:
			return false
		case rows < 2 && (c.Tells || c.Each == nil):
			return false
		}
		l.once = append(l.once, c.saying(value))
		return true
	})
	if !slices.ContainsFunc(l.columns, func(c column) bool { return c.Tells }) && first.Tells {
		l.columns = slices.Insert(l.columns, 0, first)
		l.once = slices.DeleteFunc(l.once, func(said string) bool { return said == first.saying(l.cell(l.Rows[0], first)) })
	}
}

// saying is the one value of a column: "on ext4".
func (c Column) saying(value string) string {
	switch {
	case c.Each != nil:
		return c.Each(value)
	case strings.HasPrefix(value, c.Name):
		return value
	}
	return c.Name + " " + value
}

// isNothing says whether a column is of counts that all come to nothing.
func (l layout) isNothing(c column) bool {
	zero := false
	for _, row := range l.Rows {
		if c.at >= len(row.Cells) {
			continue
		}
		switch row.Cells[c.at] {
		case results.FormatCount(0), results.FormatCount(1e-9):
			zero = true
		case "", results.Nothing:
		default:
			return false
		}
	}
	return zero
}

// total is how many columns of the terminal the table takes: before each of its own
// is a space, and after it, but for the last.
func (l layout) total() int {
	total := -1
	for _, c := range l.columns {
		total += c.width() + 2
	}
	return total
}

// bearable is what texts are broken to before a figure goes that matters, and
// readable what they are broken to at most while there is another way.
const (
	bearable = 14
	readable = 5
)

// dear is up to which rank a column is dearer than the words of another.
const dear = 5

// narrow takes the least that still can be taken away, and says whether anything
// could.
func (l *layout) narrow() bool {
	return l.breakNames() || l.dropRank(dear) || l.beTerse() || l.dropRank(2) || l.squeeze(bearable) || l.dropRank(1) || l.squeeze(readable) || l.squeeze(1)
}

// breakNames breaks the names of columns that are wider than what is in them.
func (l *layout) breakNames() bool {
	broke := false
	for i, c := range l.columns {
		words := strings.Fields(c.Name)
		for n := range words { // in two lines at most
			first, second := strings.Join(words[:n], " "), strings.Join(words[n:], " ")
			if head := max(widthOf(first), widthOf(second)); head < l.columns[i].head && l.columns[i].head > c.cells {
				l.columns[i].head, broke = head, true
			}
		}
	}
	return broke
}

// beTerse says in fewer words what can be said so.
func (l *layout) beTerse() bool {
	did := false
	for i, c := range l.columns {
		if c.Terse != nil && !c.terse {
			c.terse, did = true, true
			l.columns[i] = l.measure(c)
		}
	}
	return did
}

// dropRank takes out the columns of the highest rank, where that is so high.
func (l *layout) dropRank(least int) bool {
	highest := 0
	for _, c := range l.columns {
		highest = max(highest, c.Rank)
	}
	if highest < least {
		return false
	}
	l.drop(func(c column) bool { return c.Rank == highest })
	for i, c := range l.columns {
		l.columns[i].limit = c.cells
	}
	return true
}

func (l *layout) drop(which func(column) bool) {
	l.columns = slices.DeleteFunc(l.columns, func(c column) bool {
		if which(c) {
			if !slices.Contains(l.left, c.Name) {
				l.left = append(l.left, c.Name)
			}
			return true
		}
		return false
	})
}

// squeeze breaks the cells of the widest column of texts by one column more, down
// to a least width.
func (l *layout) squeeze(least int) bool {
	widest := -1
	for i, c := range l.columns {
		if !c.Numeric && c.width() > least && (widest < 0 || c.width() > l.columns[widest].width()) {
			widest = i
		}
	}
	if widest < 0 {
		return false
	}
	c := &l.columns[widest]
	c.limit = c.width() - 1
	c.head = min(c.head, c.limit)
	return true
}

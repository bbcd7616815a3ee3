package cmd

import (
	"fmt"
	"io"
	"strconv"

	"golang.org/x/term"

	"ipcbench/results/table"
)

// columns is how many columns a line of a table or of running text on w may take: as
// many as the terminal has. Where w is none, COLUMNS says it, and otherwise there are
// table.TextWidth.
func (c *console) columns(w io.Writer) int {
	if columns, limited := c.limit(w); limited {
		return columns
	}
	return table.TextWidth
}

// limit is how many a line takes where somebody says so. What is said line by line as it
// is done is as wide as need be where nobody does, for programs that look for lines.
func (c *console) limit(w io.Writer) (columns int, limited bool) {
	if columns, is := terminalColumns(w); is {
		return columns, true
	}
	said, _ := c.env("COLUMNS")
	columns, err := strconv.Atoi(said)
	return columns, err == nil && columns > 0
}

// beside writes words beside a mark, a line of a list.
func (c *console) beside(w io.Writer, mark, words string) {
	if columns, limited := c.limit(w); limited {
		fmt.Fprintln(w, table.Beside(mark, words, columns))
		return
	}
	fmt.Fprintln(w, mark+words)
}

// terminalColumns is how wide the terminal w is, 80 where it does not say, whether
// or not a line on it can be rewritten.
func terminalColumns(w io.Writer) (columns int, is bool) {
	file, ok := w.(interface{ Fd() uintptr })
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return 0, false
	}
	if columns, _, err := term.GetSize(int(file.Fd())); err == nil && columns > 0 {
		return columns, true
	}
	return 80, true
}

// A fitter writes to w what fits there, if it is a terminal: whole lines, each by one
// call.
type fitter struct{ w io.Writer }

func (f fitter) Write(lines []byte) (int, error) {
	text := string(lines)
	if columns, is := terminalColumns(f.w); is {
		text = table.Wrapped(text, columns)
	}
	if _, err := io.WriteString(f.w, text); err != nil {
		return 0, err
	}
	return len(lines), nil
}

// cut is a line cut to what the terminal w takes; for what is no terminal, as it is.
func cut(w io.Writer, line string, taken int) string {
	columns, is := terminalColumns(w)
	if !is {
		return line
	}
	return table.Cut(line, columns-taken)
}

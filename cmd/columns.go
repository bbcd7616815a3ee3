package cmd

import (
	"io"
	"strconv"

	"golang.org/x/term"

	"ipcbench/results/table"
)

// columns is how many columns a line on w may take: as many as the terminal has.
// Where w is none, COLUMNS says it, and otherwise there are table.TextWidth.
func (c *console) columns(w io.Writer) int {
	if columns, is := terminalColumns(w); is {
		return columns
	}
	said, _ := c.env("COLUMNS")
	if columns, err := strconv.Atoi(said); err == nil && columns > 0 {
		return columns
	}
	return table.TextWidth
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

// fitted is text whose lines are broken where the terminal w would break them; for
// what is no terminal, text as it is.
func fitted(w io.Writer, text string) string {
	if columns, is := terminalColumns(w); is {
		return table.Wrapped(text, columns)
	}
	return text
}

// A fitter writes to w what fits there: whole lines, each by one call.
type fitter struct{ w io.Writer }

func (f fitter) Write(lines []byte) (int, error) {
	if _, err := io.WriteString(f.w, fitted(f.w, string(lines))); err != nil {
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

package cmd

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"ipcbench/internal/quote"
	"ipcbench/results/answer"
	"ipcbench/results/summary"
	"ipcbench/results/table"
)

// printAnswer prints what a run comes to. It is the last that a run says, so that
// it is what stands on the screen.
func printAnswer(out *console, w io.Writer, run summary.Analysis) error {
	lines := answer.Of(run).Lines()
	if len(lines) == 0 {
		return nil
	}
	indent := 0
	for _, line := range lines {
		indent = max(indent, utf8.RuneCountInString(line.About))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\n", answer.Question)
	for _, line := range lines {
		about := "  " + line.About + strings.Repeat(" ", indent-utf8.RuneCountInString(line.About)) + "  "
		fmt.Fprintln(&b, table.Beside(about, quote.Line(line.Says), min(out.columns(w), table.TextWidth)))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

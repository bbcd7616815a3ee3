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
func printAnswer(w io.Writer, run summary.Analysis) error {
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
		about := line.About + strings.Repeat(" ", indent-utf8.RuneCountInString(line.About))
		says := table.Wrapped(quote.Line(line.Says), min(width(w), table.TextWidth)-indent-5)
		fmt.Fprintf(&b, "  %s  %s\n", about, strings.ReplaceAll(says, "\n", "\n"+strings.Repeat(" ", indent+4)))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

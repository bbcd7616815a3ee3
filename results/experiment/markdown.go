package experiment

import (
	"fmt"
	"io"
	"strings"

	"ipcbench/internal/quote"
	"ipcbench/results/table"
)

// mostWarnings is how many of the warnings are short enough for a page that is kept.
const mostWarnings = 8

// WriteMarkdown writes what the experiment showed, short enough to be kept beside its
// file.
func WriteMarkdown(w io.Writer, o Outcome) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", quote.Markdown(o.Title()))
	fmt.Fprintf(&b, "**%s**\n", quote.Markdown(o.Answer()))
	if o.About != "" {
		fmt.Fprintf(&b, "\n%s\n", quote.MarkdownLines(strings.TrimSpace(o.About)))
	}
	fmt.Fprintln(&b)
	for _, a := range o.Against {
		says := a.Without
		if says == "" {
			says = a.Comparison.Headline
		}
		fmt.Fprintf(&b, "- **%s**: %s\n", quote.Markdown(a.Variant), quote.Markdown(says))
	}
	fmt.Fprintf(&b, "\n%s\n", quote.Markdown(o.HowSure()))
	matrices := o.Matrices()
	for _, m := range matrices {
		var one strings.Builder
		if err := m.Render(&one, table.Markdown); err != nil {
			return err
		}
		fmt.Fprintf(&b, "\n%s\n", strings.TrimRight(one.String(), "\n"))
	}
	if len(matrices) > 0 {
		fmt.Fprintf(&b, "\n%s\n", quote.Markdown(o.Legend()))
	}
	o.writeWarnings(&b)
	o.writeMethod(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (o Outcome) writeWarnings(b *strings.Builder) {
	warnings := o.Warnings()
	if len(warnings) == 0 {
		return
	}
	fmt.Fprint(b, "\n## Before you believe it\n\n")
	for i, warning := range warnings {
		if i == mostWarnings {
			fmt.Fprintf(b, "- and %d more, which experiment.html has\n", len(warnings)-i)
			return
		}
		fmt.Fprintf(b, "- %s\n", quote.Markdown(warning))
	}
}

func (o Outcome) writeMethod(b *strings.Builder) {
	fmt.Fprint(b, "\n## How it was measured\n\n")
	for _, fact := range o.Method() {
		value := quote.Markdown(fact.Value)
		if fact.Literal {
			value = "`" + strings.ReplaceAll(fact.Value, "`", "'") + "`"
		}
		fmt.Fprintf(b, "- %s: %s\n", fact.Name, value)
	}
}

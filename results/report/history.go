package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"sync"

	"ipcbench/results/charts"
	"ipcbench/results/history"
)

//go:embed history.html
var historyText string

// historyPage looks like the page of a run.
var historyPage = sync.OnceValue(func() *template.Template {
	return template.Must(parsePage().New("history").Parse(historyText))
})

// WriteHistory writes the page of a history: the series over the runs, and tables of
// the changes and of those of the floors.
func WriteHistory(w io.Writer, h history.History) error {
	drawn := charts.History(h)
	var svg, html bytes.Buffer
	if err := drawn.WriteHTMLSVG(&svg); err != nil {
		return fmt.Errorf("report of a history: draw: %w", err)
	}
	all := historyContents{h, historyTable{h.Table()}, chart{Chart: drawn, SVG: template.HTML(svg.String())}}
	if err := historyPage().Execute(&html, all); err != nil {
		return fmt.Errorf("report of a history: %w", err)
	}
	_, err := w.Write(html.Bytes())
	return err
}

// historyContents is what the page is filled with.
type historyContents struct {
	history.History
	Changes historyTable
	Courses chart
}

type historyTable struct{ history.Table }

// Class is the class of a cell of the table: how it is aligned, or the verdict's
// tone.
func (t historyTable) Class(row, column int) string {
	switch {
	case column == len(t.Columns)-2:
		return string(t.Of[row].Verdict.Judgement().Tone)
	case column == len(t.Columns)-1:
		return "any"
	case t.Columns[column].Numeric:
		return "n"
	}
	return ""
}

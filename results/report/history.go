package report

import (
	_ "embed"
	"fmt"
	"io"

	"ipcbench/results/charts"
	"ipcbench/results/history"
	"ipcbench/results/report/page"
)

//go:embed history.html
var historyText string

var historyPage = page.New(historyText)

// WriteHistory writes the page of a history: the series over the runs, and tables of
// the changes and of those of the floors.
func WriteHistory(w io.Writer, h history.History) error {
	courses, err := figureOf(charts.History(h))
	if err == nil {
		err = historyPage.Write(w, historyContents{
			History: h,
			Warned:  page.NewWarnings("Before you believe a change", h.Warnings),
			Courses: courses,
			Changes: tableOfHistory(h.Table()),
			Control: page.TableOf(h.FloorTable()),
		})
	}
	if err != nil {
		return fmt.Errorf("report of a history: %w", err)
	}
	return nil
}

// historyContents is what the page is filled with.
type historyContents struct {
	history.History
	Warned  page.Warnings
	Courses page.Figure
	Changes page.Table
	Control page.Table
}

// tableOfHistory shows each verdict in its tone, and after it what else changed.
func tableOfHistory(t history.Table) page.Table {
	shown := page.TableOf(t.Table)
	shown.Tone = func(row, column int) string {
		switch column {
		case len(t.Columns) - 2:
			return string(t.Of[row].Verdict.Judgement().Tone)
		case len(t.Columns) - 1:
			return "any"
		}
		return ""
	}
	return shown
}

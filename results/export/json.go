package export

import (
	"encoding/json"
	"fmt"
	"io"

	"ipcbench/results"
	"ipcbench/results/summary"
)

// WriteJSON writes the run and one result for each cell, with every metric's
// median and interval, for programs. What is not known is null or absent.
func WriteJSON(w io.Writer, run summary.Analysis) error {
	run.Run.Schema = results.Schema
	document := struct {
		Run     jsonRun      `json:"run"`
		Results []jsonResult `json:"results"`
	}{jsonRun{run.Run, words(run.Warnings)}, []jsonResult{}}
	for _, s := range run.Cells {
		document.Results = append(document.Results, jsonOf(s))
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(document); err != nil {
		return fmt.Errorf("json: %w", err)
	}
	return nil
}

// A jsonRun says its warnings in words.
type jsonRun struct {
	results.Run
	Warnings []string `json:"warnings,omitempty"`
}

func words(warnings []results.Warning) []string {
	var said []string
	for _, w := range warnings {
		said = append(said, w.String())
	}
	return said
}

type jsonResult struct {
	results.Cell
	Launches int                     `json:"launches"`
	Skipped  int                     `json:"skipped"`
	Failed   int                     `json:"failed"`
	Reason   string                  `json:"reason,omitempty"`
	Warnings []string                `json:"warnings,omitempty"`
	Modes    []summary.Mode          `json:"modes,omitempty"`
	Drifting int                     `json:"drifting,omitempty"`
	Metrics  map[string]jsonEstimate `json:"metrics"`
}

type jsonEstimate struct {
	Median float64  `json:"median"`
	Lo     *float64 `json:"lo"`
	Hi     *float64 `json:"hi"`
	N      int      `json:"n"`
	Min    *float64 `json:"min"`
	Max    *float64 `json:"max"`
	CV     *float64 `json:"cv"`
	Step   float64  `json:"step,omitempty"` // nothing finer is known, for the clock moves in steps
}

func jsonOf(s summary.Summary) jsonResult {
	result := jsonResult{s.Cell, s.Launches, s.Skipped, s.Failed, s.Reason, words(s.Warnings), s.Modes, s.Drifting, map[string]jsonEstimate{}}
	for metric, e := range s.Metrics {
		known := results.Known
		result.Metrics[metric] = jsonEstimate{e.Median, known(e.Lo), known(e.Hi), e.N, known(e.Min), known(e.Max), known(e.CV), e.Step}
	}
	return result
}

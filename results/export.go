package results

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
)

// WriteJSON writes the run and one result for each cell, with every metric's
// median and interval, for programs. What is not known is null or absent.
func WriteJSON(w io.Writer, run Run, summaries []Summary) error {
	run.Schema = Schema
	document := struct {
		Run     Run          `json:"run"`
		Results []jsonResult `json:"results"`
	}{run, []jsonResult{}}
	for _, s := range summaries {
		document.Results = append(document.Results, s.json())
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(document); err != nil {
		return fmt.Errorf("json: %w", err)
	}
	return nil
}

type jsonResult struct {
	Cell
	Launches int                     `json:"launches"`
	Skipped  int                     `json:"skipped"`
	Failed   int                     `json:"failed"`
	Reason   string                  `json:"reason,omitempty"`
	Warnings []string                `json:"warnings,omitempty"`
	Modes    []Mode                  `json:"modes,omitempty"`
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
	Pooled bool     `json:"pooled,omitempty"`
}

func (s Summary) json() jsonResult {
	result := jsonResult{s.Cell, s.Launches, s.Skipped, s.Failed, s.Reason, s.Warnings, s.Modes, s.Drifting, map[string]jsonEstimate{}}
	for metric, e := range s.Metrics {
		result.Metrics[metric] = jsonEstimate{e.Median, known(e.Lo), known(e.Hi), e.N, known(e.Min), known(e.Max), known(e.CV), e.Pooled}
	}
	return result
}

// known returns nil, which is null in JSON, for what is not a number.
func known(value float64) *float64 {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return nil
	}
	return &value
}

package compare

import (
	"encoding/json"
	"fmt"
	"io"

	"ipcbench/results"
	"ipcbench/results/effect"
)

// WriteJSON writes the comparison for programs: one of "cells" for each metric
// of each cell. What is not known is null.
func WriteJSON(w io.Writer, c Comparison) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(c.json()); err != nil {
		return fmt.Errorf("json: %w", err)
	}
	return nil
}

type jsonComparison struct {
	Headline    string           `json:"headline"`
	Old         string           `json:"old"`
	New         string           `json:"new"`
	By          string           `json:"by,omitempty"`
	Replicate   string           `json:"replicate"`
	Scope       string           `json:"scope"`
	Setting     string           `json:"setting"`
	Alpha       float64          `json:"alpha"`
	Same        float64          `json:"same"`
	Environment []jsonDifference `json:"environment"`
	Known       jsonExtent       `json:"environment_known"`
	Controls    []jsonControl    `json:"controls"`
	Cells       []jsonRow        `json:"cells"`
	Missing     []jsonMissing    `json:"missing"`
	Warnings    []string         `json:"warnings"`
	Together    *jsonTogether    `json:"together,omitempty"`
	Gate        *jsonGate        `json:"gate,omitempty"`
}

// jsonTogether is what most cells share, where they do.
type jsonTogether struct {
	Slowdown float64 `json:"slowdown"` // of a message's time, as a ratio minus 1
	Cells    int     `json:"cells"`
	Of       int     `json:"of"`
}

// jsonGate is a [Gate]: its counts, and how often it is wrong, as shares.
type jsonGate struct {
	Threshold  float64 `json:"threshold"`
	Outcome    Outcome `json:"outcome"`
	Results    int     `json:"results"`
	Worse      int     `json:"worse"`
	Open       int     `json:"open"`
	Unmeasured int     `json:"unmeasured"`
	Thinned    int     `json:"thinned"`
	Broken     int     `json:"failing"`
	FalseAlarm float64 `json:"false_alarm_at_most"`
	Missed     float64 `json:"missed"`
	Slips      float64 `json:"passed_wrongly_at_most"`
}

// jsonExtent is of how many facts "environment" could tell.
type jsonExtent struct {
	Facts   int      `json:"facts"`
	OneSide []string `json:"unknown_of_one_side,omitempty"`
	Neither []string `json:"unknown_of_both,omitempty"`
}

type jsonDifference struct {
	Key string `json:"key"`
	Old string `json:"old"`
	New string `json:"new"`
}

// jsonEffect is a change as a ratio minus 1, with its confidence interval: of a
// floor of 95 %, of a cell corrected as its p is.
type jsonEffect struct {
	Change   *float64 `json:"change"`
	ChangeLo *float64 `json:"change_lo"`
	ChangeHi *float64 `json:"change_hi"`
}

type jsonControl struct {
	Floor     string  `json:"floor"`
	SizeBytes int     `json:"size_bytes,omitempty"`
	CPUs      []int   `json:"cpus,omitempty"`
	NewValue  string  `json:"new_value,omitempty"`
	OldNS     float64 `json:"old_ns"`
	NewNS     float64 `json:"new_ns"`
	jsonEffect
	P *float64 `json:"p"`
}

type jsonRow struct {
	Cell      results.Cell `json:"cell"`
	OldValue  string       `json:"old_value,omitempty"`
	NewValue  string       `json:"new_value,omitempty"`
	Metric    string       `json:"metric"`
	Deciding  bool         `json:"deciding"` // on the cell: what the headline counts
	OldMedian *float64     `json:"old_median"`
	NewMedian *float64     `json:"new_median"`
	OldN      int          `json:"old_n"`
	NewN      int          `json:"new_n"`
	jsonEffect
	P            *float64 `json:"p"` // corrected for the number of cells, as change_lo and change_hi are
	PUncorrected *float64 `json:"p_uncorrected"`
	Verdict      Verdict  `json:"verdict"`
	Within       *float64 `json:"within,omitempty"`
	Because      string   `json:"because,omitempty"`
	Replicate    string   `json:"replicate"`

	ChangeLoUncorrected *float64 `json:"change_lo_uncorrected"` // of 95 %
	ChangeHiUncorrected *float64 `json:"change_hi_uncorrected"`
	ChangeLevel         *float64 `json:"change_level"` // of change_lo to change_hi: alpha divided by n, see [Comparison.Definitions]
}

type jsonMissing struct {
	Cell   results.Cell   `json:"cell"`
	Side   string         `json:"side"`
	Value  string         `json:"value,omitempty"`
	Status results.Status `json:"status,omitempty"`
	Reason string         `json:"reason,omitempty"`
}

func (c Comparison) json() jsonComparison {
	document := jsonComparison{
		Headline: c.Headline, Old: c.Old, New: c.New, By: c.By, Replicate: c.Replicate, Scope: c.Scope, Setting: c.Setting,
		Alpha: c.Options.Alpha, Same: c.Options.Same,
		Environment: []jsonDifference{}, Known: jsonExtent(c.Known), Controls: []jsonControl{}, Cells: []jsonRow{}, Missing: []jsonMissing{},
		Warnings: append([]string{}, c.Warnings...),
	}
	if c.Together != nil {
		document.Together = (*jsonTogether)(c.Together)
	}
	if c.Gate != nil {
		document.Gate = (*jsonGate)(c.Gate)
	}
	for _, d := range c.Environment {
		document.Environment = append(document.Environment, jsonDifference(d))
	}
	for _, control := range c.Controls {
		document.Controls = append(document.Controls, jsonControl{
			control.Name, control.SizeBytes, control.CPUs, control.NewValue, control.Old, control.New,
			jsonOf(control.Effect), results.Known(control.P),
		})
	}
	for _, row := range c.Rows {
		document.Cells = append(document.Cells, row.json(c))
	}
	for _, m := range c.Missing {
		document.Missing = append(document.Missing, jsonMissing(m))
	}
	return document
}

func (r Row) json(c Comparison) jsonRow {
	row := jsonRow{
		Cell: r.Cell, OldValue: r.OldValue, NewValue: r.NewValue, Metric: r.Metric, Deciding: r.Deciding,
		OldMedian: results.Known(r.Old.Median), NewMedian: results.Known(r.New.Median), OldN: r.Old.N, NewN: r.New.N,
		jsonEffect: jsonOf(r.Effect), P: results.Known(r.Corrected), PUncorrected: results.Known(r.P),
		Verdict: r.Verdict, Because: r.Because, Replicate: c.Replicate,
		ChangeLoUncorrected: results.Known(r.Own.Lo), ChangeHiUncorrected: results.Known(r.Own.Hi), ChangeLevel: results.Known(r.level(c.Options)),
	}
	if r.Verdict == Same {
		row.Within = &r.Within
	}
	return row
}

func jsonOf(e effect.Effect) jsonEffect {
	return jsonEffect{results.Known(e.Change), results.Known(e.Lo), results.Known(e.Hi)}
}

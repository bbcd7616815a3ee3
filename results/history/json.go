package history

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"ipcbench/results"
	"ipcbench/results/compare"
)

// WriteJSON writes the history for programs. Runs are told by their places in
// "runs", from 0; a change as a ratio minus 1. What is not known is null.
func WriteJSON(w io.Writer, h History) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(h.json()); err != nil {
		return fmt.Errorf("json: %w", err)
	}
	return nil
}

type jsonHistory struct {
	Headline     string       `json:"headline"`
	Setting      string       `json:"setting"`
	Alpha        float64      `json:"alpha"`
	Looks        int          `json:"looks"`         // how many tests p is corrected for
	LeastSegment int          `json:"least_segment"` // runs between two changes
	Runs         []jsonRun    `json:"runs"`          // in the order in which they started
	Changes      []jsonChange `json:"changes"`       // in the order of the runs
	Series       []jsonSeries `json:"series"`        // every result that was followed
	Floors       []jsonFloor  `json:"floors"`
	Warnings     []string     `json:"warnings"`
}

type jsonRun struct {
	Name    string    `json:"name"`
	Started time.Time `json:"started,omitzero"`
}

// jsonChange is a [Change]: the first run of the new level is "run".
type jsonChange struct {
	Cell        results.Cell     `json:"cell"`
	Metric      string           `json:"metric"`
	Run         string           `json:"run"`
	Index       int              `json:"index"` // its place in "runs"
	Started     time.Time        `json:"started,omitzero"`
	RunBefore   string           `json:"run_before"` // the last of the old level
	Verdict     compare.Verdict  `json:"verdict"`    // faster, slower, machine-changed
	Because     string           `json:"because,omitempty"`
	Environment []jsonDifference `json:"environment"`
	jsonStep
}

type jsonStep struct {
	OldMedian    float64  `json:"old_median"` // over the runs of the segment
	NewMedian    float64  `json:"new_median"`
	Change       *float64 `json:"change"`
	ChangeLo     *float64 `json:"change_lo"` // of 95 %, of this change by itself
	ChangeHi     *float64 `json:"change_hi"`
	P            *float64 `json:"p"` // corrected for "looks"
	PUncorrected *float64 `json:"p_uncorrected"`
}

type jsonDifference struct {
	Key    string `json:"key"`
	Old    string `json:"old"` // in the run before
	New    string `json:"new"`
	Varies bool   `json:"varies"` // it is not the same in all of a segment either
}

type jsonSeries struct {
	Cell     results.Cell  `json:"cell"`
	Metric   string        `json:"metric"`
	Deciding bool          `json:"deciding"` // on the cell
	Points   []jsonPoint   `json:"points"`   // of the runs that have it
	Segments []jsonSegment `json:"segments"`
}

type jsonFloor struct {
	Floor     string          `json:"floor"`
	SizeBytes int             `json:"size_bytes,omitempty"`
	CPUs      []int           `json:"cpus,omitempty"`
	Points    []jsonPoint     `json:"points"`
	Segments  []jsonSegment   `json:"segments"`
	Changes   []jsonFloorStep `json:"changes"`
}

type jsonFloorStep struct {
	Run   string `json:"run"`
	Index int    `json:"index"`
	jsonStep
}

type jsonPoint struct {
	Index    int      `json:"index"` // of the run
	Median   float64  `json:"median"`
	Lo       *float64 `json:"lo"`
	Hi       *float64 `json:"hi"`
	Launches int      `json:"launches"` // of a floor: samples
}

type jsonSegment struct {
	FirstIndex int     `json:"first_index"` // of the runs that it is of
	LastIndex  int     `json:"last_index"`
	Runs       int     `json:"runs"`
	Median     float64 `json:"median"`
}

func (h History) json() jsonHistory {
	document := jsonHistory{
		Headline: h.Headline, Setting: h.Setting, Alpha: h.Options.Alpha, Looks: h.Looks, LeastSegment: LeastSegment,
		Runs: []jsonRun{}, Changes: []jsonChange{}, Series: []jsonSeries{}, Floors: []jsonFloor{}, Warnings: append([]string{}, h.Warnings...),
	}
	for _, run := range h.Runs {
		document.Runs = append(document.Runs, jsonRun(run))
	}
	for _, f := range h.Findings() {
		change := jsonChange{
			Cell: f.Cell, Metric: f.Metric, Run: h.Runs[f.After].Name, Index: f.After, Started: h.Runs[f.After].Started, RunBefore: h.Runs[f.Before].Name,
			Verdict: f.Verdict, Because: f.Because, Environment: []jsonDifference{}, jsonStep: f.step(),
		}
		for _, d := range f.Environment {
			change.Environment = append(change.Environment, jsonDifference{d.Key, d.Old, d.New, d.Varies})
		}
		document.Changes = append(document.Changes, change)
	}
	for _, s := range h.Series {
		document.Series = append(document.Series, jsonSeries{s.Cell, s.Metric, s.Deciding, s.points(), s.segments()})
	}
	for _, f := range h.Floors {
		floor := jsonFloor{f.Name, f.SizeBytes, f.CPUs, f.points(), f.segments(), []jsonFloorStep{}}
		for _, c := range f.Changes {
			floor.Changes = append(floor.Changes, jsonFloorStep{h.Runs[c.After].Name, c.After, c.step()})
		}
		document.Floors = append(document.Floors, floor)
	}
	return document
}

func (c Change) step() jsonStep {
	return jsonStep{
		c.Old, c.New, results.Known(c.Effect.Change), results.Known(c.Own.Lo), results.Known(c.Own.Hi), results.Known(c.Corrected), results.Known(c.P),
	}
}

func (c Course) points() []jsonPoint {
	list := []jsonPoint{}
	for _, p := range c.Points {
		list = append(list, jsonPoint{p.Run, p.Median, results.Known(p.Lo), results.Known(p.Hi), p.Launches})
	}
	return list
}

func (c Course) segments() []jsonSegment {
	list := []jsonSegment{}
	for _, s := range c.Segments {
		list = append(list, jsonSegment{c.Points[s.From].Run, c.Points[s.To-1].Run, s.To - s.From, s.Median})
	}
	return list
}

package experiment

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"ipcbench/internal/folder"
)

// A Record is what became of an experiment: experiment.json in its directory, beside
// the directories of its runs.
type Record struct {
	Name     string          `json:"name"`
	Run      []string        `json:"run"`
	Rounds   int             `json:"rounds"`
	Started  time.Time       `json:"started"`
	Ended    time.Time       `json:"ended,omitzero"`
	CutShort string          `json:"cut_short,omitempty"` // what ended it before all of its turns
	Variants []VariantRecord `json:"variants"`
	Turns    []TurnRecord    `json:"turns"` // in the order of time
}

// A VariantRecord is what one of the variants was.
type VariantRecord struct {
	Name       string    `json:"name"`
	Filesystem string    `json:"filesystem,omitempty"`
	Knobs      []Setting `json:"knobs,omitempty"`
	Skipped    string    `json:"skipped,omitempty"` // why it cannot be made here
}

// A TurnRecord is what became of a variant in a round.
type TurnRecord struct {
	Round   int    `json:"round"`
	Variant string `json:"variant"`
	Run     string `json:"run"` // the directory of its run, in that of the experiment
	Failed  string `json:"failed,omitempty"`
}

// recordFile is its name.
const recordFile = "experiment.json"

// Runs are the directories of the variant's runs, in the order of time, below that of
// the experiment: those that did not fail.
func (r Record) Runs(variant string) []string {
	var runs []string
	for _, t := range r.Turns {
		if t.Variant == variant && t.Failed == "" {
			runs = append(runs, t.Run)
		}
	}
	return runs
}

// Variant is what the one of that name was.
func (r Record) Variant(name string) VariantRecord {
	for _, v := range r.Variants {
		if v.Name == name {
			return v
		}
	}
	return VariantRecord{}
}

// write replaces the record, whole or not at all.
func (r Record) write(dir string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	f, err := folder.Open(dir)
	if err != nil {
		return fmt.Errorf("experiment: open %s: %w", dir, err)
	}
	defer f.Close()
	return f.Replace(recordFile, func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
}

// Failed is how many turns did.
func (r Record) Failed() int {
	n := 0
	for _, t := range r.Turns {
		if t.Failed != "" {
			n++
		}
	}
	return n
}

package experiment

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"ipcbench/internal/folder"
	"ipcbench/internal/quote"
	"ipcbench/results"
)

// A Record is what became of an experiment: experiment.json in its directory, beside
// the directories of its runs.
type Record struct {
	Name     string          `json:"name"`
	Question string          `json:"question,omitempty"` // that it is to answer
	About    string          `json:"about,omitempty"`    // what helps to read the answer
	File     string          `json:"file,omitempty"`     // that it was read from, without its directory
	Text     string          `json:"text,omitempty"`     // of that file
	Run      []string        `json:"run"`
	Rounds   int             `json:"rounds"`
	Started  time.Time       `json:"started"`
	Ended    time.Time       `json:"ended,omitzero"`
	CutShort string          `json:"cut_short,omitempty"` // what ended it before all of its turns
	Variants []VariantRecord `json:"variants"`            // two or more
	Turns    []TurnRecord    `json:"turns"`               // in the order of time
}

// A VariantRecord is what one of the variants was.
type VariantRecord struct {
	Name       string    `json:"name"`
	Filesystem string    `json:"filesystem,omitempty"`
	Knobs      []Setting `json:"knobs,omitempty"`
	Steps      []string  `json:"steps,omitempty"`   // that were to be taken for it in each round: commands, mostly
	Skipped    string    `json:"skipped,omitempty"` // why it cannot be made here
}

// A Setting is a knob and the value that it is to have.
type Setting struct{ Knob, Value string }

// A TurnRecord is what became of a variant in a round.
type TurnRecord struct {
	Round   int    `json:"round"`
	Variant string `json:"variant"`
	Run     string `json:"run"` // the directory of its run, in that of the experiment
	Failed  string `json:"failed,omitempty"`
}

// RecordFile is its name.
const RecordFile = "experiment.json"

// Read reads the record in the directory of an experiment. Its error is fs.ErrNotExist
// where there is none.
func Read(in *folder.Folder) (Record, error) {
	path := filepath.Join(in.Path(), RecordFile)
	text, err := in.Read(RecordFile, results.Bounds.RunBytes)
	if err != nil {
		return Record{}, fmt.Errorf("experiment: read %s: %w", path, err)
	}
	var r Record
	if err := json.Unmarshal(text, &r); err != nil {
		return Record{}, fmt.Errorf("experiment: %s: %w", path, err)
	}
	if err := r.check(); err != nil {
		return Record{}, fmt.Errorf("experiment: %s: not an experiment: %w", path, err)
	}
	r.quote()
	return r, nil
}

// check refuses what no experiment can have written, as the name of a variant that
// leads out of the directory.
func (r Record) check() error {
	switch {
	case len(r.Variants) < 2:
		return errors.New("it has no two variants")
	case len(r.Variants) > results.Bounds.List || len(r.Turns) > results.Bounds.Runs:
		return errors.New("it has more variants or runs than are read")
	}
	names := []string{}
	for _, v := range r.Variants {
		names = append(names, v.Name)
	}
	for _, t := range r.Turns {
		names = append(names, t.Run)
	}
	for _, name := range names {
		if name == "" || len(name) > results.Bounds.Name || name != filepath.Base(name) || !filepath.IsLocal(name) {
			return fmt.Errorf("%q can be no name of a variant, nor of a run's directory", name)
		}
	}
	return nil
}

// quote makes the texts harmless, as those of a run are.
func (r *Record) quote() {
	line := func(texts ...*string) {
		for _, text := range texts {
			*text = quote.Line(*text)
		}
	}
	line(&r.Name, &r.Question, &r.File)
	lines := func(texts ...*string) {
		for _, text := range texts {
			*text = quote.Lines(*text)
		}
	}
	lines(&r.About, &r.Text, &r.CutShort)
	for i := range r.Run {
		line(&r.Run[i])
	}
	for i := range r.Variants {
		v := &r.Variants[i]
		line(&v.Name, &v.Filesystem)
		lines(&v.Skipped)
		for j := range v.Knobs {
			line(&v.Knobs[j].Knob, &v.Knobs[j].Value)
		}
		for j := range v.Steps {
			line(&v.Steps[j])
		}
	}
	for i := range r.Turns {
		line(&r.Turns[i].Variant, &r.Turns[i].Run)
		lines(&r.Turns[i].Failed)
	}
}

// Write replaces the record in a directory, whole or not at all.
func (r Record) Write(dir string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	f, err := folder.Open(dir)
	if err != nil {
		return fmt.Errorf("experiment: open %s: %w", dir, err)
	}
	defer f.Close()
	return f.Replace(RecordFile, func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
}

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

// Took is how long it was, 0 where that is not known.
func (r Record) Took() time.Duration {
	if r.Started.IsZero() || r.Ended.IsZero() {
		return 0
	}
	return r.Ended.Sub(r.Started).Round(time.Second)
}

// Order is the variants in the order of time, a round at a time: "A B C, C A B".
func (r Record) Order() string {
	var b strings.Builder
	for i, t := range r.Turns {
		switch {
		case i == 0:
		case t.Round != r.Turns[i-1].Round:
			b.WriteString(", ")
		default:
			b.WriteString(" ")
		}
		b.WriteString(t.Variant)
	}
	return b.String()
}

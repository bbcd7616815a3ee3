package experiment

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"ipcbench/internal/lab"
	"ipcbench/results/experiment"
)

// A Carrier carries an experiment out.
type Carrier struct {
	Experiment
	Parent  string    // directory in which that of the experiment is made
	Destroy bool      // what is on a device that a variant names may be lost
	Say     io.Writer // is told what comes next, a line each

	Expected time.Duration // that all of it takes; 0 or less: nobody knows

	// Between is told what there is, after each turn that another follows; nil: nobody is.
	Between func(context.Context, experiment.Record)

	dir     string       // of the experiment
	at      string       // where its filesystems are mounted
	journal *lab.Journal // what is changed of this machine
	record  experiment.Record
	setUp   map[string]bool // variants whose Setup has been run
	resumed bool            // the record is one that was there
}

// Path is the directory of the experiment.
func (c *Carrier) Path() string { return filepath.Join(c.Parent, c.Name) }

// Carry makes and measures every variant in every round. What is finished is on disk
// whatever happens to the rest, and this machine is put back as it was. A variant that
// cannot be made here is left out, with its reason in the record; without the first of
// them there is nothing to compare with, and that is an error.
func (c *Carrier) Carry(ctx context.Context) (record experiment.Record, err error) {
	if err := c.possible(); err != nil {
		return c.record, err
	}
	if c.journal, err = lab.OpenJournal(lab.JournalDir); err != nil {
		return c.record, err
	}
	defer func() { err = errors.Join(err, c.journal.Close()) }()
	if err := c.begin(); err != nil {
		return c.record, err
	}
	err = c.turns(ctx)
	return c.record, errors.Join(err, c.end(err))
}

// newRecord is that of an experiment which begins now.
func (c *Carrier) newRecord() experiment.Record {
	r := experiment.Record{
		Name: c.Name, Question: c.Question, About: c.About, File: c.File, Text: c.Text,
		Run: c.Run, Rounds: c.Rounds, Started: time.Now().UTC(),
	}
	for _, v := range c.Variants {
		r.Variants = append(r.Variants, experiment.VariantRecord{
			Name: v.Name, Filesystem: v.Filesystem, Knobs: v.Knobs, Steps: v.Steps(c.Run, c.Destroy),
		})
	}
	return r
}

// possible finds out which variants can be made, before anything is touched.
func (c *Carrier) possible() error {
	c.record = c.newRecord()
	missing := c.Missing()
	for i, v := range c.record.Variants {
		if why := missing[v.Name]; why != nil {
			c.record.Variants[i].Skipped = why.Error()
		}
	}
	first := c.Variants[0].Name
	if why := missing[first]; why != nil {
		return fmt.Errorf("variant %s, with which the others are compared, cannot be made here: %w", first, why)
	}
	if len(missing) == len(c.Variants)-1 {
		return fmt.Errorf("nothing can be compared with %s: variant %s cannot be made here: %w", first, c.Variants[1].Name, missing[c.Variants[1].Name])
	}
	return nil
}

func (c *Carrier) begin() error {
	c.setUp, c.dir = map[string]bool{}, c.Path()
	if err := os.MkdirAll(c.Parent, 0o755); err != nil {
		return fmt.Errorf("make the directory of results: %w", err)
	}
	err := os.Mkdir(c.dir, 0o755)
	switch {
	case err == nil || c.resumed:
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s is there already: choose another --out, or another name in the file", c.dir)
	default:
		return fmt.Errorf("make the directory of the experiment: %w", err)
	}
	c.at = filepath.Join(c.dir, "mnt")
	if err := os.MkdirAll(c.at, 0o755); err != nil {
		return fmt.Errorf("make a directory to mount on: %w", err)
	}
	return c.record.Write(c.dir)
}

func (c *Carrier) end(cause error) error {
	c.record.Ended = time.Now().UTC()
	if cause != nil {
		c.record.CutShort = cause.Error()
	}
	return errors.Join(os.Remove(c.at), c.record.Write(c.dir))
}

// turns carries out those of the variants that can be made.
func (c *Carrier) turns(ctx context.Context) error {
	var all []Turn
	for _, t := range c.Turns() {
		if c.record.Variant(t.Name).Skipped == "" {
			all = append(all, t)
		}
	}
	began := time.Now()
	for i, t := range all {
		if i > 0 && c.Between != nil {
			c.Between(ctx, c.record)
		}
		left := c.Expected
		if i > 0 {
			left = time.Since(began) / time.Duration(i) * time.Duration(len(all)-i)
		}
		fmt.Fprintf(c.Say, "%d of %d: round %d, %s", i+1, len(all), t.Round, t.Name)
		if left > 0 {
			fmt.Fprintf(c.Say, ", about %s left", left.Round(time.Second))
		}
		fmt.Fprintln(c.Say)
		if err := c.take(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// take carries out a turn and keeps what became of it. One that failed is a record; an
// error is that there is none.
func (c *Carrier) take(ctx context.Context, t Turn) error {
	outcome := experiment.TurnRecord{Round: t.Round, Variant: t.Name, Run: t.RunName()}
	err := c.turn(ctx, t)
	if ctx.Err() != nil {
		return errors.Join(ctx.Err(), err)
	}
	if err != nil {
		outcome.Failed = err.Error()
		fmt.Fprintf(c.Say, "  failed: %v\n", err)
	}
	c.record.Turns = append(c.record.Turns, outcome)
	return c.record.Write(c.dir)
}

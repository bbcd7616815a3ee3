package experiment

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"ipcbench/internal/folder"
	"ipcbench/internal/lab"
	"ipcbench/results"
	"ipcbench/results/experiment"
)

// Next carries out one turn: the one after those that the directory of the experiment
// has, which is made with the first. So a machine can be booted anew between two. It
// returns the turn that follows, nil after the last. Where the turn needs another
// kernel than this one, that is an error which says so, and nothing was done.
func (c *Carrier) Next(ctx context.Context) (record experiment.Record, following *Turn, err error) {
	turns := c.Turns()
	if err := c.resume(); err != nil {
		return c.record, nil, err
	}
	done := len(c.record.Turns)
	if done >= len(turns) {
		return c.record, nil, nil
	}
	t := turns[done]
	if err := t.Boot.isRunning(); err != nil {
		return c.record, &t, fmt.Errorf("round %d, %s: %w", t.Round, t.Name, err)
	}
	if c.journal, err = lab.OpenJournal(lab.JournalDir); err != nil {
		return c.record, &t, err
	}
	defer func() { err = errors.Join(err, c.journal.Close()) }()
	if err := c.begin(); err != nil {
		return c.record, &t, err
	}
	if err := c.setAside(t); err != nil {
		return c.record, &t, err
	}
	fmt.Fprintf(c.Say, "%d of %d: round %d, %s\n", done+1, len(turns), t.Round, t.Name)
	if err := c.take(ctx, t); err != nil {
		return c.record, &t, errors.Join(err, c.end(err))
	}
	if done+1 == len(turns) {
		return c.record, nil, c.end(nil)
	}
	return c.record, &turns[done+1], os.Remove(c.at)
}

// setAside makes room for a turn that a lost machine cut short: its run is in the way,
// and no turn of the record. What was measured in it stays, in a folder beside the
// runs, where nobody takes it for one of them.
func (c *Carrier) setAside(t Turn) error {
	run := filepath.Join(c.dir, t.RunName())
	if !isThere(run) {
		return nil
	}
	aside := filepath.Join(c.dir, results.CutShort)
	err := os.MkdirAll(aside, 0o755)
	if err == nil {
		aside, err = os.MkdirTemp(aside, t.RunName()+"-")
	}
	if err == nil {
		aside = filepath.Join(aside, t.RunName())
		err = os.Rename(run, aside)
	}
	if err != nil {
		return fmt.Errorf("%s is of a turn that was cut short, and stays in the way: %w: move it away", run, err)
	}
	fmt.Fprintf(c.Say, "round %d, %s, was cut short, and is measured again: what there is of it is in %s\n", t.Round, t.Name, aside)
	return nil
}

// resume reads the record of what was done, where there is one.
func (c *Carrier) resume() error {
	f, err := folder.Open(c.Path())
	if errors.Is(err, fs.ErrNotExist) {
		c.record = c.newRecord()
		return nil
	}
	if err != nil {
		return fmt.Errorf("experiment: open %s: %w", c.Path(), err)
	}
	defer f.Close()
	if c.record, err = experiment.Read(f); err != nil {
		return fmt.Errorf("%s is no experiment that can be gone on with: %w: choose another name, or --out", c.Path(), err)
	}
	same := c.record.Rounds == c.Rounds && slices.Equal(c.record.Run, c.Run) &&
		slices.EqualFunc(c.record.Variants, c.Variants, func(r experiment.VariantRecord, v Variant) bool { return r.Name == v.Name })
	if !same {
		return fmt.Errorf("%s is of an experiment with other variants, rounds or words: choose another name, or --out", c.Path())
	}
	c.resumed = true
	return nil
}

// isRunning says what is running instead, or nil.
func (b Boot) isRunning() error {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return fmt.Errorf("uname: %w", err)
	}
	release := unix.ByteSliceToString(name.Release[:])
	line, _ := os.ReadFile("/proc/cmdline")
	words := strings.Fields(string(line))
	is := true
	if b.Kernel != "" {
		is, _ = filepath.Match(b.Kernel, release) // which was checked as it was read
	}
	for _, word := range strings.Fields(b.Cmdline) {
		is = is && slices.Contains(words, word)
	}
	if !is {
		return fmt.Errorf("boot %s: this is %s", b, release)
	}
	return nil
}

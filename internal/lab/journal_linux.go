package lab

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// JournalDir is where the journal of what was changed lies. Values of the kernel and
// control groups end with a reboot, and so may their journal: where /run is kept on a
// disk, one of an earlier boot is known by its id and means nothing.
const JournalDir = "/run/ipcbench"

// ErrLeft is that an experiment was killed and what it changed is not put back.
var ErrLeft = errors.New("an experiment was killed, and what it changed is not put back: ipcbench experiment --restore")

// A Journal is what an experiment changed and has not put back. An entry is on the disk
// before its change is made, so that whatever ends the process, another can put it back
// ([PutBack]). There is one on a machine at a time.
type Journal struct {
	dir     *os.File // locked: the kernel unlocks it with the process, however that ends
	file    *os.File // nil: nothing is recorded any more
	head    int64    // bytes of the header
	entries []entry
}

// An entry is how one change is undone: a knob is set, or a control group removed.
type entry struct {
	Knob  *Knob  `json:"knob,omitempty"`
	Group string `json:"group,omitempty"` // its directory
}

// OpenJournal begins a journal in dir. It is an error while another process has one
// there, and ErrLeft where one was left.
func OpenJournal(dir string) (*Journal, error) {
	locked, left, err := lock(dir)
	if err != nil {
		return nil, err
	}
	if len(left) > 0 {
		locked.Close()
		return nil, ErrLeft
	}
	j := &Journal{dir: locked}
	if err := j.begin(); err != nil {
		locked.Close()
		return nil, fmt.Errorf("journal in %s: %w: make it writable, or free some space", dir, cause(err))
	}
	return j, nil
}

// PutBack puts back what a process that was killed left changed, and says what in
// words. Nothing left is nothing to do.
func PutBack(dir string) (done []string, err error) {
	locked, left, err := lock(dir)
	if errors.Is(err, unix.ENOENT) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, e := range left {
		done = append(done, e.String())
	}
	slices.Reverse(done)
	j := &Journal{dir: locked, entries: left}
	return done, j.Close()
}

// Set sets knobs, each after its value of now was written down. In the end all are read
// once more: setting one may change another. Where something is an error the entries
// stay, and Restore puts back what came of it.
func (j *Journal) Set(knobs ...Knob) error {
	for _, k := range knobs {
		if err := j.set(k); err != nil {
			return err
		}
	}
	for _, k := range knobs {
		if err := k.check(); err != nil {
			return err
		}
	}
	return nil
}

func (j *Journal) set(k Knob) error {
	undo, err := k.undo()
	if err != nil {
		return err
	}
	if err := j.record(entry{Knob: &undo}); err != nil {
		return fmt.Errorf("knob %s: not set: %w", k.Path, err)
	}
	return k.Set()
}

// Restore undoes all that was recorded, the last change first. What cannot be undone is
// an error, does not keep the rest from it, and stays in the journal.
func (j *Journal) Restore() error {
	var failed error
	var kept []entry
	for _, e := range slices.Backward(j.entries) {
		if err := e.undo(); err != nil {
			failed = both(failed, fmt.Errorf("put back: %w", err))
			kept = append(kept, e)
		}
	}
	slices.Reverse(kept)
	j.entries = kept
	if len(kept) > 0 {
		return fmt.Errorf("%w (%s/%s has what is left to do; remove it if that is in order)", failed, j.dir.Name(), journalName)
	}
	if j.file == nil {
		return nil
	}
	return j.cut(j.head) // which needs no space
}

// cut takes what is behind size bytes out of the file.
func (j *Journal) cut(size int64) error {
	err := j.file.Truncate(size)
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("journal %s: %w", j.path(), cause(err))
	}
	return nil
}

// Close puts everything back, and unlocks.
func (j *Journal) Close() error {
	err := j.Restore()
	if j.file != nil {
		j.file.Close()
	}
	if err == nil {
		err = remove(j.path(), j.path()+newSuffix)
	}
	j.dir.Close()
	return err
}

// remove removes files, of which none need be there.
func remove(paths ...string) error {
	for _, path := range paths {
		if err := os.Remove(path); err != nil && !errors.Is(err, unix.ENOENT) {
			return err
		}
	}
	return nil
}

func (j *Journal) path() string { return filepath.Join(j.dir.Name(), journalName) }

// begin makes the file anew, with nothing to put back. The directory is locked, and so
// nobody else does. It is moved to its place whole.
func (j *Journal) begin() error {
	part := j.path() + newSuffix
	file, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	if err := writeLine(file, header{bootID(), os.Getpid()}); err != nil {
		file.Close()
		return err
	}
	if err := os.Rename(part, j.path()); err != nil {
		file.Close()
		return err
	}
	j.file = file
	if j.head, err = file.Seek(0, io.SeekEnd); err != nil {
		return err
	}
	return j.dir.Sync()
}

// record has an entry on the disk before it returns.
func (j *Journal) record(e entry) error {
	before, err := j.file.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("journal %s: %w", j.path(), cause(err))
	}
	if err := writeLine(j.file, e); err != nil {
		err = fmt.Errorf("journal %s: %w: free some space", j.path(), cause(err))
		return both(err, j.cut(before)) // of the half of a line
	}
	j.entries = append(j.entries, e)
	return nil
}

// both is two errors, of which either may be nil, in one line.
func both(a, b error) error {
	if a == nil || b == nil {
		return errors.Join(a, b)
	}
	return fmt.Errorf("%w; %w", a, b)
}

// undo undoes one change. What is gone altogether needs no undoing.
func (e entry) undo() error {
	var err error
	switch {
	case e.Group != "":
		err = removeGroup(e.Group)
	case e.Knob != nil:
		err = e.Knob.Set()
	}
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	return err
}

// String is what undo does, in words.
func (e entry) String() string {
	if e.Group != "" {
		return "remove the control group " + e.Group
	}
	return e.Knob.String()
}

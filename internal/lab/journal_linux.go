package lab

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// JournalDir is where the journal of what was changed lies. Values of the kernel and
// control groups end with a reboot, and so may their journal: where /run is kept on a
// disk, one of an earlier boot is known by its id and means nothing.
const JournalDir = "/run/ipcbench"

// The file in there, and what its name ends in while it is made.
const (
	journalName = "changes.jsonl"
	newSuffix   = ".part"
)

// ErrLeft is that an experiment was killed and what it changed is not put back.
var ErrLeft = errors.New("an experiment was killed, and what it changed is not put back: ipcbench experiment --restore")

// A Journal is what an experiment changed and has not put back. An entry is on the disk
// before its change is made, so that whatever ends the process, another can put it back
// ([PutBack]). There is one on a machine at a time.
type Journal struct {
	dir     *os.File // locked: the kernel unlocks it with the process, however that ends
	file    *os.File
	entries []entry
}

// An entry is how one change is undone: a knob is set, or a control group removed.
type entry struct {
	Knob  *Knob  `json:"knob,omitempty"`
	Group string `json:"group,omitempty"` // its directory
}

// A header is the first line of the file.
type header struct {
	Boot string `json:"boot"` // /proc/sys/kernel/random/boot_id
	PID  int    `json:"pid"`
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

// Set has the knob's value of now written down, and then sets it. Where that is an
// error the entry stays, and Restore puts back what came of it.
func (j *Journal) Set(k Knob) error {
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
	var failed []error
	var kept []entry
	for _, e := range slices.Backward(j.entries) {
		if err := e.undo(); err != nil {
			failed = append(failed, fmt.Errorf("put back: %w", err))
			kept = append(kept, e)
		}
	}
	slices.Reverse(kept)
	j.entries = kept
	if len(kept) > 0 {
		return fmt.Errorf("%w (%s/%s has what is left to do; remove it if that is in order)", errors.Join(failed...), j.dir.Name(), journalName)
	}
	if j.file == nil {
		return nil
	}
	return j.begin()
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
	if j.file != nil {
		j.file.Close()
	}
	j.file = file
	return j.dir.Sync()
}

// record has an entry on the disk before it returns.
func (j *Journal) record(e entry) error {
	if err := writeLine(j.file, e); err != nil {
		return fmt.Errorf("journal %s: %w: free some space", j.path(), cause(err))
	}
	j.entries = append(j.entries, e)
	return nil
}

// writeLine writes a line of JSON, and syncs.
func writeLine(file *os.File, value any) error {
	line, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if _, err := file.Write(append(line, '\n')); err != nil {
		return err
	}
	return file.Sync()
}

// lock opens the directory of the journal, which is made where it is missing, and locks
// it. It returns what was left there.
func lock(dir string) (*os.File, []entry, error) {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, nil, fmt.Errorf("journal in %s: %w: be root", dir, cause(err))
	}
	locked, err := os.OpenFile(dir, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("journal in %s: %w: be root", dir, cause(err))
	}
	left, err := lockedEntries(locked)
	if err != nil {
		locked.Close()
	}
	return locked, left, err
}

func lockedEntries(dir *os.File) ([]entry, error) {
	var stat unix.Stat_t
	if err := unix.Fstat(int(dir.Fd()), &stat); err != nil {
		return nil, err
	}
	if int(stat.Uid) != os.Geteuid() || stat.Mode&0o022 != 0 {
		return nil, fmt.Errorf("journal in %s: another user may write there: chown and chmod 700 it, or remove it", dir.Name())
	}
	path := filepath.Join(dir.Name(), journalName)
	err := unix.Flock(int(dir.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		head, _, _ := readJournal(path)
		return nil, fmt.Errorf("another experiment (process %d) changes this machine: wait for its end", head.PID)
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", dir.Name(), err)
	}
	head, entries, err := readJournal(path)
	if head.Boot != bootID() {
		entries = nil
	}
	return entries, err
}

// readJournal reads what a journal has. A last line without its end is of a change
// that was never made.
func readJournal(path string) (head header, entries []entry, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, unix.ENOENT) {
		return head, nil, nil
	}
	if err != nil {
		return head, nil, fmt.Errorf("journal %s: %w", path, cause(err))
	}
	whole := text[:bytes.LastIndexByte(text, '\n')+1]
	for i, line := range slices.Collect(bytes.Lines(whole)) {
		var e entry
		into := any(&e)
		if i == 0 {
			into = &head
		}
		if err := json.Unmarshal(line, into); err != nil {
			return head, entries, fmt.Errorf("journal %s, line %d: %w: put back by hand what it says, and remove it", path, i+1, err)
		}
		if i > 0 {
			entries = append(entries, e)
		}
	}
	return head, entries, nil
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

func bootID() string {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(id))
}

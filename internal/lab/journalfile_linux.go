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

// The file in there, and what its name ends in while it is made.
const (
	journalName = "changes.jsonl"
	newSuffix   = ".part"
)

// A header is the first line of the file.
type header struct {
	Boot string `json:"boot"` // /proc/sys/kernel/random/boot_id
	PID  int    `json:"pid"`
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

func bootID() string {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(id))
}

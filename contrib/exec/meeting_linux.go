package exec

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// A meeting is the directory in which the two programs find each other: an address, a
// file to map. Its maker holds a lock on it, and so whoever makes the next one can tell
// those whose makers have been killed, and removes them.
type meeting struct {
	path string
	lock *os.File
}

const meetings = "ipcbench-exec-"

func newMeeting() (*meeting, error) {
	within := inMemory()
	removeForsaken(within)
	path, err := os.MkdirTemp(within, meetings)
	if err != nil {
		return nil, err
	}
	lock, err := locked(path)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.EWOULDBLOCK) {
		return newMeeting() // another took it for one of those, before it was locked
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	return &meeting{path, lock}, nil
}

// inMemory is a directory of a filesystem in memory, or that of temporary files: what
// programs map of its files is memory and no more.
func inMemory() string {
	const shm = "/dev/shm"
	if stat, err := os.Stat(shm); err == nil && stat.IsDir() {
		return shm
	}
	return os.TempDir()
}

// locked opens a directory that nobody else has a lock on, and takes it.
func locked(path string) (*os.File, error) {
	dir, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(dir.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(&os.PathError{Op: "flock", Path: path, Err: err}, dir.Close())
	}
	return dir, nil
}

func removeForsaken(within string) {
	paths, _ := filepath.Glob(filepath.Join(within, meetings+"*"))
	for _, path := range paths {
		if lock, err := locked(path); err == nil {
			os.RemoveAll(path) // of another user's, an error that means nothing
			lock.Close()
		}
	}
}

// Close removes the directory and all that is in it.
func (m *meeting) Close() error {
	err := os.RemoveAll(m.path)
	if closed := m.lock.Close(); !errors.Is(closed, os.ErrClosed) {
		err = errors.Join(err, closed)
	}
	return err
}

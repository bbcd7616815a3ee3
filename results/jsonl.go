package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"

	"ipcbench/internal/folder"
)

// A record is a file to which launches are appended, one a line. What was
// appended is on the disk.
type record struct {
	folder *folder.Folder
	name   string
	file   *os.File
	whole  int64       // bytes of whole lines in it
	sum    hash.Hash64 // of those
}

func createRecord(f *folder.Folder, name string) (*record, error) {
	file, err := f.Append(name)
	if err != nil {
		return nil, fmt.Errorf("run directory: create %s: %w: choose another place with --out", filepath.Join(f.Path(), name), err)
	}
	return &record{folder: f, name: name, file: file, sum: fnv.New64a()}, nil
}

// append adds the launch. After an error the record is as it was before.
func (r *record) append(launch Launch) error {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	err := launch.check() // what is not read again is not written either
	if err == nil {
		err = encoder.Encode(launch)
	}
	if err != nil {
		return fmt.Errorf("run directory: record launch %d of %s: %w", launch.Launch, launch.Transport, err)
	}
	if err := r.isOurs(); err != nil {
		return err
	}
	_, err = r.file.Write(line.Bytes())
	if err == nil {
		err = r.file.Sync()
	}
	if err != nil {
		// Half a line here would make the ones after it unreadable. Where it
		// cannot be taken back either, the first error still tells why.
		r.file.Truncate(r.whole)
		return fmt.Errorf("run directory: append to %s: %w", r.path(), folder.Cause(err))
	}
	r.whole += int64(line.Len())
	r.sum.Write(line.Bytes())
	return nil
}

func (r *record) path() string { return filepath.Join(r.folder.Path(), r.name) }

// isOurs finds that somebody else cut the record, wrote to it or put another in
// its place. What they changed without changing its length, close finds.
func (r *record) isOurs() error {
	info, err := r.file.Stat()
	switch {
	case err != nil:
		return fmt.Errorf("run directory: look at %s: %w", r.path(), folder.Cause(err))
	case !r.folder.Is(r.name, r.file):
		return fmt.Errorf("run directory: %s was removed or replaced by somebody else during the run: measure again", r.path())
	case info.Size() != r.whole:
		return fmt.Errorf("run directory: %s has %d bytes where %d were written: somebody else changed it during the run: measure again", r.path(), info.Size(), r.whole)
	}
	return nil
}

// close closes the record, where there is one, and says whether it still is what
// was appended.
func (r *record) close() error {
	if r == nil {
		return nil
	}
	err := r.isOurs()
	if err == nil {
		err = r.isUnchanged()
	}
	if failed := r.file.Close(); failed != nil {
		err = errors.Join(err, fmt.Errorf("run directory: close %s: %w", r.path(), folder.Cause(failed)))
	}
	return err
}

func (r *record) isUnchanged() error {
	file, err := r.folder.Open(r.name, r.whole)
	if err != nil {
		return fmt.Errorf("run directory: read %s: %w", r.path(), err)
	}
	defer file.Close()
	sum := fnv.New64a()
	if _, err := io.Copy(sum, file); err != nil {
		return fmt.Errorf("run directory: read %s: %w", r.path(), folder.Cause(err))
	}
	if sum.Sum64() != r.sum.Sum64() {
		return fmt.Errorf("run directory: %s does not have what was written to it: somebody else changed it during the run: measure again", r.path())
	}
	return nil
}

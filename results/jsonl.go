package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// A record is a file to which launches are appended, one a line. What was
// appended is on the disk.
type record struct {
	file  *os.File
	whole int64 // bytes of whole lines in it
}

func createRecord(path string) (*record, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, fmt.Errorf("run directory: create %s: %w: choose another place with --out", path, cause(err))
	}
	return &record{file: file}, nil
}

// append adds the launch. After an error the record is as it was before.
func (r *record) append(launch Launch) error {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(launch); err != nil {
		return fmt.Errorf("run directory: record launch %d of %s: %w", launch.Launch, launch.Transport, err)
	}
	_, err := r.file.Write(line.Bytes())
	if err == nil {
		err = r.file.Sync()
	}
	if err != nil {
		// Half a line here would make the ones after it unreadable. Where it
		// cannot be taken back either, the first error still tells why.
		r.file.Truncate(r.whole)
		return fmt.Errorf("run directory: append to %s: %w", r.file.Name(), cause(err))
	}
	r.whole += int64(line.Len())
	return nil
}

// close closes the record, where there is one.
func (r *record) close() error {
	if r == nil {
		return nil
	}
	if err := r.file.Close(); err != nil {
		return fmt.Errorf("run directory: close %s: %w", r.file.Name(), cause(err))
	}
	return nil
}

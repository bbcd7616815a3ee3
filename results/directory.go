package results

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// The files of a run directory that this package writes.
const (
	runFile      = "run.json"
	launchesFile = "launches.jsonl"
	whyFile      = "why.jsonl"
)

// A Directory is a run directory that is being written. What was appended
// outlives the end of the process and of the machine.
type Directory struct {
	path     string
	name     string
	launches *record
	why      *record // nil until there is something for it
}

// CreateDirectory makes a new directory for the run in parent, which is made
// too where it is missing, and writes what is known of the run into it. It has
// the run's name or, where that is "", one made up of the time and chance. A
// directory that is there is never written into: it is an error.
func CreateDirectory(parent string, run Run) (*Directory, error) {
	path, err := makeDirectory(parent, run)
	if err != nil {
		return nil, err
	}
	d := &Directory{path: path, name: filepath.Base(path)}
	if err := d.writeRun(run); err != nil {
		return nil, err
	}
	if d.launches, err = createRecord(filepath.Join(path, launchesFile)); err != nil {
		return nil, err
	}
	return d, nil
}

// CheckRunName refuses a name that is none for a directory of its own.
func CheckRunName(name string) error {
	if name == "" || name == "." || name == ".." || filepath.Base(name) != name {
		return fmt.Errorf("%q is no name for a run: it is that of one directory, without a way to it", name)
	}
	return nil
}

// makeDirectory makes the run's directory in parent, and that too.
func makeDirectory(parent string, run Run) (path string, err error) {
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return "", fmt.Errorf("run directory: make one in %s: %w: choose another place with --out", parent, cause(err))
	}
	if run.Name != "" {
		return makeNamed(parent, run.Name)
	}
	if path, err = makeUnique(parent, run.Started); err != nil {
		return "", fmt.Errorf("run directory: make one in %s: %w: choose another place with --out", parent, cause(err))
	}
	return path, nil
}

func makeNamed(parent, name string) (path string, err error) {
	if err := CheckRunName(name); err != nil {
		return "", err
	}
	path = filepath.Join(parent, name)
	if err := os.Mkdir(path, 0o755); err != nil {
		return "", fmt.Errorf("run directory: make %s: %w: choose another --name or --out", path, cause(err))
	}
	return path, nil
}

// makeUnique makes a directory named after the time and four random digits.
func makeUnique(parent string, started time.Time) (string, error) {
	if started.IsZero() {
		started = time.Now()
	}
	for {
		var random [2]byte
		rand.Read(random[:])
		path := filepath.Join(parent, started.UTC().Format("20060102T150405Z")+"-"+hex.EncodeToString(random[:]))
		err := os.Mkdir(path, 0o755)
		if !errors.Is(err, fs.ErrExist) {
			return path, err
		}
	}
}

// Path returns where the run directory is.
func (d *Directory) Path() string { return d.path }

// Name returns the run directory's name, which is the run's.
func (d *Directory) Name() string { return d.name }

// Append records a launch under the run's name: it is one line, on the disk
// when Append returns. After an error the record is as it was before.
func (d *Directory) Append(launch Launch) error {
	launch.Run = d.name
	return d.launches.append(launch)
}

// AppendWhy records, as Append does, a launch that was made to explain the
// others and is none of them. They are in a file of their own, see [OpenWhy].
func (d *Directory) AppendWhy(launch Launch) error {
	launch.Run = d.name
	if d.why == nil {
		var err error
		if d.why, err = createRecord(filepath.Join(d.path, whyFile)); err != nil {
			return err
		}
	}
	return d.why.append(launch)
}

// Note writes what is known of the run by now.
func (d *Directory) Note(run Run) error { return d.writeRun(run) }

// Finish writes the run as it ended and closes the records. The Directory is of
// no use afterwards.
func (d *Directory) Finish(run Run) error {
	if err := d.writeRun(run); err != nil {
		return err
	}
	return errors.Join(d.launches.close(), d.why.close())
}

func (d *Directory) writeRun(run Run) error {
	run.Schema = Schema
	run.Name = d.name
	return ReplaceFile(filepath.Join(d.path, runFile), func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(run)
	})
}

// cause takes the operation and path off an error from package os, whose
// message tells them already.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}

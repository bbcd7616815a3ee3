package results

import (
	"bufio"
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
// too where it is missing, and writes what is known of the run into it.
func CreateDirectory(parent string, run Run) (*Directory, error) {
	path, err := makeUnique(parent, run.Started)
	if err != nil {
		return nil, fmt.Errorf("run directory: make one in %s: %w: choose another place with --out", parent, cause(err))
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

// makeUnique makes a directory named after the time and four random digits.
func makeUnique(parent string, started time.Time) (string, error) {
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return "", err
	}
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

// Finish writes the run as it ended, closes the records and makes the tables
// from it. The Directory is of no use afterwards.
func (d *Directory) Finish(run Run) error {
	run.Name = d.name
	if err := d.writeRun(run); err != nil {
		return err
	}
	if err := errors.Join(d.launches.close(), d.why.close()); err != nil {
		return err
	}
	launches, _, err := openLaunches(filepath.Join(d.path, launchesFile))
	if err != nil {
		return err
	}
	return WriteTables(d.path, run, launches)
}

func (d *Directory) writeRun(run Run) error {
	run.Schema = Schema
	run.Name = d.name
	return replaceFile(filepath.Join(d.path, runFile), func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(run)
	})
}

// WriteTables makes launches.csv, workers.csv, summary.csv and bench.txt of a
// run directory from its launches, in place of any that are there. workers.csv
// also has the launches that explain the others, where the directory has some.
func WriteTables(dir string, run Run, launches []Launch) error {
	diagnosed, _, err := OpenWhy(dir)
	if err != nil {
		return err
	}
	for _, table := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"launches.csv", func(w io.Writer) error { return WriteLaunchesCSV(w, launches) }},
		{"workers.csv", func(w io.Writer) error { return WriteWorkersCSV(w, launches, diagnosed) }},
		{"summary.csv", func(w io.Writer) error { return WriteSummaryCSV(w, InReadingOrder(Summarize(launches))) }},
		{"bench.txt", func(w io.Writer) error { return WriteBench(w, run, launches) }},
	} {
		if err := replaceFile(filepath.Join(dir, table.name), table.write); err != nil {
			return err
		}
	}
	return nil
}

// replaceFile writes a file beside its place and then moves it there, so that
// no reader and no crash ever sees half of it.
func replaceFile(path string, write func(io.Writer) error) error {
	part := path + ".part"
	if err := writeFile(part, write); err != nil {
		os.Remove(part)
		return fmt.Errorf("run directory: write %s: %w", path, cause(err))
	}
	if err := os.Rename(part, path); err != nil {
		os.Remove(part)
		return fmt.Errorf("run directory: write %s: %w", path, cause(err))
	}
	return nil
}

func writeFile(path string, write func(io.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriter(file)
	err = write(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
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

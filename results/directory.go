package results

import (
	"bufio"
	"bytes"
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
)

// A Directory is a run directory that is being written. What was appended
// outlives the end of the process and of the machine.
type Directory struct {
	path   string
	name   string
	log    *os.File
	logged int64 // bytes of whole lines in log
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
	d.log, err = os.OpenFile(filepath.Join(path, launchesFile), os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, fmt.Errorf("run directory: create %s: %w: choose another place with --out", filepath.Join(path, launchesFile), cause(err))
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
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(launch); err != nil {
		return fmt.Errorf("run directory: record launch %d of %s: %w", launch.Launch, launch.Transport, err)
	}
	_, err := d.log.Write(line.Bytes())
	if err == nil {
		err = d.log.Sync()
	}
	if err != nil {
		// Half a line here would make the ones after it unreadable. Where it
		// cannot be taken back either, the first error still tells why.
		d.log.Truncate(d.logged)
		return fmt.Errorf("run directory: append to %s: %w", d.log.Name(), cause(err))
	}
	d.logged += int64(line.Len())
	return nil
}

// Note writes what is known of the run by now.
func (d *Directory) Note(run Run) error { return d.writeRun(run) }

// Finish writes the run as it ended, closes the record and makes the tables
// from it. The Directory is of no use afterwards.
func (d *Directory) Finish(run Run) error {
	run.Name = d.name
	if err := d.writeRun(run); err != nil {
		return err
	}
	if err := d.log.Close(); err != nil {
		return fmt.Errorf("run directory: close %s: %w", d.log.Name(), cause(err))
	}
	launches, _, err := openLaunches(d.log.Name())
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

// WriteTables makes launches.csv, summary.csv and bench.txt of a run directory
// from its launches, in place of any that are there.
func WriteTables(dir string, run Run, launches []Launch) error {
	for _, table := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"launches.csv", func(w io.Writer) error { return WriteLaunchesCSV(w, launches) }},
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

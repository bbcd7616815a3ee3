package results

import (
	"cmp"
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

	"ipcbench/internal/folder"
)

// The files of a run directory that this package writes.
const (
	runFile      = "run.json"
	launchesFile = "launches.jsonl"
	whyFile      = "why.jsonl"
	profileFile  = "profile.jsonl"
)

// CutShort is the folder of an experiment in which runs of turns lie that were cut short:
// they were measured again, and count for nothing.
const CutShort = "cut-short"

// Records are the files of a run directory from which everything else in it is made
// again, but for [ProfileRecords]. A run has the first two.
func Records() []string { return []string{runFile, launchesFile, whyFile} }

// IsRun says whether there is a run directory at path, readable or not.
func IsRun(path string) bool {
	_, err := os.Stat(filepath.Join(path, runFile))
	return err == nil
}

// A Directory is a run directory that is being written. What was appended
// outlives the end of the process and of the machine.
type Directory struct {
	folder   *folder.Folder
	name     string
	launches *record
	why      *record // nil until there is something for it, as is
	profile  *record
}

// CreateDirectory makes a new directory for the run in parent, which is made
// too where it is missing, and writes what is known of the run into it. It has
// the run's name or, where that is "", one made up of the time and chance; where
// another run has that name already, both. A directory that is there is never
// written into. After an error there is none of it.
func CreateDirectory(parent string, run Run) (*Directory, error) {
	path, undo, err := makeDirectory(parent, run)
	if err != nil {
		undo()
		return nil, err
	}
	d, err := newDirectory(path, run)
	if err != nil {
		os.RemoveAll(path)
		undo()
		return nil, err
	}
	return d, nil
}

func newDirectory(path string, run Run) (*Directory, error) {
	f, err := folder.Open(path)
	if err != nil {
		return nil, fmt.Errorf("run directory: open %s: %w", path, err)
	}
	d := &Directory{folder: f, name: filepath.Base(path)}
	if err := d.Note(run); err != nil {
		return nil, err
	}
	d.launches, err = createRecord(f, launchesFile)
	return d, err
}

// makeDirectory makes the run's directory in parent, and that too. undo removes
// those above it that had to be made.
func makeDirectory(parent string, run Run) (path string, undo func(), err error) {
	if run.Name != "" {
		if err := CheckRunName(run.Name); err != nil {
			return "", func() {}, err
		}
	}
	if undo, err = makeAll(parent); err == nil {
		path, err = makeNamed(parent, run.Name, run.Started)
	}
	if err != nil {
		err = fmt.Errorf("run directory: make one in %s: %w: choose another place with --out", parent, folder.Cause(err))
	}
	return path, undo, err
}

// makeNamed makes a directory of that name or, where it is taken or "", of one that
// is not.
func makeNamed(parent, name string, started time.Time) (string, error) {
	if name == "" {
		return makeUnique(parent+string(filepath.Separator), started)
	}
	path := filepath.Join(parent, name)
	err := os.Mkdir(path, 0o755)
	if errors.Is(err, fs.ErrExist) {
		return makeUnique(path+"-", started)
	}
	return path, err
}

// makeUnique makes a directory named after the time and four random digits, below or
// behind what its path begins with.
func makeUnique(prefix string, started time.Time) (string, error) {
	if started.IsZero() {
		started = time.Now()
	}
	for {
		var random [2]byte
		rand.Read(random[:])
		path := prefix + started.UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(random[:])
		err := os.Mkdir(path, 0o755)
		if !errors.Is(err, fs.ErrExist) {
			return path, err
		}
	}
}

// makeAll makes a directory and those above it. undo removes those that were not
// there, as far as nobody put anything in them.
func makeAll(path string) (undo func(), err error) {
	var missing []string
	for at := filepath.Clean(path); ; at = filepath.Dir(at) {
		if _, err := os.Lstat(at); !errors.Is(err, fs.ErrNotExist) || at == filepath.Dir(at) {
			break
		}
		missing = append(missing, at)
	}
	return func() {
		for _, made := range missing {
			os.Remove(made)
		}
	}, os.MkdirAll(path, 0o755)
}

// Folder returns the run directory itself.
func (d *Directory) Folder() *folder.Folder { return d.folder }

// Path returns where the run directory is.
func (d *Directory) Path() string { return d.folder.Path() }

// Name returns the run directory's name, which tells the run from all others there.
func (d *Directory) Name() string { return d.name }

// Named is the run with the name that it has in there.
func (d *Directory) Named(run Run) Run {
	run.Name, run.Directory = cmp.Or(run.Name, d.name), ""
	if run.Name != d.name {
		run.Directory = d.name
	}
	return run
}

// Append records a launch of the run, under its directory's name: it is one line, on the disk
// when Append returns. After an error the record is as it was before.
func (d *Directory) Append(launch Launch) error {
	launch.Run = d.name
	return d.launches.append(launch)
}

// AppendWhy records, as Append does, a launch that was made to explain the
// others and is none of them. They are in a file of their own, see [OpenWhy].
func (d *Directory) AppendWhy(launch Launch) error {
	return d.appendBeside(&d.why, whyFile, launch)
}

// AppendProfiled is AppendWhy of a launch that was sampled, see [ReadProfiled].
func (d *Directory) AppendProfiled(launch Launch) error {
	return d.appendBeside(&d.profile, profileFile, launch)
}

func (d *Directory) appendBeside(to **record, name string, launch Launch) (err error) {
	launch.Run = d.name
	if *to == nil {
		if *to, err = createRecord(d.folder, name); err != nil {
			return err
		}
	}
	return (*to).append(launch)
}

// Note writes what is known of the run by now.
func (d *Directory) Note(run Run) error {
	run = d.Named(run)
	run.Schema = Schema
	return d.folder.Replace(runFile, func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(run)
	})
}

// Finish writes the run as it ended and closes the records, of which no more can
// be appended to. Where they are no longer what was appended, because somebody
// cut, changed or replaced them, the run is noted as failed and the error says so.
func (d *Directory) Finish(run Run) error {
	err := errors.Join(d.launches.close(), d.why.close(), d.profile.close())
	if err != nil {
		run.Status = RunFailed
		run.CutShort = cmp.Or(run.CutShort, err.Error())
	}
	return errors.Join(err, d.Note(run))
}

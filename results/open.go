package results

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"ipcbench/internal/folder"
)

// Open reads a run directory. The warnings say what of it was left out, such
// as a last line that a crash cut short. It is an error where path is not a
// run directory, was written by a newer version, holds no launch, or has a
// broken line before its last, or one that cannot have been measured, as a
// negative count: see [Bounds] for what is taken.
func Open(path string) (run Run, launches []Launch, warnings []string, err error) {
	f, err := OpenFolder(path)
	if err != nil {
		return Run{}, nil, nil, err
	}
	defer f.Close()
	return Read(f)
}

// OpenRun reads what a run directory says of the run itself, whether it has launches
// or not.
func OpenRun(path string) (Run, error) {
	f, err := OpenFolder(path)
	if err != nil {
		return Run{}, err
	}
	defer f.Close()
	return RunIn(f)
}

// FirstLaunch is the first line of a run's launches, as it stands there, without its end.
// It is an error where no launch has ended.
func FirstLaunch(f *folder.Folder) ([]byte, error) {
	file, err := f.Open(launchesFile, Bounds.LaunchesBytes)
	if err != nil {
		return nil, fmt.Errorf("run directory: read %s: %w", filepath.Join(f.Path(), launchesFile), err)
	}
	defer file.Close()
	line, err := bufio.NewReader(io.LimitReader(file, int64(Bounds.LineBytes))).ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("run directory: %s holds no launch: it was ended before its first", f.Path())
	}
	return bytes.TrimSuffix(line, []byte("\n")), nil
}

// OpenFolder opens a run directory, of which everything can then be read and made
// again in the same one, whatever its path leads to by then.
func OpenFolder(path string) (*folder.Folder, error) {
	f, err := folder.Open(path)
	if err != nil {
		if info, unseen := os.Stat(path); unseen == nil && !info.IsDir() {
			return nil, fmt.Errorf("run directory: %s is a file: name the directory that a run made", path)
		}
		return nil, fmt.Errorf("run directory: open %s: %w", path, err)
	}
	return f, nil
}

// Read is Open of a directory that is open.
func Read(f *folder.Folder) (run Run, launches []Launch, warnings []string, err error) {
	run, err = RunIn(f)
	if err != nil {
		return Run{}, nil, nil, err
	}
	launches, warnings, err = openLaunches(f, launchesFile, run.Schema)
	if err != nil {
		return Run{}, nil, nil, err
	}
	if len(launches) == 0 {
		return Run{}, nil, nil, fmt.Errorf("run directory: %s holds no launch: it was ended before its first", f.Path())
	}
	return run, launches, warnings, nil
}

// RunIn is OpenRun of a directory that is open.
func RunIn(f *folder.Folder) (Run, error) {
	path := filepath.Join(f.Path(), runFile)
	data, err := f.Read(runFile, Bounds.RunBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return Run{}, fmt.Errorf("run directory: %s is none: it has no %s: name one that a run made", f.Path(), runFile)
	}
	if err != nil {
		return Run{}, fmt.Errorf("run directory: read %s: %w", path, err)
	}
	return readRun(path, data)
}

// readRun looks at the version first: of a newer file, nothing else need be
// what this version thinks.
func readRun(path string, data []byte) (Run, error) {
	var version struct{ Schema int }
	if err := json.Unmarshal(data, &version); err != nil {
		return Run{}, fmt.Errorf("run directory: %s:%d: %w", path, lineOf(data, err), plainly(err))
	}
	if version.Schema < 1 {
		return Run{}, fmt.Errorf("run directory: %s is not from ipcbench: it tells no schema version", path)
	}
	if version.Schema > Schema {
		return Run{}, fmt.Errorf("run directory: %s has schema version %d and this ipcbench reads up to %d: use a newer ipcbench", path, version.Schema, Schema)
	}
	var run Run
	var err error
	if version.Schema == 1 {
		var old run1
		err = json.Unmarshal(data, &old)
		run = old.Run
		run.Warnings = told(old.Warnings)
	} else {
		err = json.Unmarshal(data, &run)
	}
	if err != nil {
		return Run{}, fmt.Errorf("run directory: %s:%d: %w", path, lineOf(data, err), plainly(err))
	}
	if err := run.check(); err != nil {
		return Run{}, fmt.Errorf("run directory: %s: not a run: %w", path, err)
	}
	run.quote()
	return run, nil
}

// lineOf returns the line that an error from package json is about.
func lineOf(data []byte, err error) int {
	offset := 0
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		offset = int(syntax.Offset)
	case errors.As(err, &kind):
		offset = int(kind.Offset)
	}
	return 1 + bytes.Count(data[:min(offset, len(data))], []byte("\n"))
}

// plainly says an error from package json about a value of the wrong kind in
// the words of the file.
func plainly(err error) error {
	var kind *json.UnmarshalTypeError
	if !errors.As(err, &kind) || kind.Field == "" {
		return err
	}
	return fmt.Errorf("%s is a %s where a %s belongs", inTheFile(kind.Field), kind.Value, kind.Type.Kind())
}

// inTheFile takes off a field's path the names of Go structs, which are embedded
// and so not in the file. All keys there begin with a small letter.
func inTheFile(path string) string {
	var keys []string
	for _, key := range strings.Split(path, ".") {
		if initial, _ := utf8.DecodeRuneInString(key); !unicode.IsUpper(initial) {
			keys = append(keys, key)
		}
	}
	return strings.Join(keys, ".")
}

// OpenWhy reads the launches of a run directory that were made to explain the
// others and are none of them: one a cell, with perf events on. Most runs have
// none; see [Open] for the warnings and errors.
func OpenWhy(dir string, schema int) (launches []Launch, warnings []string, err error) {
	f, err := OpenFolder(dir)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	return ReadWhy(f, schema)
}

// ReadWhy is OpenWhy of a directory that is open.
func ReadWhy(f *folder.Folder, schema int) (launches []Launch, warnings []string, err error) {
	return readBeside(f, whyFile, schema)
}

// ReadProfiled reads the launches of an open run directory that were sampled, and are
// none of the others either: see [Launch.Profile]. Most runs have none.
func ReadProfiled(f *folder.Folder, schema int) (launches []Launch, warnings []string, err error) {
	return readBeside(f, profileFile, schema)
}

func readBeside(f *folder.Folder, name string, schema int) (launches []Launch, warnings []string, err error) {
	launches, warnings, err = openLaunches(f, name, schema)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	return launches, warnings, err
}

func openLaunches(f *folder.Folder, name string, schema int) ([]Launch, []string, error) {
	path := filepath.Join(f.Path(), name)
	file, err := f.Open(name, Bounds.LaunchesBytes)
	if err != nil {
		return nil, nil, fmt.Errorf("run directory: read %s: %w", path, err)
	}
	defer file.Close()
	return readLaunches(path, file, schema)
}

// readLaunches reads one launch a line. The last line may have been cut by a
// crash and is then left out with a warning; any other has to be whole.
func readLaunches(path string, from io.Reader, schema int) (launches []Launch, warnings []string, err error) {
	type turn struct {
		Cell
		launch int
	}
	seen := map[turn]int{} // the line it is in
	all := newAmounts()
	in := lines{from: bufio.NewReaderSize(from, 1<<16)}
	for in.next() {
		if len(bytes.TrimSpace(in.line)) == 0 {
			continue
		}
		launch, err := readLaunch(in.line, schema)
		switch {
		case err == nil:
			t := turn{launch.Cell, launch.Launch}
			if first, twice := seen[t]; twice {
				return nil, nil, fmt.Errorf("run directory: %s:%d: the launch of line %d stands here again: delete one of the lines", path, in.number, first)
			}
			seen[t] = in.number
			if err := all.add(&launch); err != nil {
				return nil, nil, fmt.Errorf("run directory: %s:%d: %w", path, in.number, err)
			}
			launches = append(launches, launch)
		case in.last() && !json.Valid(in.line):
			warnings = append(warnings, fmt.Sprintf("%s:%d: the last line is cut short: that launch is left out", path, in.number))
		default:
			return nil, nil, fmt.Errorf("run directory: %s:%d: %w: delete the line to use the others", path, in.number, err)
		}
	}
	if in.err != nil {
		return nil, nil, fmt.Errorf("run directory: %s:%d: %w", path, in.number, folder.Cause(in.err))
	}
	return launches, warnings, nil
}

// lines are those of a file, one at a time.
type lines struct {
	from   *bufio.Reader
	line   []byte // without its end, until the next
	number int    // of the line, from 1
	err    error
}

// next reads a line and says whether there is one.
func (l *lines) next() bool {
	if l.last() {
		return false
	}
	l.number++
	l.line = l.line[:0]
	for {
		part, err := l.from.ReadSlice('\n')
		l.line = append(l.line, part...)
		switch {
		case len(l.line) > Bounds.LineBytes:
			l.err = fmt.Errorf("the line has more than %d bytes, which no launch has", Bounds.LineBytes)
			return false
		case err == bufio.ErrBufferFull:
			continue
		case err != nil && err != io.EOF:
			l.err = err
			return false
		}
		l.line = bytes.TrimSuffix(l.line, []byte("\n"))
		return true
	}
}

// last says whether nothing comes after the line.
func (l *lines) last() bool {
	_, err := l.from.Peek(1)
	return err != nil
}

func readLaunch(line []byte, schema int) (launch Launch, err error) {
	if schema == 1 {
		launch, err = readLaunch1(line)
	} else {
		err = plainly(json.Unmarshal(line, &launch))
	}
	if err != nil {
		return Launch{}, err
	}
	if err := launch.check(); err != nil {
		return Launch{}, fmt.Errorf("not a launch: %w", err)
	}
	launch.quote()
	return launch, nil
}

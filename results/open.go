package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Open reads a run directory. The warnings say what of it was left out, such
// as a last line that a crash cut short. It is an error where path is not a
// run directory, was written by a newer version, holds no launch, or has a
// broken line before its last, or one that cannot have been measured: a
// negative count, a histogram that does not decode.
func Open(path string) (run Run, launches []Launch, warnings []string, err error) {
	run, err = openRun(path)
	if err != nil {
		return Run{}, nil, nil, err
	}
	launches, warnings, err = openLaunches(filepath.Join(path, launchesFile), run.Schema)
	if err != nil {
		return Run{}, nil, nil, err
	}
	if len(launches) == 0 {
		return Run{}, nil, nil, fmt.Errorf("run directory: %s holds no launch: it was ended before its first", path)
	}
	return run, launches, warnings, nil
}

func openRun(dir string) (Run, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return Run{}, fmt.Errorf("run directory: open %s: %w", dir, cause(err))
	}
	if !info.IsDir() {
		return Run{}, fmt.Errorf("run directory: %s is a file: name the directory that a run made", dir)
	}
	path := filepath.Join(dir, runFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Run{}, fmt.Errorf("run directory: %s is none: it has no %s: name one that a run made", dir, runFile)
	}
	if err != nil {
		return Run{}, fmt.Errorf("run directory: read %s: %w", path, cause(err))
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
	launches, warnings, err = openLaunches(filepath.Join(dir, whyFile), schema)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	return launches, warnings, err
}

func openLaunches(path string, schema int) ([]Launch, []string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("run directory: read %s: %w", path, cause(err))
	}
	return readLaunches(path, data, schema)
}

// readLaunches reads one launch a line. The last line may have been cut by a
// crash and is then left out with a warning; any other has to be whole.
func readLaunches(path string, data []byte, schema int) (launches []Launch, warnings []string, err error) {
	type turn struct {
		Cell
		launch int
	}
	seen := map[turn]int{}   // the line it is in
	cells := map[Cell]Cell{} // each once: its launches share its texts
	for number := 1; len(data) > 0; number++ {
		line, rest, _ := bytes.Cut(data, []byte("\n"))
		data = rest
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		launch, err := readLaunch(line, schema)
		switch {
		case err == nil:
			t := turn{launch.Cell, launch.Launch}
			if first, twice := seen[t]; twice {
				return nil, nil, fmt.Errorf("run directory: %s:%d: the launch of line %d stands here again: delete one of the lines", path, number, first)
			}
			seen[t] = number
			if cell, known := cells[launch.Cell]; known {
				launch.Cell = cell
			}
			cells[launch.Cell] = launch.Cell
			launches = append(launches, launch)
		case len(rest) == 0 && !json.Valid(line):
			warnings = append(warnings, fmt.Sprintf("%s:%d: the last line is cut short: that launch is left out", path, number))
		default:
			return nil, nil, fmt.Errorf("run directory: %s:%d: %w: delete the line to use the others", path, number, err)
		}
	}
	return launches, warnings, nil
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
	return launch, nil
}

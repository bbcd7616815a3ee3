package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Open reads a run directory. The warnings say what of it was left out, such
// as a last line that a crash cut short. It is an error where path is not a
// run directory, was written by a newer version, holds no launch, or has a
// broken line before its last.
func Open(path string) (run Run, launches []Launch, warnings []string, err error) {
	run, err = openRun(path)
	if err != nil {
		return Run{}, nil, nil, err
	}
	launches, warnings, err = openLaunches(filepath.Join(path, launchesFile))
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
		return Run{}, fmt.Errorf("run directory: %s is a file: name the directory it is in", dir)
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
		return Run{}, fmt.Errorf("run directory: read %s: %w", path, err)
	}
	if version.Schema < 1 {
		return Run{}, fmt.Errorf("run directory: %s is not from ipcbench: it tells no schema version", path)
	}
	if version.Schema > Schema {
		return Run{}, fmt.Errorf("run directory: %s has schema version %d and this ipcbench reads up to %d: use a newer ipcbench", path, version.Schema, Schema)
	}
	var run Run
	if err := json.Unmarshal(data, &run); err != nil {
		return Run{}, fmt.Errorf("run directory: read %s: %w", path, err)
	}
	return run, nil
}

func openLaunches(path string) ([]Launch, []string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("run directory: read %s: %w", path, cause(err))
	}
	return readLaunches(path, data)
}

// readLaunches reads one launch a line. The last line may have been cut by a
// crash and is then left out with a warning; any other has to be whole.
func readLaunches(path string, data []byte) (launches []Launch, warnings []string, err error) {
	type turn struct {
		Cell
		launch int
	}
	seen := map[turn]int{} // the line it is in
	for number := 1; len(data) > 0; number++ {
		line, rest, _ := bytes.Cut(data, []byte("\n"))
		data = rest
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		launch, err := readLaunch(line)
		switch {
		case err == nil:
			t := turn{launch.Cell, launch.Launch}
			if first, twice := seen[t]; twice {
				return nil, nil, fmt.Errorf("run directory: %s:%d: the launch of line %d stands here again: delete one of the lines", path, number, first)
			}
			seen[t] = number
			launches = append(launches, launch)
		case len(rest) == 0 && !json.Valid(line):
			warnings = append(warnings, fmt.Sprintf("%s:%d: the last line is cut short: that launch is left out", path, number))
		default:
			return nil, nil, fmt.Errorf("run directory: %s:%d: %w: delete the line to use the others", path, number, err)
		}
	}
	return launches, warnings, nil
}

func readLaunch(line []byte) (Launch, error) {
	var launch Launch
	if err := json.Unmarshal(line, &launch); err != nil {
		return Launch{}, err
	}
	if launch.SizeBytes < 1 {
		return Launch{}, fmt.Errorf("not a launch: its messages have %d bytes", launch.SizeBytes)
	}
	switch launch.Status {
	case OK, Skipped, Failed:
		return launch, nil
	}
	return Launch{}, fmt.Errorf("not a launch: its status is %q", launch.Status)
}

package cmd

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ipcbench/internal/near"
	"ipcbench/results"
)

// defaultParent is the directory in which every run makes its own.
const defaultParent = "results"

// whereRun is the run directory that a word of the command line names: itself, or
// where there is none, the one of that name among the runs that are made here.
func whereRun(word string) string {
	if _, err := os.Stat(word); err == nil || strings.ContainsRune(word, filepath.Separator) {
		return word
	}
	if named := filepath.Join(defaultParent, word); isDir(named) {
		return named
	}
	return word
}

// notFound says of a word that names no run which may be meant; any other error is left
// as it is.
func notFound(word string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) || strings.ContainsRune(word, filepath.Separator) {
		return err
	}
	runs, _ := madeIn(defaultParent)
	if len(runs) == 0 {
		return fmt.Errorf("no run is called %q, and none is in %s: name the directory of one that \"ipcbench run\" made", word, defaultParent)
	}
	var names []string
	for _, made := range runs {
		names = append(names, filepath.Base(made.path))
	}
	if meant := near.To(word, near.Words(names...)); len(meant) > 0 {
		return fmt.Errorf("no run is called %q, here or in %s: did you mean %s?", word, defaultParent, strings.Join(meant, " or "))
	}
	return fmt.Errorf("no run is called %q, here or in %s: there are %d, the newest is %s", word, defaultParent, len(names), names[len(names)-1])
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// runsBelow are the run directories in a directory, by name. What else is in there
// is none of them.
func runsBelow(parent string) ([]string, error) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, entry := range entries {
		if path := filepath.Join(parent, entry.Name()); results.IsRun(path) {
			paths = append(paths, path)
		}
	}
	return paths, nil
}

// A made run is one that was found in a directory.
type made struct {
	path string
	run  results.Run
}

// madeIn are the runs in a directory, the oldest first.
func madeIn(parent string) ([]made, error) {
	paths, err := runsBelow(parent)
	var all []made
	for _, path := range paths {
		if run, err := results.OpenRun(path); err == nil { // the others are no runs
			all = append(all, made{path, run})
		}
	}
	slices.SortStableFunc(all, func(a, b made) int { return cmp.Or(a.run.Started.Compare(b.run.Started), cmp.Compare(a.path, b.path)) })
	return all, err
}

// newestTwo are the last two runs that were made here, the older first.
func newestTwo() ([]string, error) {
	all, err := madeIn(defaultParent)
	if err != nil {
		return nil, fmt.Errorf("compare: no run is given, and the newest are looked for in %s: %w", defaultParent, err)
	}
	if len(all) < 2 {
		return nil, fmt.Errorf("compare: no run is given, and %s has %d: name an old one and a new one", defaultParent, len(all))
	}
	newest := all[len(all)-2:]
	return []string{newest[0].path, newest[1].path}, nil
}

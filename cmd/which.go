package cmd

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"ipcbench/results"
	"ipcbench/results/store"
)

// defaultParent is the directory in which every run makes its own.
const defaultParent = "results"

// A made is a run that was made, and where it is.
type made struct {
	path string
	run  results.Run
}

// isCalled says whether a name, or the word for the newest, means the run.
func (m made) isCalled(name string) bool {
	return name == results.Latest || name == m.run.Name || name == m.run.ID() || name == filepath.Base(m.path)
}

// locate is the run directory that a word of the command line means: itself, or the
// newest run of that name in the directory where runs are made. Before the name may
// stand another directory, and behind it how many to go back: "latest", "base~1",
// "nightly/base". A URL means the same in a store, from which the run is fetched with what
// is asked for. A word that means no run is returned as it is.
func locate(out *console, word string, with store.With) (path string, err error) {
	if store.IsURL(word) {
		return locateStored(out, word, with)
	}
	if results.IsRun(word) {
		noteOfNewer(out, word)
		return word, nil
	}
	parent, name := filepath.Split(word)
	if parent = filepath.Clean(parent); !strings.ContainsRune(word, filepath.Separator) {
		parent = out.parent()
	}
	if store.IsURL(parent) {
		return locateStored(out, store.Below(parent, word), with)
	}
	name, back, err := cutBack(name)
	if err != nil {
		return "", err
	}
	all := madeIn(parent)
	if len(all) == 0 {
		return word, nil
	}
	meant, err := pick(out, word, parent, name, back, all)
	if errors.Is(err, errUncalled) && isThere(word) {
		return word, nil
	}
	return meant.path, err
}

// errUncalled is of a name that no run has.
var errUncalled = errors.New("no run")

// pick is the one that a name means, so many back, of those in a place, the newest last.
func pick(out *console, word, place, name string, back int, all []made) (made, error) {
	called := slices.DeleteFunc(slices.Clone(all), func(m made) bool { return !m.isCalled(name) })
	switch {
	case len(called) == 0:
		return made{}, fmt.Errorf("%w in %s is called %q%s", errUncalled, place, name, orSuch(name, all))
	case back >= len(called):
		return made{}, fmt.Errorf("%s goes back %d runs, and %s has %d", word, back, place, len(called))
	}
	meant := called[len(called)-1-back]
	if len(called) > 1 && name != results.Latest && back == 0 {
		out.note(fmt.Sprintf("%s: the newest of %d runs of that name, %s; %s~1 is the one before", word, len(called), meant.path, word))
	}
	return meant, nil
}

// locateAll is locate of several words.
func locateAll(out *console, words []string, with store.With) ([]string, error) {
	var paths []string
	for _, word := range words {
		path, err := locate(out, word, with)
		if err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// parent is the directory in which runs are made, as far as the environment says, or the
// URL of the store that they go to.
func (c *console) parent() string {
	parent, _ := c.env(variables + "OUT")
	return cmp.Or(parent, defaultParent)
}

// localParent is the directory in which runs are made here, also where they go to a store.
func (c *console) localParent() string {
	if parent := c.parent(); !store.IsURL(parent) {
		return parent
	}
	return defaultParent
}

// cutBack cuts off a name how many runs it goes back: "base~1" is "base", 1.
func cutBack(word string) (name string, back int, err error) {
	name, steps, has := strings.Cut(word, "~")
	if !has {
		return word, 0, nil
	}
	if back, err = strconv.Atoi(steps); err != nil || back < 0 {
		return "", 0, fmt.Errorf("%q goes back no number of runs: write it as %s~1", word, cmp.Or(name, results.Latest))
	}
	return name, back, nil
}

// orSuch says what there is instead of a run that there is not.
func orSuch(name string, all []made) string {
	var names []string
	for _, m := range all {
		names = append(names, m.run.Name)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if hint := didYouMean(name, append(names, results.Latest)); hint != "" {
		return hint
	}
	if len(names) == 0 {
		return ""
	}
	const most = 5
	if len(names) > most {
		return fmt.Sprintf(": there are %s and %d others", strings.Join(names[:most], ", "), len(names)-most)
	}
	return ": there are " + strings.Join(names, ", ")
}

// noteOfNewer says of a run that is given by its directory that its name means a newer
// one, whose directory has more behind the name.
func noteOfNewer(out *console, path string) {
	path = filepath.Clean(path)
	entries, _ := os.ReadDir(filepath.Dir(path))
	name := filepath.Base(path)
	for _, entry := range slices.Backward(entries) {
		if !strings.HasPrefix(entry.Name(), name+"-") {
			continue
		}
		other := filepath.Join(filepath.Dir(path), entry.Name())
		if run, err := results.OpenRun(other); err == nil && run.Name == name {
			out.note(fmt.Sprintf("%s: a newer run is called %s, too: %s", path, name, other))
			return
		}
	}
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func isThere(path string) bool {
	_, err := os.Stat(path)
	return err == nil
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

// madeIn are the runs in a directory that can be read, the newest last.
func madeIn(parent string) []made {
	paths, _ := runsBelow(parent)
	var all []made
	for _, path := range paths {
		if run, err := results.OpenRun(path); err == nil { // the others are no runs
			all = append(all, made{path, run})
		}
	}
	slices.SortStableFunc(all, func(a, b made) int { return cmp.Or(a.run.Started.Compare(b.run.Started), cmp.Compare(a.path, b.path)) })
	return all
}

// newest are the last n runs that were made here, the oldest of them first.
func newest(out *console, n int) ([]string, error) {
	parent := out.parent()
	all, err := madeOrStored(out, parent)
	if err != nil {
		return nil, fmt.Errorf("no run is given, and the newest are looked for in %s: %w", parent, err)
	}
	if len(all) < n {
		return nil, fmt.Errorf("no run is given, and %s has %d", parent, len(all))
	}
	var paths []string
	for _, m := range all[len(all)-n:] {
		paths = append(paths, m.path)
	}
	return paths, nil
}

// madeOrStored are the runs in a directory or a store, the newest last.
func madeOrStored(out *console, parent string) ([]made, error) {
	if store.IsURL(parent) {
		return storedAt(out, parent)
	}
	_, err := os.ReadDir(parent)
	return madeIn(parent), err
}

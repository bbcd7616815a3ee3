package cmd

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ipcbench/results"
	"ipcbench/transports"
)

// homes are the kinds of word on a command line, each with the command line on which it
// would be in its place.
var homes = []struct {
	kind string
	has  func(word string) bool
	line string
}{
	{"a transport", isSpec, "ipcbench run %s"},
	{"a workload", isWorkload, "ipcbench run -w %s"},
	{"a placement", isPlacement, "ipcbench run -p %s"},
	{"a size", func(word string) bool { _, err := results.ParseSizes(word); return err == nil }, "ipcbench run -s %s"},
	{"a time", func(word string) bool { _, err := time.ParseDuration(word); return err == nil }, "ipcbench run --time %s"},
	{"a run", func(word string) bool {
		return results.IsRun(word) || results.IsRun(filepath.Join(defaultParent, word))
	}, "ipcbench report %s"},
	{"the file of an experiment", func(word string) bool { return filepath.Ext(word) == experimentExt }, "ipcbench experiment %s"},
}

// experimentExt is what the name of an experiment's file ends in.
const experimentExt = ".toml"

// allTransports stands for every one that can run here.
const allTransports = "all"

// astray says where a word belongs that is known, but not where it was written, with
// those that follow it; "" where it is not known at all.
func astray(word string, following ...string) string {
	for _, home := range homes {
		if home.has(word) {
			return fmt.Sprintf("it is %s: write it as in "+home.line, home.kind, strings.Join(append([]string{word}, following...), " "))
		}
	}
	return ""
}

func isSpec(word string) bool {
	name, _, _ := strings.Cut(word, ":")
	_, err := transports.Lookup(name)
	return err == nil || name == allTransports
}

func isWorkload(word string) bool {
	return slices.ContainsFunc(results.Workloads(), func(w results.Workload) bool { return w.Name == word })
}

func isPlacement(word string) bool { return slices.Contains(results.PlacementNames(), word) }

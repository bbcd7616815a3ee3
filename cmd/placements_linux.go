package cmd

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"ipcbench/bench"
	"ipcbench/internal/host"
	"ipcbench/internal/near"
	"ipcbench/results"
)

// A placementList is the value of --placement: names, and two CPU numbers with a dash.
type placementList struct{ into *[]string }

func (l *placementList) String() string { return "" }
func (l *placementList) Type() string   { return "names" }

func (l *placementList) Set(text string) error {
	if pair := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",:. /", r) }); len(pair) == 2 && isCPU(pair[0]) && isCPU(pair[1]) {
		return fmt.Errorf("%q: the CPUs of a placement are written with a dash, as %s-%s", text, pair[0], pair[1])
	}
	return appendNames(l.into, text, func(name string) error {
		err := bench.CheckPlacement(name)
		if elsewhere := astray(name); err != nil && elsewhere != "" && !isCPU(name) {
			err = fmt.Errorf("no placement is called %q: %s", name, elsewhere)
		}
		return err
	})
}

func isCPU(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil
}

// complete offers the placements that this machine has or, where a CPU has been begun,
// its pairs of them.
func (l *placementList) complete(typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	known := placementsHere
	if last := typed[strings.LastIndexByte(typed, ',')+1:]; last != "" && isCPU(last[:1]) {
		known = cpuPairs
	}
	return (&choice{known: known, list: true}).complete(typed)
}

func placementsHere() []knownWord {
	all := []knownWord{{near.Word{Name: results.Auto}, "those that make sense for each transport"}}
	named, _ := bench.Placements() // of a machine that does not say, auto is left
	for _, p := range named {
		if p.Reason == "" {
			all = append(all, knownWord{near.Word{Name: p.Name}, p.Doc})
		}
	}
	return all
}

func cpuPairs() (pairs []knownWord) {
	cpus, _ := host.Affinity() // likewise none
	for _, producer := range cpus {
		for _, consumer := range cpus {
			pairs = append(pairs, knownWords(fmt.Sprintf("%d-%d", producer, consumer))...)
		}
	}
	return pairs
}

package results

import (
	"slices"
	"strings"
)

// A Placement is where the two ends of a pair run.
type Placement struct {
	Name   string   // the word a user types: "same-llc"
	Doc    string   // one line for ipcbench list
	Also   []string // what else people call it: nobody may type it, and who does is told the name
	Where  string   // in a sentence: "on one CPU"
	Absent string   // why a machine may have no such pair of CPUs
}

// The names of the placements.
const (
	SameCPU   = "same-cpu"
	SMT       = "smt"
	SameLLC   = "same-llc"
	CrossLLC  = "cross-llc"
	CrossNode = "cross-node"
	Unlike    = "unlike-cores"
	Free      = "free"

	// Auto stands for those that make sense for a spec.
	Auto = "auto"
)

// placements are all that have a name, near to far. Others are two CPU numbers.
var placements = []Placement{
	{SameCPU, "both ends on one CPU", []string{"same", "same-core", "one-cpu", "single-cpu"}, "on one CPU", ""},
	{SMT, "two hardware threads of one core", []string{"hyperthread", "hyperthreads", "hyperthreading", "ht", "siblings", "same-core"}, "on two threads of a core", "no core has two hardware threads"},
	{SameLLC, "two cores that share a last-level cache", []string{"same-l3", "l3", "llc", "same-cache", "shared-cache", "same-socket"}, "on two CPUs", "no two cores share a last-level cache"},
	{CrossLLC, "two cores of one NUMA node that share no cache", []string{"cross-l3", "other-cache"}, "across two caches", "no two cores of a NUMA node are without a cache in common"},
	{CrossNode, "two cores of two NUMA nodes", []string{"numa", "cross-numa", "cross-socket", "remote"}, "across two NUMA nodes", "there is one NUMA node"},
	{Unlike, "two cores of different kinds, as a fast one and a saving one", []string{"big-little", "hybrid"}, "on two kinds of core", "all cores are of one kind"},
	{Free, "not pinned: the scheduler chooses, and may change its mind", []string{"any", "none", "unpinned", "not-pinned", "floating"}, "unpinned", ""},
}

// Placements lists the placements that have a name, near to far.
func Placements() []Placement { return placements[:len(placements):len(placements)] }

// Where says in a sentence where the ends of a placement run. Two CPU numbers say
// so themselves.
func Where(placement string) string {
	if i := slices.Index(PlacementNames(), placement); i >= 0 {
		return placements[i].Where
	}
	return "on CPUs " + strings.Replace(placement, "-", " and ", 1)
}

// PlacementNames lists their names.
func PlacementNames() []string {
	var names []string
	for _, p := range placements {
		names = append(names, p.Name)
	}
	return names
}

// pinned lists those of which both ends are, near to far. Two CPU numbers follow
// them, and then what is not pinned.
func pinned() []string {
	return slices.DeleteFunc(PlacementNames(), func(name string) bool { return name == Free })
}

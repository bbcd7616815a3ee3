package fleet

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"ipcbench/results"
	"ipcbench/results/compare"
)

// differences are what hosts had around them that is not the same on both sides, what
// explains a change most often first. Where every host has both sides, that hosts differ
// among themselves is none.
func (c Comparison) differences() []compare.Difference {
	old, new := map[string]map[string]bool{}, map[string]map[string]bool{}
	add := func(to map[string]map[string]bool, key, value string) {
		if to[key] == nil {
			to[key] = map[string]bool{}
		}
		to[key][value] = true
	}
	for _, class := range c.Classes {
		for _, host := range class.Hosts {
			for _, side := range []struct {
				runs []*Run
				to   map[string]map[string]bool
			}{{host.Old, old}, {host.New, new}} {
				for _, run := range side.runs {
					for key, value := range run.Around {
						add(side.to, key, value)
					}
					for label, value := range run.Labels {
						if label != results.HostLabel && !results.LookupLabel(label).Naming {
							add(side.to, "label "+label, value)
						}
					}
				}
			}
		}
	}
	var list []compare.Difference
	for _, key := range slices.SortedFunc(maps.Keys(old), compare.ByLikelihood) {
		from, to := sortedKeys(old[key]), sortedKeys(new[key])
		if len(from) == 0 || len(to) == 0 || slices.Equal(from, to) || len(from) == 1 && len(to) == 1 && compare.IsAboutTheSame(key, from[0], to[0]) {
			continue
		}
		list = append(list, compare.Difference{Key: key, Old: few(from), New: few(to)})
	}
	return list
}

// few are some of many texts.
func few(texts []string) string {
	const most = 3
	if len(texts) <= most {
		return strings.Join(texts, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(texts[:most], ", "), len(texts)-most)
}

// warnings are what a reader should know of how the runs lie.
func (c Comparison) warnings() []string {
	var list []string
	for _, class := range c.Classes {
		of := ""
		if len(c.Classes) > 1 {
			of = class.Name + ": "
		}
		if after := class.inOrder(); after > 0 {
			list = append(list, fmt.Sprintf("%son %d of %d hosts, all runs of one side come before all of the other: what drifts there looks like a change; measure both sides in turn", of, after, len(class.Hosts)))
		}
		if class.ofOneRun() {
			list = append(list, of+"no host has two runs of a side, so that what differs from run to run and what differs from host to host are one: a host that stands alone may do so by one run")
		}
	}
	return list
}

// inOrder counts the hosts on which several runs of one side all come before those of the
// other.
func (c Class) inOrder() int {
	n := 0
	for _, h := range c.Hosts {
		old, new := startsOf(h.Old), startsOf(h.New)
		if len(old) > 1 && len(new) > 1 && (old[len(old)-1] < new[0] || new[len(new)-1] < old[0]) {
			n++
		}
	}
	return n
}

func startsOf(runs []*Run) []string {
	var starts []string
	for _, r := range runs {
		if r.Started != "" {
			starts = append(starts, r.Started)
		}
	}
	slices.Sort(starts)
	return starts
}

// ofOneRun says whether no host has two runs of a side.
func (c Class) ofOneRun() bool {
	return !slices.ContainsFunc(c.Hosts, func(h Host) bool { return len(h.Old)+len(h.New) > 2 })
}

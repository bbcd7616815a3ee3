package fleet

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"ipcbench/results"
	"ipcbench/results/compare"
)

// said is what is around a side: each value once, by what it is of.
type said map[string]map[string]bool

func (s said) add(key, value string) {
	if s[key] == nil {
		s[key] = map[string]bool{}
	}
	s[key][value] = true
}

// differences are what hosts had around them that is not the same on both sides, what
// explains a change most often first. Where every host has both sides, that hosts differ
// among themselves is none.
func (c Comparison) differences() []compare.Difference {
	old, new := said{}, said{}
	alone := c.directories() == 1
	for _, class := range c.Classes {
		for _, host := range class.Hosts {
			old.addRuns(host.Old)
			new.addRuns(host.New)
			host.addDirectories(old, new, class.dirOf, alone)
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

func (s said) addRuns(runs []*Run) {
	for _, run := range runs {
		for key, value := range run.Around {
			s.add(key, value)
		}
		for label, value := range run.Labels {
			if label != results.HostLabel && !results.LookupLabel(label).Naming {
				s.add("label "+label, value)
			}
		}
	}
}

// addDirectories adds where the host's cells lay, and on which filesystems. called is what
// the directory of a cell is called.
func (h Host) addDirectories(old, new said, called func(results.Cell) string, alone bool) {
	from, to := filesystems(h.Old), filesystems(h.New)
	for o, n := range h.pairs {
		if o.Dir == "" || n.Dir == "" {
			continue
		}
		if o.Dir != n.Dir {
			old.add("dir", o.Dir)
			new.add("dir", n.Dir)
		}
		key := compare.OfDirectory("fstype", called(n), alone)
		for is := range from[o.Dir] {
			old.add(key, is)
		}
		for is := range to[n.Dir] {
			new.add(key, is)
		}
	}
}

// filesystems are the types of those that runs have cells on, by directory.
func filesystems(runs []*Run) said {
	all := said{}
	for _, run := range runs {
		for _, v := range run.Values {
			if v.Cell.FSType != "" {
				all.add(v.Cell.Dir, v.Cell.FSType)
			}
		}
	}
	return all
}

// directories is how many the cells that are compared lie in.
func (c Comparison) directories() int {
	all := map[string]bool{}
	for _, class := range c.Classes {
		for _, host := range class.Hosts {
			for o, n := range host.pairs {
				if all[class.dirOf(n)] = true; class.joined[n] == nil {
					all[o.Dir] = true
				}
			}
		}
	}
	delete(all, "")
	return len(all)
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
		of := c.of(class)
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

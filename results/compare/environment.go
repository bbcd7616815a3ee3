package compare

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ipcbench/internal/facts"
	"ipcbench/results"
)

// settings are what a run itself was told. They may explain a change too, but
// less often than what the machine is.
var settings = []string{"ipcbench", "measured", "warmup", "verify"}

// unknown stands for a fact that no run of a side has: of a machine that does
// not say, or of a version that did not ask.
const unknown = "not known"

// A side's surroundings are values by what they are of, each once, in the order
// of the runs.
type surroundings map[string][]string

func (f surroundings) add(key, value string) {
	if value != "" && !slices.Contains(f[key], value) {
		f[key] = append(f[key], value)
	}
}

// environment returns what differs around the two sides. What the comparison is
// by differs of itself.
func environment(contests []contest, by string) []Difference {
	old, new := surroundings{}, surroundings{}
	for _, c := range contests {
		old.addRuns(c.old.runs)
		new.addRuns(c.new.runs)
		for _, p := range c.pairs {
			if by == "" || strings.HasPrefix(by, labelColumn) {
				addMounts(old, new, p)
			}
		}
	}
	delete(old, by)
	delete(new, by)
	return differences(old, new)
}

func (f surroundings) addRuns(runs []Run) {
	for _, run := range runs {
		for fact, value := range run.Host {
			if !facts.Lookup(fact).Volatile {
				f.add(fact, value)
			}
		}
		for label, value := range run.Labels {
			f.add(labelColumn+label, value)
		}
		f.add("ipcbench", run.Version)
		f.add("measured", measured(run.Plan))
		f.add("warmup", run.Plan.Warmup)
		f.add("verify", run.Plan.Verify)
	}
}

func measured(plan results.Plan) string {
	if plan.Messages > 0 {
		return fmt.Sprintf("%d messages a launch", plan.Messages)
	}
	return results.FormatNS(float64(plan.TimeNS)) + " a launch"
}

// addMounts adds where a pair's cells lay. A directory goes by the new side's
// name.
func addMounts(old, new surroundings, p pair) {
	dir := p.new.identity.Dir
	if dir == "" {
		return
	}
	if p.old.identity.Dir != dir {
		old.add("dir", p.old.identity.Dir)
		new.add("dir", dir)
	}
	for _, side := range []struct {
		facts surroundings
		group *group
	}{{old, p.old}, {new, p.new}} {
		for _, launch := range side.group.measured() {
			side.facts.add("fstype of "+dir, launch.FSType)
			side.facts.add("mount options of "+dir, launch.Mount)
		}
	}
}

// differences returns the facts of which the sides do not have the same values.
func differences(old, new surroundings) []Difference {
	keys := map[string]bool{}
	for key := range maps.Keys(old) {
		keys[key] = true
	}
	for key := range maps.Keys(new) {
		keys[key] = true
	}
	var list []Difference
	for key := range keys {
		if !haveSame(key, old[key], new[key]) {
			list = append(list, Difference{key, joined(old[key]), joined(new[key])})
		}
	}
	slices.SortFunc(list, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(likelihood(a.Key), likelihood(b.Key)), strings.Compare(a.Key, b.Key))
	})
	return list
}

func haveSame(key string, old, new []string) bool {
	if len(old) == 1 && len(new) == 1 && isAboutTheSame(key, old[0], new[0]) {
		return true
	}
	return slices.Equal(slices.Sorted(slices.Values(old)), slices.Sorted(slices.Values(new)))
}

func joined(values []string) string {
	if len(values) == 0 {
		return unknown
	}
	return strings.Join(values, ", ")
}

// likelihood is the place of a fact among those that explain: first those of the
// machine, then what the run was told, then the others.
func likelihood(key string) int {
	if place := facts.Lookup(key).Explains; place > 0 {
		return place
	}
	if i := slices.Index(settings, key); i >= 0 {
		return len(facts.All) + i
	}
	return len(facts.All) + len(settings)
}

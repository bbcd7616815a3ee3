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

// unknown stands for what no run of a side has.
const unknown = "not known"

// Unsaid stands for a fact that was asked for, of a machine that does not say.
const Unsaid = "not said"

// Surroundings are what a side is known to have been measured in.
type surroundings struct {
	values map[string][]string // by what they are of, each once, in the order of the runs
	asked  map[string]int      // facts, by how many runs asked for them
	runs   int
}

func newSurroundings() surroundings {
	return surroundings{values: map[string][]string{}, asked: map[string]int{}}
}

func (f surroundings) add(key, value string) {
	if value != "" && !slices.Contains(f.values[key], value) {
		f.values[key] = append(f.values[key], value)
	}
}

// around returns what is around the two sides. What the comparison is by differs
// of itself.
func around(contests []contest, by string) (old, new surroundings) {
	old, new = newSurroundings(), newSurroundings()
	alone := directories(contests) == 1
	for _, c := range contests {
		old.addRuns(c.old.runs)
		new.addRuns(c.new.runs)
		for _, p := range c.pairs {
			addMounts(old, new, c, p, by, alone)
			if by != "transport" {
				old.addBuffers(p.old)
				new.addBuffers(p.new)
			}
		}
	}
	for _, side := range []surroundings{old, new} {
		delete(side.values, by)
		delete(side.asked, by)
	}
	return old, new
}

// directories is how many the pairs lie in, on either side.
func directories(contests []contest) int {
	all := map[string]bool{}
	for _, c := range contests {
		for _, p := range c.pairs {
			all[p.old.cell.Dir], all[p.new.cell.Dir] = true, true
		}
	}
	delete(all, "")
	return len(all)
}

func (f *surroundings) addRuns(runs []Run) {
	f.runs += len(runs)
	for _, run := range runs {
		for key, value := range Around(run.Run) {
			if _, isFact := run.Host[key]; isFact {
				f.asked[key]++
			}
			f.add(key, value)
		}
	}
}

// Around is what a run was measured in and with, as far as it is known: the facts
// that it asked for but those of a moment, its labels but those that only name it, and
// what it was told.
func Around(run results.Run) map[string]string {
	all := map[string]string{}
	for label, value := range run.Labels {
		if !results.LookupLabel(label).Naming {
			all[labelColumn+label] = value
		}
	}
	all["ipcbench"] = run.Version
	all["measured"] = measured(run.Plan)
	all["warmup"] = run.Plan.Warmup
	all["verify"] = run.Plan.Verify
	for fact, value := range run.Host {
		if !facts.Lookup(fact).Volatile {
			all[fact] = cmp.Or(value, Unsaid)
		}
	}
	return all
}

// addBuffers adds how much what the kernel made for the cell's launches holds:
// what was asked for is one thing, what a user's limits leave of it another.
func (f surroundings) addBuffers(g *group) {
	for _, launch := range g.measured() {
		for _, w := range launch.Workers {
			for what, bytes := range w.Buffers {
				f.add(what+" of "+launch.Transport, results.FormatSize(int(bytes)))
			}
		}
	}
}

func measured(plan results.Plan) string {
	if plan.Messages > 0 {
		return fmt.Sprintf("%d messages a launch", plan.Messages)
	}
	return results.FormatNS(float64(plan.TimeNS)) + " a launch"
}

// addMounts adds where a pair's cells lay. A directory goes by the new side's
// name; where it is what the comparison is by, all of them go by one, and where there
// is one alone, it needs none.
func addMounts(old, new surroundings, c contest, p pair, by string, alone bool) {
	from, to := p.old.cell.Dir, p.new.cell.Dir
	if from == "" || to == "" {
		return
	}
	alone = alone || by == "dir" || by == fstype
	if from != to && !alone {
		old.add("dir", from)
		new.add("dir", to)
	}
	below, belowNew := storageOf(c.old.runs, from), storageOf(c.new.runs, to)
	for _, side := range []struct {
		surroundings
		group *group
		below []string
	}{{old, p.old, below}, {new, p.new, belowNew}} {
		if len(below) > 0 && len(belowNew) > 0 { // older runs did not ask
			for _, says := range side.below {
				side.add(OfDirectory("storage", to, alone), says)
			}
		}
		for _, launch := range side.group.measured() {
			side.add(OfDirectory(fstype, to, alone), launch.FSType)
			side.add(OfDirectory("mount options", to, alone), launch.Mount)
		}
	}
}

// OfDirectory is what something of a directory is called among what is around a side: where
// that is the only one, it needs no name.
func OfDirectory(what, dir string, alone bool) string {
	if alone {
		return what
	}
	return what + " of " + dir
}

// storageOf is what the runs say lies below a directory's filesystem.
func storageOf(runs []Run, dir string) []string {
	var all []string
	for _, run := range runs {
		if says := results.Beneath(run.Storage[dir]); says != "" {
			all = append(all, says)
		}
	}
	return all
}

// An Extent is of how many facts something is known.
type Extent struct {
	Facts   int      // that there are, but for those of a moment
	OneSide []string // those that some runs did not ask for, what explains most often first
	Neither []string // those that no side says
}

// differences returns the facts of which the sides do not have the same values,
// and of how many that can be told.
func differences(old, new surroundings) ([]Difference, Extent) {
	var list []Difference
	var known Extent
	for _, key := range keys(old, new) {
		differs := !haveSame(key, old.values[key], new.values[key])
		if old.isFact(key) || new.isFact(key) {
			known.Facts++
			onAll := old.asked[key] == old.runs && new.asked[key] == new.runs
			onBoth := old.asked[key] > 0 && new.asked[key] > 0
			switch {
			case old.isSilent(key) && new.isSilent(key):
				known.Neither, differs = append(known.Neither, key), false
			case !onBoth || !onAll && !differs:
				known.OneSide, differs = append(known.OneSide, key), false
			}
		}
		if differs {
			list = append(list, Difference{key, joined(old.values[key]), joined(new.values[key])})
		}
	}
	return list, known
}

// keys are all that is around the sides or could be, what explains a change most
// often first.
func keys(old, new surroundings) []string {
	all := map[string]bool{}
	for _, fact := range facts.All {
		all[fact.Name] = !fact.Volatile
	}
	for _, side := range []surroundings{old, new} {
		for key := range side.values {
			all[key] = true
		}
	}
	maps.DeleteFunc(all, func(_ string, is bool) bool { return !is })
	return slices.SortedFunc(maps.Keys(all), ByLikelihood)
}

// ByLikelihood orders what is around runs: what explains a change most often
// first.
func ByLikelihood(a, b string) int {
	return cmp.Or(cmp.Compare(likelihood(a), likelihood(b)), strings.Compare(a, b))
}

// isFact reports whether the key is a fact's: of this version's, or of one that a
// run asked for.
func (f surroundings) isFact(key string) bool { return f.asked[key] > 0 || facts.Lookup(key).IsKnown() }

// isSilent reports whether no run of the side does.
func (f surroundings) isSilent(fact string) bool {
	return !slices.ContainsFunc(f.values[fact], func(value string) bool { return value != Unsaid })
}

func haveSame(key string, old, new []string) bool {
	if len(old) == 1 && len(new) == 1 && IsAboutTheSame(key, old[0], new[0]) {
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
	if place, explains := facts.Place(key); explains {
		return place
	}
	if i := slices.Index(settings, key); i >= 0 {
		return len(facts.All) + i
	}
	return len(facts.All) + len(settings)
}

package fleet

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"ipcbench/internal/facts"
	"ipcbench/results"
	"ipcbench/results/compare"
)

// A Class is hosts of the same hardware, and what changed on them: an answer by itself.
type Class struct {
	Name  string // what they are: "AMD EPYC"
	Hosts []Host // that have runs on both sides, by name
	Rows  []Row  // in reading order

	OneSided []string // hosts with runs on one side alone
	Moved    []string // cells that a host has on other CPUs on the other side: they are left out there
	Broken   []Broken
	Joined   []Joined // directories that count as one

	joined map[results.Cell]*Joined // by cells as on the new side of their host, those that lie in such
}

// A Host is one of a class, with its runs.
type Host struct {
	Name     string
	Old, New []*Run

	pairs map[results.Cell]results.Cell // by its cells on the old side, those that they are on the new one
}

// Broken is a cell that fails on the new side of hosts, and has results on their old one.
type Broken struct {
	Cell  results.Cell
	Hosts []string
}

// classify divides runs by their hosts' hardware. What a run does not say is no difference.
func classify(runs []*Run) [][]*Run {
	type like struct {
		run  compare.Run
		runs []*Run
	}
	var classes []*like
	byAround := map[string]*like{}
	for _, r := range runs {
		hardware := hardwareOf(r)
		key := keyOf(hardware)
		if class := byAround[key]; class != nil {
			class.runs = append(class.runs, r)
			continue
		}
		this := compare.Run{Run: results.Run{Name: r.Name, Host: hardware}}
		i := slices.IndexFunc(classes, func(c *like) bool { return len(compare.Hardware([]compare.Run{c.run, this})) == 0 })
		if i < 0 {
			i = len(classes)
			classes = append(classes, &like{run: this})
		}
		byAround[key] = classes[i]
		classes[i].runs = append(classes[i].runs, r)
	}
	var divided [][]*Run
	for _, c := range classes {
		divided = append(divided, c.runs)
	}
	return divided
}

// hardwareOf are the facts that tell one machine from another.
func hardwareOf(r *Run) map[string]string {
	hardware := map[string]string{}
	for _, fact := range facts.All {
		if value := r.Around[fact.Name]; fact.Hardware && value != "" && value != compare.Unsaid {
			hardware[fact.Name] = value
		}
	}
	return hardware
}

func keyOf(texts map[string]string) string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		b.WriteString(key + "\x00" + texts[key] + "\x00")
	}
	return b.String()
}

// nameClasses calls each class by its processor and, where several have the same, by what
// else tells them apart.
func nameClasses(classes [][]*Run) []string {
	names := make([]string, len(classes))
	for i, class := range classes {
		mine := hardwareOf(class[0])
		names[i] = cmp.Or(mine["cpu"], "hardware that does not say what it is")
		for j, other := range classes {
			theirs := hardwareOf(other[0])
			if i == j || mine["cpu"] != theirs["cpu"] {
				continue
			}
			for _, fact := range facts.All {
				if a, b := mine[fact.Name], theirs[fact.Name]; fact.Hardware && a != b && !compare.IsAboutTheSame(fact.Name, a, b) {
					if part := fact.Name + " " + cmp.Or(a, compare.Unsaid); !strings.Contains(names[i], part) {
						names[i] += ", " + part
					}
				}
			}
		}
	}
	return names
}

// hostsOf divides runs of both sides by their hosts. Those of one side alone say nothing of a
// change.
func hostsOf(runs []*Run, old, new Selection) (paired []Host, oneSided []string) {
	byName := map[string]*Host{}
	for _, r := range runs {
		h := byName[r.Host]
		if h == nil {
			h = &Host{Name: r.Host}
			byName[r.Host] = h
		}
		if old.Takes(r) {
			h.Old = append(h.Old, r)
		}
		if new.Takes(r) {
			h.New = append(h.New, r)
		}
	}
	for _, name := range slices.SortedFunc(maps.Keys(byName), naturally) {
		if h := byName[name]; len(h.Old) > 0 && len(h.New) > 0 {
			paired = append(paired, *h)
		} else {
			oneSided = append(oneSided, name)
		}
	}
	return paired, oneSided
}

// naturally orders names as people number them: h2 before h10.
func naturally(a, b string) int {
	x, y := numbered(a), numbered(b)
	return cmp.Or(strings.Compare(x, y), strings.Compare(a, b))
}

// numbered is the name with each number as long as all.
func numbered(name string) string {
	const wide = 20
	var b strings.Builder
	for i := 0; i < len(name); {
		end := i
		for end < len(name) && name[end] >= '0' && name[end] <= '9' {
			end++
		}
		if end == i {
			b.WriteByte(name[i])
			i++
			continue
		}
		b.WriteString(strings.Repeat("0", max(0, wide-(end-i))) + name[i:end])
		i = end
	}
	return b.String()
}

package bench

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ipcbench/internal/cpulist"
	"ipcbench/internal/host"
	"ipcbench/internal/near"
	"ipcbench/results"
	"ipcbench/transports"
)

// A Placement is where the two ends of a pair run.
type Placement struct {
	Name   string // of one of results.Placements, or "A-B"
	Doc    string
	CPUs   []int  // producer's, consumer's; nil: not pinned, or not available
	Reason string // why this machine has no such pair, or why a spec cannot use it; "" where it can
}

// Placements lists the named placements with the pair of CPUs that each
// stands for on this machine, nearest first.
func Placements() ([]Placement, error) {
	m, err := thisMachine()
	if err != nil {
		return nil, err
	}
	return m.placements(), nil
}

// resolve returns the placements that name, as a user writes it, stands for
// with this spec. An error means that name is wrong; a placement that cannot
// be had says so in its Reason.
func resolve(name string, spec transports.Spec) ([]Placement, error) {
	m, err := thisMachine()
	if err != nil {
		return nil, err
	}
	return m.resolve(name, spec)
}

// unknown is the relation of two CPUs of which the kernel does not say whether
// they share a cache, as where /sys is not mounted. They go by their numbers.
const unknown = ""

// relation returns the name of the placement on two CPUs. Every two are in
// exactly one.
func relation(a, b host.CPU) string {
	switch {
	case a.ID == b.ID:
		return results.SameCPU
	case slices.Contains(a.Siblings, b.ID):
		return results.SMT
	case !a.Alike(b):
		return results.Unlike
	case a.Node != b.Node:
		return results.CrossNode
	case a.LLC < 0 || b.LLC < 0:
		return unknown
	case a.LLC != b.LLC:
		return results.CrossLLC
	}
	return results.SameLLC
}

// machine is the CPUs that this process may use, in ascending order, never
// none.
type machine []host.CPU

// thisMachine reads what the kernel lets this process use. Where sysfs says
// otherwise, as in a container that masks it, what can be used is used, and doctor
// says what contradicts it.
func thisMachine() (machine, error) {
	allowed, refused := host.Affinity()
	topology, err := host.ReadTopology("/", allowed)
	if err != nil {
		return nil, fmt.Errorf("placement: %w; %w", refused, err)
	}
	return topology.CPUs, nil
}

func (m machine) placements() []Placement {
	var all []Placement
	for _, known := range results.Placements() {
		p := Placement{Name: known.Name, Doc: known.Doc}
		switch known.Name {
		case results.SameCPU:
			p.CPUs = []int{m[0].ID, m[0].ID}
		case results.Free:
		default:
			p.CPUs = m.pair(known.Name)
			p.Reason = m.without(known, p.CPUs)
			p.Doc = m.kinds(p)
		}
		all = append(all, p)
	}
	return all
}

// kinds says of which kinds the cores of a placement are, where these differ, and
// its Doc otherwise.
func (m machine) kinds(p Placement) string {
	if p.CPUs == nil {
		return p.Doc
	}
	a, _ := m.cpu(p.CPUs[0])
	b, _ := m.cpu(p.CPUs[1])
	if a.Alike(b) {
		return p.Doc
	}
	return fmt.Sprintf("two cores of different kinds: %s and %s", a.Describe(b), b.Describe(a))
}

// without says why no two CPUs are related as a placement wants, "" where these
// are.
func (m machine) without(p results.Placement, cpus []int) string {
	switch {
	case cpus != nil:
		return ""
	case m.pair(unknown) != nil:
		return fmt.Sprintf("the kernel does not say what CPUs %s share: mount /sys, or give two CPU numbers", m)
	}
	return fmt.Sprintf("%s among the CPUs this process may use (%s)", p.Absent, m)
}

// together is the placement of both ends on the first CPU: nothing is nearer.
func (m machine) together() Placement { return m.placements()[0] }

// pair returns the lowest two CPUs that are related as name says, or nil.
func (m machine) pair(name string) []int {
	for i, a := range m {
		for _, b := range m[i+1:] {
			if relation(a, b) == name {
				return []int{a.ID, b.ID}
			}
		}
	}
	return nil
}

func (m machine) resolve(name string, spec transports.Spec) ([]Placement, error) {
	chosen, err := m.named(name, spec)
	if err != nil {
		return nil, err
	}
	if spec.Caps().Has(transports.OneProcess) {
		return []Placement{m.together()}, nil
	}
	for i, p := range chosen {
		if p.Reason == "" && spec.Waits().KeepsCPU && m.onOneCPU(p) {
			chosen[i].Reason = "two spinning ends need two CPUs: each would burn the other's time slice: choose " + otherWays(spec)
		}
	}
	return chosen, nil
}

func (m machine) named(name string, spec transports.Spec) ([]Placement, error) {
	if name == results.Auto {
		return m.auto(spec.Waits()), nil
	}
	all := m.placements()
	for _, p := range all {
		if p.Name == name {
			return []Placement{p}, nil
		}
	}
	if producer, consumer, ok := parsePair(name); ok {
		p, err := m.explicit(producer, consumer)
		return []Placement{p}, err
	}
	return nil, CheckPlacement(name)
}

// CheckPlacement says what is wrong with the name of a placement as a user writes it,
// on whatever machine, or nil.
func CheckPlacement(name string) error {
	known := []near.Word{{Name: results.Auto}}
	for _, p := range results.Placements() {
		known = append(known, near.Word{Name: p.Name, Also: p.Also})
	}
	if _, _, numbers := parsePair(name); numbers || slices.ContainsFunc(known, func(k near.Word) bool { return k.Name == name }) {
		return nil
	}
	if cpu, err := strconv.Atoi(name); err == nil && cpu >= 0 {
		return fmt.Errorf("placement %q is one CPU: write two with a dash, the producer's and the consumer's, as 0-1", name)
	}
	return fmt.Errorf("no placement is called %q: %s, and two CPU numbers such as 0-1", name, near.Hint(name, "there are", known))
}

// auto returns the nearest pair of different cores of one kind and, where an end
// that waits gives its CPU up, one CPU as well. Cores of different kinds, and
// hardware threads of one core, are taken only where there is nothing else.
func (m machine) auto(waits transports.Waiting) []Placement {
	var chosen []Placement
	if !waits.KeepsCPU && !waits.GivesWay {
		chosen = append(chosen, m.together())
	}
	all := m.placements()
	for _, name := range []string{results.SameLLC, results.CrossLLC, results.CrossNode, results.Unlike, results.SMT} {
		i := slices.IndexFunc(all, func(p Placement) bool { return p.Name == name })
		if all[i].Reason == "" {
			return append(chosen, all[i])
		}
	}
	if pair := m.pair(unknown); pair != nil {
		return append(chosen, m.numbered(pair[0], pair[1]))
	}
	return []Placement{m.together()}
}

// explicit returns the placement on two CPUs given by number.
func (m machine) explicit(producer, consumer int) (Placement, error) {
	a, okA := m.cpu(producer)
	b, okB := m.cpu(consumer)
	if !okA || !okB {
		missing := producer
		if okA {
			missing = consumer
		}
		return Placement{}, fmt.Errorf("placement %d-%d: this process may not use CPU %d, or there is none: choose among %s", producer, consumer, missing, m)
	}
	p := m.numbered(producer, consumer)
	switch known := relation(a, b); known {
	case unknown:
	case results.Unlike:
		p.Doc = fmt.Sprintf("the CPUs of these numbers (%s)", m.kinds(p))
	default:
		p.Doc = fmt.Sprintf("the CPUs of these numbers (%s)", known)
	}
	return p, nil
}

func (m machine) numbered(producer, consumer int) Placement {
	return Placement{
		Name: fmt.Sprintf("%d-%d", producer, consumer),
		Doc:  "the CPUs of these numbers",
		CPUs: []int{producer, consumer},
	}
}

func (m machine) cpu(id int) (host.CPU, bool) { return host.Topology{CPUs: m}.CPU(id) }

// onOneCPU reports whether both ends have to share one CPU.
func (m machine) onOneCPU(p Placement) bool {
	if p.CPUs == nil {
		return len(m) == 1
	}
	return p.CPUs[0] == p.CPUs[1]
}

// String lists the CPU numbers: "0-3,8".
func (m machine) String() string {
	var ids []int
	for _, cpu := range m {
		ids = append(ids, cpu.ID)
	}
	return cpulist.Format(ids)
}

func parsePair(text string) (producer, consumer int, ok bool) {
	a, b, found := strings.Cut(text, "-")
	producer, errA := strconv.Atoi(a)
	consumer, errB := strconv.Atoi(b)
	return producer, consumer, found && errA == nil && errB == nil && producer >= 0 && consumer >= 0
}

// otherWays says how else spec could be run than by spinning on one CPU.
func otherWays(spec transports.Spec) string {
	var ways []string
	if t, err := transports.Lookup(spec.Transport); err == nil {
		for _, option := range t.Info().Options {
			for _, value := range option.Values {
				if option.Name == "wait" && !value.Waits.KeepsCPU {
					ways = append(ways, "wait="+value.Name)
				}
			}
		}
	}
	if ways == nil {
		return "another --placement"
	}
	return strings.Join(ways, ", ") + " or another --placement"
}

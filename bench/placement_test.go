package bench

import (
	"slices"
	"strings"
	"testing"

	"ipcbench/internal/cpulist"
	"ipcbench/internal/host"
	"ipcbench/results"
	"ipcbench/transports"

	"github.com/google/go-cmp/cmp"
)

func parse(t *testing.T, text string) transports.Spec {
	t.Helper()
	s, err := transports.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The machines of the tests.
var (
	oneCPU = machine{{ID: 0, Siblings: []int{0}}}
	vm     = machine{{ID: 0, Siblings: []int{0}}, {ID: 1, Core: 1, Siblings: []int{1}}}
	oneSMT = machine{{ID: 2, Siblings: []int{2, 10}}, {ID: 10, Siblings: []int{2, 10}, LLC: 2}}
	// smtDesktop: 8 cores, thread n and n+8, two last-level caches.
	smtDesktop = build(16, func(id int) host.CPU {
		core := id % 8
		return host.CPU{ID: id, Core: core, Siblings: []int{core, core + 8}, LLC: core / 4 * 4}
	})
	twoSockets = build(8, func(id int) host.CPU {
		return host.CPU{ID: id, Package: id / 4, Core: id % 4, Siblings: []int{id}, Node: id / 4, LLC: id / 4 * 4}
	})
	// noSysfs does not say what its CPUs share.
	noSysfs = build(2, func(id int) host.CPU { return host.CPU{ID: id, Core: id, Siblings: []int{id}, LLC: -1} })
	// lonelyCaches has a last-level cache for every core.
	lonelyCaches = build(4, func(id int) host.CPU {
		return host.CPU{ID: id, Core: id, Siblings: []int{id}, Node: id / 2, LLC: id}
	})
	// hybrid: 2 P cores of 2 threads, 4 E cores and 2 that lie outside of the cache.
	hybrid = build(10, func(id int) host.CPU {
		switch {
		case id < 4:
			return host.CPU{ID: id, Core: id / 2, Siblings: []int{id / 2 * 2, id/2*2 + 1}, Kind: "P"}
		case id < 8:
			return host.CPU{ID: id, Core: id, Siblings: []int{id}, Kind: "E"}
		}
		return host.CPU{ID: id, Core: id, Siblings: []int{id}, Kind: "LP-E", LLC: 8}
	})
	// bigLITTLE: 2 slow cores and 2 fast ones, one cache.
	bigLITTLE = build(4, func(id int) host.CPU {
		return host.CPU{ID: id, Core: id, Siblings: []int{id}, Capacity: []int{446, 446, 1024, 1024}[id]}
	})
	// masked: sysfs describes only the first of two CPUs that may be used.
	masked = machine{{ID: 0, Siblings: []int{0}}, {ID: 1, Core: 1, Siblings: []int{1}, LLC: -1}}
)

func build(n int, cpu func(id int) host.CPU) machine {
	m := make(machine, n)
	for id := range m {
		m[id] = cpu(id)
	}
	return m
}

func TestNamedPlacements(t *testing.T) {
	none := []int(nil)
	for name, c := range map[string]struct {
		machine
		want map[string][]int
	}{
		"one CPU":       {oneCPU, map[string][]int{results.SameCPU: {0, 0}, results.SMT: none, results.SameLLC: none, results.CrossLLC: none, results.CrossNode: none, results.Unlike: none, results.Free: none}},
		"2-CPU VM":      {vm, map[string][]int{results.SameCPU: {0, 0}, results.SMT: none, results.SameLLC: {0, 1}, results.CrossLLC: none, results.CrossNode: none, results.Unlike: none, results.Free: none}},
		"SMT desktop":   {smtDesktop, map[string][]int{results.SameCPU: {0, 0}, results.SMT: {0, 8}, results.SameLLC: {0, 1}, results.CrossLLC: {0, 4}, results.CrossNode: none, results.Unlike: none, results.Free: none}},
		"two sockets":   {twoSockets, map[string][]int{results.SameCPU: {0, 0}, results.SMT: none, results.SameLLC: {0, 1}, results.CrossLLC: none, results.CrossNode: {0, 4}, results.Unlike: none, results.Free: none}},
		"no sysfs":      {noSysfs, map[string][]int{results.SameCPU: {0, 0}, results.SMT: none, results.SameLLC: none, results.CrossLLC: none, results.CrossNode: none, results.Unlike: none, results.Free: none}},
		"lonely caches": {lonelyCaches, map[string][]int{results.SameCPU: {0, 0}, results.SMT: none, results.SameLLC: none, results.CrossLLC: {0, 1}, results.CrossNode: {0, 2}, results.Unlike: none, results.Free: none}},
		"hybrid":        {hybrid, map[string][]int{results.SameCPU: {0, 0}, results.SMT: {0, 1}, results.SameLLC: {0, 2}, results.CrossLLC: none, results.CrossNode: none, results.Unlike: {0, 4}, results.Free: none}},
		"big.LITTLE":    {bigLITTLE, map[string][]int{results.SameCPU: {0, 0}, results.SMT: none, results.SameLLC: {0, 1}, results.CrossLLC: none, results.CrossNode: none, results.Unlike: {0, 2}, results.Free: none}},
		"masked sysfs":  {masked, map[string][]int{results.SameCPU: {0, 0}, results.SMT: none, results.SameLLC: none, results.CrossLLC: none, results.CrossNode: none, results.Unlike: none, results.Free: none}},
	} {
		t.Run(name, func(t *testing.T) {
			got := map[string][]int{}
			for _, p := range c.machine.placements() {
				got[p.Name] = p.CPUs
				if (p.CPUs == nil) != (p.Reason != "" || p.Name == results.Free) {
					t.Errorf("%s: CPUs %v and reason %q do not agree", p.Name, p.CPUs, p.Reason)
				}
				if p.Doc == "" {
					t.Errorf("%s has no doc", p.Name)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// brief writes placements as "same-cpu 0 0", "smt: reason".
func brief(placements []Placement) []string {
	var lines []string
	for _, p := range placements {
		line := p.Name
		if p.CPUs != nil {
			line += " " + cpulist.Format(p.CPUs[:1]) + " " + cpulist.Format(p.CPUs[1:])
		}
		if p.Reason != "" {
			line += ": refused"
		}
		lines = append(lines, line)
	}
	return lines
}

func TestResolve(t *testing.T) {
	for _, c := range []struct {
		where      string
		machine    machine
		name, spec string
		want       []string
	}{
		{"VM", vm, "auto", "mmap:wait=futex", []string{"same-cpu 0 0", "same-llc 0 1"}},
		{"VM", vm, "auto", "pipe:wait=go", []string{"same-cpu 0 0", "same-llc 0 1"}},
		{"VM", vm, "auto", "mmap:wait=yield", []string{"same-llc 0 1"}},
		{"VM", vm, "auto", "mmap:wait=spin", []string{"same-llc 0 1"}},
		{"SMT desktop", smtDesktop, "auto", "mmap:wait=spin", []string{"same-llc 0 1"}},
		{"lonely caches", lonelyCaches, "auto", "mmap:wait=spin", []string{"cross-llc 0 1"}},
		{"no sysfs", noSysfs, "auto", "pipe", []string{"same-cpu 0 0", "0-1 0 1"}},
		{"masked sysfs", masked, "auto", "pipe", []string{"same-cpu 0 0", "0-1 0 1"}},
		{"masked sysfs", masked, "free", "pipe", []string{"free"}},
		{"hybrid", hybrid, "auto", "mmap:wait=spin", []string{"same-llc 0 2"}},
		{"hybrid, one of each kind allowed", machine{hybrid[0], hybrid[4], hybrid[8]}, "auto", "mmap:wait=spin", []string{"unlike-cores 0 4"}},
		{"hybrid, one fast core and two others allowed", machine{hybrid[0], hybrid[4], hybrid[5]}, "auto", "mmap:wait=spin", []string{"same-llc 4 5"}},
		{"big.LITTLE", bigLITTLE, "auto", "mmap:wait=spin", []string{"same-llc 0 1"}},
		{"sockets, one core each allowed", machine{twoSockets[1], twoSockets[5]}, "auto", "mmap:wait=spin", []string{"cross-node 1 5"}},
		{"one core with SMT", oneSMT, "auto", "mmap:wait=futex", []string{"same-cpu 2 2", "smt 2 10"}},
		{"one CPU", oneCPU, "auto", "mmap:wait=futex", []string{"same-cpu 0 0"}},
		{"one CPU", oneCPU, "auto", "mmap:wait=yield", []string{"same-cpu 0 0"}},
		{"one CPU", oneCPU, "auto", "mmap:wait=spin", []string{"same-cpu 0 0: refused"}},
		{"one CPU", oneCPU, "free", "mmap:wait=spin", []string{"free: refused"}},
		{"one CPU", oneCPU, "smt", "mmap:wait=spin", []string{"smt: refused"}},
		{"VM", vm, "same-cpu", "mmap:wait=spin", []string{"same-cpu 0 0: refused"}},
		{"VM", vm, "same-cpu", "mmap:wait=yield", []string{"same-cpu 0 0"}},
		{"VM", vm, "free", "mmap:wait=spin", []string{"free"}},
		{"VM", vm, "1-0", "mmap:wait=spin", []string{"1-0 1 0"}},
		{"VM", vm, "1-1", "mmap:wait=futex", []string{"1-1 1 1"}},
		{"VM", vm, "1-1", "mmap:wait=spin", []string{"1-1 1 1: refused"}},
		{"VM", vm, "cross-node", "mmap:wait=futex", []string{"cross-node: refused"}},
	} {
		got, err := c.machine.resolve(c.name, parse(t, c.spec))
		if err != nil {
			t.Errorf("%s: %s %s: %v", c.where, c.name, c.spec, err)
		}
		if diff := cmp.Diff(c.want, brief(got)); diff != "" {
			t.Errorf("%s: %s %s (-want +got)\n%s", c.where, c.name, c.spec, diff)
		}
	}
}

func TestUnlikeCoresAreNamed(t *testing.T) {
	for name, want := range map[string]string{"unlike-cores": "P and E", "0-8": "P and LP-E", "9-5": "LP-E and E"} {
		got, err := hybrid.resolve(name, parse(t, "pipe"))
		if err != nil || !strings.Contains(got[0].Doc, want) {
			t.Errorf("%s is %+v, %v, want %s", name, got, err, want)
		}
	}
}

func TestASpinningPairOnOneCPUIsToldWhatElseToChoose(t *testing.T) {
	got, err := vm.resolve("same-cpu", parse(t, "mmap:wait=spin"))
	if err != nil {
		t.Fatal(err)
	}
	for _, remedy := range []string{"wait=futex", "wait=yield", "--placement"} {
		if !strings.Contains(got[0].Reason, remedy) {
			t.Errorf("%q does not name %s", got[0].Reason, remedy)
		}
	}
}

func TestOneProcessRunsOnceOnOneCPU(t *testing.T) {
	for _, name := range []string{"auto", results.SameCPU, results.CrossNode, results.Free, "4-1"} {
		got, err := smtDesktop.resolve(name, parse(t, "null"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff([]string{"same-cpu 0 0"}, brief(got)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

func TestWrongPlacementsAreRefusedWithWhatThereIs(t *testing.T) {
	for name, want := range map[string]string{
		"same-core": "same-llc",
		"":          "cross-node",
		"0-9":       "CPU 9",
		"7-1":       "choose among 0-1",
		"-1-0":      "such as 0-1",
		"0-":        "such as 0-1",
	} {
		for _, text := range []string{"pipe", "null"} {
			got, err := vm.resolve(name, parse(t, text))
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: got %v, %v, want one line that has %q", name, got, err, want)
			}
		}
	}
}

func TestThisMachinesPlacementsUseCPUsItMayUse(t *testing.T) {
	all, err := Placements()
	if err != nil {
		t.Fatal(err)
	}
	allowed, err := host.Affinity()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		for _, cpu := range p.CPUs {
			if !slices.Contains(allowed, cpu) {
				t.Errorf("%s uses CPU %d; this process may use %v", p.Name, cpu, allowed)
			}
		}
	}
}

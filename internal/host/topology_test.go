package host

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ipcbench/internal/cpulist"
)

// tree writes files below a new root and returns it.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// sysfs describes CPUs as the kernel does, from what ReadTopology should make
// of them; llc is the set of CPUs that share the last-level cache.
func sysfs(cpus []CPU, llc map[int]string) map[string]string {
	files := map[string]string{}
	var all []int
	nodes := map[int][]int{}
	for _, c := range cpus {
		all = append(all, c.ID)
		nodes[c.Node] = append(nodes[c.Node], c.ID)
		dir := fmt.Sprintf("%s/cpu%d/", cpuDir, c.ID)
		siblings := cpulist.Format(c.Siblings) + "\n"
		files[dir+"topology/physical_package_id"] = fmt.Sprintln(c.Package)
		files[dir+"topology/core_id"] = fmt.Sprintln(c.Core)
		files[dir+"topology/thread_siblings_list"] = siblings
		for index, shared := range []string{siblings, siblings, siblings, llc[c.ID] + "\n"} {
			files[fmt.Sprintf("%scache/index%d/level", dir, index)] = []string{"1\n", "1\n", "2\n", "3\n"}[index]
			files[fmt.Sprintf("%scache/index%d/shared_cpu_list", dir, index)] = shared
		}
	}
	files[cpuDir+"/online"] = cpulist.Format(all) + "\n"
	for node, list := range nodes {
		files[fmt.Sprintf("sys/devices/system/node/node%d/cpulist", node)] = cpulist.Format(list) + "\n"
	}
	return files
}

func TestReadTopologyUnderstandsSysfs(t *testing.T) {
	for name, cpus := range map[string][]CPU{
		"one CPU":            {{Siblings: []int{0}}},
		"2-CPU VM":           {{Siblings: []int{0}}, {ID: 1, Core: 1, Siblings: []int{1}}},
		"CPU 1 is off-line":  {{Siblings: []int{0}}, {ID: 2, Core: 2, Siblings: []int{2}}},
		"8 cores with SMT":   smtDesktop(),
		"2 sockets, 2 nodes": twoSockets(),
	} {
		t.Run(name, func(t *testing.T) {
			llc := map[int]string{}
			for _, c := range cpus {
				var shared []int
				for _, other := range cpus {
					if other.LLC == c.LLC {
						shared = append(shared, other.ID)
					}
				}
				llc[c.ID] = cpulist.Format(shared)
			}
			got, err := ReadTopology(tree(t, sysfs(cpus, llc)), nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(cpus, got.CPUs); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// smtDesktop has two threads a core, numbered n and n+8, and two groups of
// four cores with a cache each.
func smtDesktop() []CPU {
	var cpus []CPU
	for id := range 16 {
		core := id % 8
		cpus = append(cpus, CPU{ID: id, Core: core, Siblings: []int{core, core + 8}, LLC: core / 4 * 4})
	}
	return cpus
}

func twoSockets() []CPU {
	var cpus []CPU
	for id := range 8 {
		socket := id / 4
		cpus = append(cpus, CPU{ID: id, Package: socket, Core: id % 4, Siblings: []int{id}, Node: socket, LLC: socket * 4})
	}
	return cpus
}

func TestReadTopologyWithoutDetail(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"only the list of CPUs": {cpuDir + "/online": "0-1\n"},
		"no sysfs":              {"proc/self/status": "Name:\tx\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\nMems_allowed:\t1\n"},
		"package unknown":       {cpuDir + "/online": "0-1\n", cpuDir + "/cpu0/topology/physical_package_id": "-1\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ReadTopology(tree(t, files), nil)
			if err != nil {
				t.Fatal(err)
			}
			want := []CPU{{Siblings: []int{0}, LLC: -1}, {ID: 1, Core: 1, Siblings: []int{1}, LLC: -1}}
			if diff := cmp.Diff(want, got.CPUs); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestWithoutCachesAPackageSharesOne(t *testing.T) {
	files := map[string]string{cpuDir + "/online": "0-1\n"}
	for id := range 2 {
		files[fmt.Sprintf("%s/cpu%d/topology/core_siblings_list", cpuDir, id)] = "0-1\n"
	}
	got, err := ReadTopology(tree(t, files), nil)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := got.CPUs[0].LLC, got.CPUs[1].LLC; a != b {
		t.Errorf("last-level caches %d and %d, want one", a, b)
	}
}

func TestReadTopologyRefusesNonsense(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"nothing at all":   {},
		"an empty list":    {cpuDir + "/online": "\n"},
		"a list of garble": {cpuDir + "/online": "0-x\n"},
	} {
		if got, err := ReadTopology(tree(t, files), nil); err == nil {
			t.Errorf("%s: got %+v and no error", name, got)
		}
	}
}

func TestThisMachinesTopologyHasEveryCPUItMayUse(t *testing.T) {
	topology, err := ReadTopology("/", nil)
	if err != nil {
		t.Fatal(err)
	}
	allowed, err := Affinity()
	if err != nil || len(allowed) == 0 {
		t.Fatalf("allowed CPUs %v, error %v", allowed, err)
	}
	for _, id := range allowed {
		cpu, ok := topology.CPU(id)
		if !ok || !slices.Contains(cpu.Siblings, id) {
			t.Errorf("CPU %d may be used; the topology has %+v, %v", id, cpu, ok)
		}
	}
}

package host

import (
	"fmt"
	"strings"
	"testing"

	"ipcbench/internal/cpulist"
)

// A coreType is some CPUs of a faked machine that are alike.
type coreType struct {
	cpus     string
	threads  int    // a core
	cluster  int    // CPUs that share their L2
	l3       string // who shares theirs; "": they have none
	capacity int    // 0: the kernel does not say
	maxKHz   int
}

// faked is the sysfs of a machine of such cores.
func faked(t *testing.T, types ...coreType) map[string]string {
	t.Helper()
	files, all := map[string]string{}, ""
	for _, c := range types {
		ids, err := cpulist.Parse(c.cpus)
		if err != nil {
			t.Fatal(err)
		}
		all += "," + c.cpus
		around := func(i, n int) string { return cpulist.Format(ids[i/n*n : min(len(ids), i/n*n+n)]) }
		for i, id := range ids {
			dir := fmt.Sprintf("%s/cpu%d/", cpuDir, id)
			files[dir+"topology/thread_siblings_list"] = around(i, c.threads)
			files[dir+"topology/cluster_cpus_list"] = around(i, c.cluster)
			files[dir+"cache/index2/level"], files[dir+"cache/index2/shared_cpu_list"] = "2", around(i, c.cluster)
			if c.l3 != "" {
				files[dir+"cache/index3/level"], files[dir+"cache/index3/shared_cpu_list"] = "3", c.l3
			}
			if c.capacity > 0 {
				files[dir+"cpu_capacity"] = fmt.Sprint(c.capacity)
			}
			if c.maxKHz > 0 {
				files[dir+"cpufreq/cpuinfo_max_freq"] = fmt.Sprint(c.maxKHz)
			}
		}
	}
	files[cpuDir+"/online"] = strings.TrimPrefix(all, ",")
	return files
}

// kindsBy are the CPUs of a topology by what they are described as beside the
// first.
func kindsBy(topology Topology) map[string][]int {
	by := map[string][]int{}
	for _, cpu := range topology.CPUs {
		name := "as the first"
		if first := topology.CPUs[0]; !cpu.Alike(first) {
			name = cpu.Describe(first)
		}
		by[name] = append(by[name], cpu.ID)
	}
	return by
}

func TestCoresOfDifferentKindsAreTold(t *testing.T) {
	pAndE := map[string]string{"sys/devices/cpu_core/cpus": "0-3", "sys/devices/cpu_atom/cpus": "4-9"}
	for name, c := range map[string]struct {
		types []coreType
		more  map[string]string
		want  string
	}{
		"Intel P, E and LP-E, which the kernel calls E": {
			[]coreType{{"0-3", 2, 2, "0-7", 0, 5100000}, {"4-7", 1, 4, "0-7", 0, 3800000}, {"8-9", 1, 2, "", 0, 2500000}},
			pAndE, "map[E:[4 5 6 7] LP-E:[8 9] as the first:[0 1 2 3]]"},
		"Intel, where the kernel names LP-E": {
			[]coreType{{"0-3", 1, 1, "0-7", 0, 0}, {"4-7", 1, 4, "0-7", 0, 0}, {"8-9", 1, 2, "", 0, 0}},
			map[string]string{"sys/devices/cpu_core/cpus": "0-3", "sys/devices/cpu_atom/cpus": "4-7", "sys/devices/cpu_lowpower/cpus": "8-9"},
			"map[E:[4 5 6 7] LP-E:[8 9] as the first:[0 1 2 3]]"},
		"ARM big.LITTLE": {
			[]coreType{{"0-3", 1, 4, "0-7", 446, 0}, {"4-6", 1, 3, "0-7", 871, 0}, {"7", 1, 1, "0-7", 1024, 0}},
			nil, "map[as the first:[0 1 2 3] capacity 1024:[7] capacity 871:[4 5 6]]"},
		"AMD with dense cores, by their frequency": {
			[]coreType{{"0-7", 2, 2, "0-7", 0, 5100000}, {"8-23", 2, 2, "8-23", 0, 3300000}},
			nil, "map[3.3 GHz:[8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23] as the first:[0 1 2 3 4 5 6 7]]"},
		"favoured cores are of the same kind": {
			[]coreType{{"0-1", 1, 1, "0-7", 1024, 5300000}, {"2-7", 1, 1, "0-7", 1009, 5000000}},
			nil, "map[as the first:[0 1 2 3 4 5 6 7]]"},
		"a virtual machine that shows none of it": {[]coreType{{"0-9", 1, 1, "0-9", 0, 0}}, nil, "map[as the first:[0 1 2 3 4 5 6 7 8 9]]"},
	} {
		files := faked(t, c.types...)
		for path, text := range c.more {
			files[path] = text
		}
		topology, err := ReadTopology(tree(t, files), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(kindsBy(topology)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// In a container that masks sysfs, CPU 0 was said to be the only one online and CPU
// 1 to be the only one allowed: nothing could be measured, nor even listed.
func TestWhatTheKernelLetsUseIsThereWhateverSysfsSays(t *testing.T) {
	files := faked(t, coreType{"0", 1, 1, "0", 0, 0})
	for _, allowed := range [][]int{{1}, {0, 1}} {
		topology, err := ReadTopology(tree(t, files), allowed)
		if err != nil || len(topology.CPUs) != len(allowed) {
			t.Fatalf("of CPUs %v: %+v, %v", allowed, topology, err)
		}
		if cpu, ok := topology.CPU(1); !ok || cpu.LLC != -1 || len(cpu.Siblings) != 1 {
			t.Errorf("of CPUs %v, that of which sysfs says nothing is %+v", allowed, cpu)
		}
	}
}

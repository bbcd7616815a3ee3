package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ipcbench/internal/cpulist"
	"ipcbench/internal/host"
	"ipcbench/results"
)

// server is two sockets of 16 cores with two threads each, numbered as the kernel
// does it, n and n+32, and four last-level caches a socket.
var server = build(64, func(id int) host.CPU {
	core := id % 32
	return host.CPU{ID: id, Package: core / 16, Core: core % 16, Siblings: []int{core, core + 32}, Node: core / 16, LLC: core / 4 * 4}
})

func TestNearCPUsLieTogether(t *testing.T) {
	for name, c := range map[string]struct {
		machine
		want string
	}{
		"2-CPU VM":    {vm, "[0 1]"},
		"SMT desktop": {smtDesktop, "[0 8 1 9 2 10 3 11 4 12 5 13 6 14 7 15]"},
		"two sockets": {build(4, func(id int) host.CPU {
			return host.CPU{ID: id, Package: id % 2, Siblings: []int{id}, Node: id % 2, LLC: id % 2}
		}), "[0 2 1 3]"},
		"hybrid": {hybrid, "[0 1 2 3 4 5 6 7 8 9]"},
	} {
		var order []int
		for _, core := range c.machine.cores() {
			order = append(order, core.CPU)
		}
		if got := fmt.Sprint(order); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestEveryPairHasItsRelation(t *testing.T) {
	for name, c := range map[string]struct {
		machine
		want map[string]int
	}{
		"2-CPU VM": {vm, map[string]int{results.SameLLC: 1}},
		"server": {server, map[string]int{
			results.SMT: 32, results.SameLLC: 8 * (28 - 4), results.CrossLLC: 2 * 6 * 64, results.CrossNode: 32 * 32,
		}},
		"hybrid":   {hybrid, map[string]int{results.SMT: 2, results.SameLLC: 4 + 6 + 1, results.Unlike: 4*4 + 4*2 + 4*2}},
		"no sysfs": {noSysfs, map[string]int{unknown: 1}},
	} {
		got := map[string]int{}
		for _, p := range c.machine.corePairs() {
			got[p.Relation]++
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// sysfsOf describes CPUs as the kernel does, in files below a new directory.
func sysfsOf(t *testing.T, m machine) (root string) {
	t.Helper()
	root = t.TempDir()
	write := func(path, text string) {
		path = filepath.Join(root, "sys/devices", path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text+"\n"), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	nodes, kinds, caches := map[int][]int{}, map[string][]int{}, map[int][]int{}
	for _, cpu := range m {
		nodes[cpu.Node] = append(nodes[cpu.Node], cpu.ID)
		kinds[cpu.Kind] = append(kinds[cpu.Kind], cpu.ID)
		caches[cpu.LLC] = append(caches[cpu.LLC], cpu.ID)
	}
	for _, cpu := range m {
		dir := fmt.Sprintf("system/cpu/cpu%d/", cpu.ID)
		write(dir+"topology/physical_package_id", fmt.Sprint(cpu.Package))
		write(dir+"topology/core_id", fmt.Sprint(cpu.Core))
		write(dir+"topology/thread_siblings_list", cpulist.Format(cpu.Siblings))
		level := 3
		if cpu.Kind == "LP-E" {
			level = 2
		}
		write(fmt.Sprintf("%scache/index%d/level", dir, level), fmt.Sprint(level))
		write(fmt.Sprintf("%scache/index%d/shared_cpu_list", dir, level), cpulist.Format(caches[cpu.LLC]))
	}
	for node, cpus := range nodes {
		write(fmt.Sprintf("system/node/node%d/cpulist", node), cpulist.Format(cpus))
	}
	if kinds["P"] != nil {
		write("cpu_core/cpus", cpulist.Format(kinds["P"]))
		write("cpu_atom/cpus", cpulist.Format(slices.Concat(kinds["E"], kinds["LP-E"]))) // the kernel has one name for both
	}
	write("system/cpu/online", m.String())
	return root
}

func TestCoresAreAsSysfsDescribesThem(t *testing.T) {
	for name, m := range map[string]machine{"server of 64 CPUs": server, "hybrid": hybrid} {
		topology, err := host.ReadTopology(sysfsOf(t, m), nil)
		if err != nil {
			t.Fatal(err)
		}
		read := machine(topology.CPUs)
		if diff := cmp.Diff(m.cores(), read.cores()); diff != "" {
			t.Errorf("%s: cores (-want +got)\n%s", name, diff)
		}
		if diff := cmp.Diff(m.corePairs(), read.corePairs()); diff != "" {
			t.Errorf("%s: pairs (-want +got)\n%s", name, diff)
		}
	}
}

func TestKindsOfCoreAreNamedWhereThereAreSeveral(t *testing.T) {
	for name, c := range map[string]struct {
		machine
		want []string
	}{
		"2-CPU VM":   {vm, []string{""}},
		"hybrid":     {hybrid, []string{"P", "E", "LP-E"}},
		"big.LITTLE": {bigLITTLE, []string{"capacity 446", "capacity 1024"}},
	} {
		var kinds []string
		for _, core := range c.machine.cores() {
			kinds = append(kinds, core.Kind)
		}
		if got := slices.Compact(kinds); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestAPlanFitsIntoItsTime(t *testing.T) {
	for cpus, limit := range map[int]time.Duration{2: 10 * time.Second, 64: time.Minute} {
		p := CoresPlan{Passes: 9, machine: server[:cpus]}
		p.Time = p.usualTime()
		if p.limit() > limit {
			t.Errorf("%d CPUs take up to %v, %v a pair", cpus, p.limit(), p.Time)
		}
	}
}

func TestEachPassHasAnotherOrder(t *testing.T) {
	p := CoresPlan{Seed: 1, machine: server}
	pairs := p.machine.corePairs()
	first, second := p.walk(pairs, 0), p.walk(pairs, 1)
	if slices.Equal(first.order, second.order) {
		t.Error("two passes have one order")
	}
	if again := p.walk(pairs, 0); !slices.Equal(first.order, again.order) {
		t.Error("a seed has two orders")
	}
}

func TestPairsOfThisMachineAreMeasured(t *testing.T) {
	allowed, err := host.Affinity()
	if err != nil || len(allowed) < 2 {
		t.Skipf("a pair needs two CPUs: %v, %v", allowed, err)
	}
	p, err := PlanCores(allowed[:2], 2, 5*time.Millisecond, 1)
	if err != nil {
		t.Fatal(err)
	}
	var told []int
	c, err := p.Carry(t.Context(), func(passes int) { told = append(told, passes) })
	if err != nil {
		t.Fatal(err)
	}
	if c.Passes < 2 {
		t.Skip("the machine is too busy for two passes")
	}
	if !slices.Equal(told, []int{1, 2}) || len(c.CPUs) != 2 || len(c.Pairs) != 1 {
		t.Errorf("told of passes %v: %+v", told, c)
	}
	pair := c.Pairs[0]
	if len(pair.RTT) == 0 {
		t.Skip(pair.Reason) // something else had the CPUs
	}
	if len(pair.RTT) > 2 || len(pair.AB) != len(pair.RTT) || len(pair.BA) != len(pair.RTT) || !(pair.RTT.Median() > 0) {
		t.Errorf("%+v", pair)
	}
	after, err := host.Affinity()
	if err != nil || !slices.Equal(after, allowed) {
		t.Errorf("CPUs %v may be used afterwards, %v", after, err)
	}
}

func TestCoresEndAtOnce(t *testing.T) {
	p, err := PlanCores(nil, 2, time.Hour, 1)
	if err != nil {
		t.Skip(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if c, err := p.Carry(ctx, func(int) {}); !errors.Is(err, context.Canceled) || c.Passes != 0 {
		t.Errorf("%d passes, %v", c.Passes, err)
	}
}

func TestAPairIsOfCPUsThatThereAre(t *testing.T) {
	allowed, err := host.Affinity()
	if err != nil {
		t.Skip(err)
	}
	for name, cpus := range map[string][]int{"one": allowed[:1], "no such": {allowed[0], 60000}} {
		if _, err := PlanCores(cpus, 1, 0, 1); err == nil {
			t.Errorf("%s: CPUs %v are accepted", name, cpus)
		}
	}
}

// Package host says what the machine is and what a thread did on it: the
// layout of its CPUs, the filesystem under a directory, and the counters the
// kernel keeps. The settings that decide how fast processes can talk are facts:
// internal/facts.
//
// It reports what the kernel says, and nothing where the kernel says nothing.
// It must not know what is measured, nor judge whether the machine is fit for
// it.
package host

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"ipcbench/internal/cpulist"
)

// A Topology is how the CPUs of a machine are related; see the kernel's
// Documentation/admin-guide/cputopology.rst.
type Topology struct {
	CPUs []CPU // in ascending order
}

// A CPU is one that the scheduler can run a thread on: a hardware thread.
type CPU struct {
	ID       int
	Package  int   // physical package (socket)
	Core     int   // core, within the package
	Siblings []int // the hardware threads of its core, itself included
	Cluster  []int // the CPUs of its cluster, which share a cache of their own or the way to memory; nil where the kernel does not say
	Node     int   // NUMA node
	LLC      int   // lowest CPU that shares its last-level cache; -1 where the kernel does not say

	// What tells cores of different kinds apart.
	Kind     string // of a hybrid processor: "P", "E", "LP-E"; "" where it is none
	Capacity int    // how fast it is at most, of 1024 of the fastest; 0 where the kernel does not say
	MaxKHz   int    // its highest frequency; 0 where the kernel does not say
}

// ReadTopology reads the topology from sysfs below root, "/" for this machine, of
// these CPUs or, for nil, of those that are online. What sysfs leaves out takes
// the plainest value: a CPU is a core of its own in package 0 and node 0, and
// where no caches are described the CPUs of a package share one. Where packages
// are not described either, nobody knows.
func ReadTopology(root string, ids []int) (Topology, error) {
	if ids == nil {
		var err error
		if ids, err = Online(root); err != nil {
			return Topology{}, err
		}
	}
	nodes, kinds := nodesOf(root), kindsOf(root)
	t := Topology{CPUs: make([]CPU, len(ids))}
	levels := map[int]int{}
	for i, id := range ids {
		t.CPUs[i], levels[id] = readCPU(filepath.Join(root, cpuDir, fmt.Sprintf("cpu%d", id)), id)
		t.CPUs[i].Node, t.CPUs[i].Kind = nodes[id], kinds[id]
	}
	t.tellLowPower(levels)
	return t, nil
}

// kinds are the kinds of core of a hybrid processor, by the name that the kernel
// has for their counters; see its Documentation/admin-guide/pm/intel_pstate.rst.
var kinds = map[string]string{"cpu_core": performance, "cpu_atom": efficiency, "cpu_lowpower": lowPower}

const (
	performance = "P"
	efficiency  = "E"
	lowPower    = "LP-E"
)

func kindsOf(root string) map[int]string {
	of := map[int]string{}
	for name, kind := range kinds {
		for _, id := range readList(filepath.Join(root, "sys/devices", name, "cpus"), nil) {
			of[id] = kind
		}
	}
	return of
}

// tellLowPower tells E cores from those that the kernel calls the same, and that
// lie outside of the last-level cache, whose levels are given by CPU.
func (t Topology) tellLowPower(levels map[int]int) {
	most := 0
	for _, cpu := range t.CPUs {
		if cpu.Kind != "" {
			most = max(most, levels[cpu.ID])
		}
	}
	for i, cpu := range t.CPUs {
		if cpu.Kind == efficiency && levels[cpu.ID] < most {
			t.CPUs[i].Kind = lowPower
		}
	}
}

// How far CPUs of one kind may be apart, as a ratio. Firmware gives the best cores
// of one kind some more frequency.
const (
	likeCapacity  = 1.1
	likeFrequency = 1.25
)

// Alike says whether two CPUs are of one kind, as far as the kernel tells: code
// takes about as long on either.
func (c CPU) Alike(other CPU) bool {
	return c.Kind == other.Kind && near(c.Capacity, other.Capacity, likeCapacity) && near(c.MaxKHz, other.MaxKHz, likeFrequency)
}

// near says whether two amounts are within a ratio; one that is not known is.
func near(a, b int, ratio float64) bool {
	return a == 0 || b == 0 || float64(max(a, b)) <= ratio*float64(min(a, b))
}

// Describe names what a core is in few words, beside one that is unlike it: "P",
// "capacity 446", "3.3 GHz".
func (c CPU) Describe(beside CPU) string {
	switch {
	case c.Kind != beside.Kind:
		return c.Kind
	case !near(c.Capacity, beside.Capacity, likeCapacity):
		return fmt.Sprintf("capacity %d", c.Capacity)
	}
	return fmt.Sprintf("%.1f GHz", float64(c.MaxKHz)/1e6)
}

const cpuDir = "sys/devices/system/cpu"

// CPU returns the CPU of that number; ok is false where it has none.
func (t Topology) CPU(id int) (cpu CPU, ok bool) {
	i := slices.IndexFunc(t.CPUs, func(c CPU) bool { return c.ID == id })
	if i < 0 {
		return CPU{}, false
	}
	return t.CPUs[i], true
}

// Online lists the CPUs there are, by sysfs below root, or, without sysfs, those
// this process may use.
func Online(root string) ([]int, error) {
	path := filepath.Join(root, cpuDir, "online")
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		path = filepath.Join(root, "proc/self/status")
		text, err = os.ReadFile(path)
		_, after, _ := strings.Cut(string(text), "\nCpus_allowed_list:")
		line, _, _ := strings.Cut(after, "\n")
		text = []byte(line)
	}
	if err != nil {
		return nil, fmt.Errorf("cpu topology: %w: mount /sys, or at least /proc", err)
	}
	ids, err := cpulist.Parse(string(text))
	if err == nil && len(ids) == 0 {
		err = fmt.Errorf("lists no CPU")
	}
	if err != nil {
		return nil, fmt.Errorf("cpu topology: %s: %w", path, err)
	}
	return ids, nil
}

// readCPU reads what sysfs says of a CPU, and the level of its last cache, 0 where
// none is described.
func readCPU(dir string, id int) (cpu CPU, level int) {
	packageCPUs := readList(filepath.Join(dir, "topology/core_siblings_list"), []int{-1})
	shared, level := lastLevelCache(dir, packageCPUs)
	return CPU{
		ID:       id,
		Package:  readInt(filepath.Join(dir, "topology/physical_package_id"), 0),
		Core:     readInt(filepath.Join(dir, "topology/core_id"), id),
		Siblings: readList(filepath.Join(dir, "topology/thread_siblings_list"), []int{id}),
		Cluster:  readList(filepath.Join(dir, "topology/cluster_cpus_list"), nil),
		LLC:      shared[0],
		Capacity: readInt(filepath.Join(dir, "cpu_capacity"), 0),
		MaxKHz:   readInt(filepath.Join(dir, "cpufreq/cpuinfo_max_freq"), 0),
	}, level
}

// lastLevelCache returns the CPUs that share the cache of the highest level, and
// that, or fallback and 0 where no cache is described.
func lastLevelCache(dir string, fallback []int) (shared []int, highest int) {
	shared = fallback
	indexes, _ := filepath.Glob(filepath.Join(dir, "cache/index*"))
	for _, index := range indexes {
		if level := readInt(filepath.Join(index, "level"), 0); level > highest {
			highest = level
			shared = readList(filepath.Join(index, "shared_cpu_list"), fallback)
		}
	}
	return shared, highest
}

// nodesOf returns the NUMA node of each CPU.
func nodesOf(root string) map[int]int {
	nodes := map[int]int{}
	lists, _ := filepath.Glob(filepath.Join(root, "sys/devices/system/node/node[0-9]*/cpulist"))
	for _, list := range lists {
		node, _ := strconv.Atoi(strings.TrimPrefix(filepath.Base(filepath.Dir(list)), "node"))
		for _, id := range readList(list, nil) {
			nodes[id] = node
		}
	}
	return nodes
}

// readInt reads a file with one number. Some virtual machines say -1 for
// "unknown", which is as good as no file.
func readInt(path string, fallback int) int {
	text, err := os.ReadFile(path)
	if err != nil {
		return fallback
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || n < 0 {
		return fallback
	}
	return n
}

func readList(path string, fallback []int) []int {
	text, err := os.ReadFile(path)
	if err != nil {
		return fallback
	}
	list, err := cpulist.Parse(string(text))
	if err != nil || len(list) == 0 {
		return fallback
	}
	return list
}

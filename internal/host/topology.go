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
	CPUs []CPU // those online, in ascending order
}

// A CPU is one that the scheduler can run a thread on: a hardware thread.
type CPU struct {
	ID       int
	Package  int   // physical package (socket)
	Core     int   // core, within the package
	Siblings []int // the hardware threads of its core, itself included
	Node     int   // NUMA node
	LLC      int   // lowest CPU that shares its last-level cache; -1 where the kernel does not say
}

// ReadTopology reads the topology from sysfs below root, "/" for this machine.
// What sysfs leaves out takes the plainest value: a CPU is a core of its own
// in package 0 and node 0, and where no caches are described the CPUs of a
// package share one. Where packages are not described either, nobody knows.
func ReadTopology(root string) (Topology, error) {
	ids, err := online(root)
	if err != nil {
		return Topology{}, err
	}
	nodes := nodesOf(root)
	t := Topology{CPUs: make([]CPU, len(ids))}
	for i, id := range ids {
		t.CPUs[i] = readCPU(filepath.Join(root, cpuDir, fmt.Sprintf("cpu%d", id)), id)
		t.CPUs[i].Node = nodes[id]
	}
	return t, nil
}

const cpuDir = "sys/devices/system/cpu"

// CPU returns the CPU of that number; ok is false where none is online.
func (t Topology) CPU(id int) (cpu CPU, ok bool) {
	i := slices.IndexFunc(t.CPUs, func(c CPU) bool { return c.ID == id })
	if i < 0 {
		return CPU{}, false
	}
	return t.CPUs[i], true
}

// online lists the CPUs there are, or, without sysfs, those this process may
// use.
func online(root string) ([]int, error) {
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

func readCPU(dir string, id int) CPU {
	packageCPUs := readList(filepath.Join(dir, "topology/core_siblings_list"), []int{-1})
	return CPU{
		ID:       id,
		Package:  readInt(filepath.Join(dir, "topology/physical_package_id"), 0),
		Core:     readInt(filepath.Join(dir, "topology/core_id"), id),
		Siblings: readList(filepath.Join(dir, "topology/thread_siblings_list"), []int{id}),
		LLC:      lastLevelCache(dir, packageCPUs)[0],
	}
}

// lastLevelCache returns the CPUs that share the cache of the highest level,
// or fallback where no cache is described.
func lastLevelCache(dir string, fallback []int) []int {
	shared, highest := fallback, 0
	indexes, _ := filepath.Glob(filepath.Join(dir, "cache/index*"))
	for _, index := range indexes {
		if level := readInt(filepath.Join(index, "level"), 0); level > highest {
			highest = level
			shared = readList(filepath.Join(index, "shared_cpu_list"), fallback)
		}
	}
	return shared
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

// Package facts knows what decides how fast processes can talk on a machine:
// where each fact is read, and what it means where two machines or two runs are
// compared.
//
// It knows where the kernel writes what, and reads no more than files. It must
// not judge what it reads: that is internal/doctor's.
package facts

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// A Fact is one thing that a machine says of itself.
type Fact struct {
	Name string // the key in run.json

	Volatile bool    // it is of a moment, as how busy the machine was: any two runs differ in it
	Hardware bool    // it tells one machine from another
	Explains int     // its place among those that most often explain a change, from 1; 0: it has none
	Within   float64 // two amounts that are this near, as a ratio, are the same
	Bench    bool    // Go benchmarks tell it; tools compare only results that agree in all of these

	read func(root string) string // in the kernel's own words, on one line; "": the machine does not say
}

const cpuDir = "sys/devices/system/cpu"

// All are the facts that there are.
var All = []Fact{
	{Name: "goos", Bench: true, read: func(string) string { return runtime.GOOS }},
	{Name: "goarch", Hardware: true, Bench: true, read: func(string) string { return runtime.GOARCH }},

	{Name: "cpu", Hardware: true, Bench: true, read: first(
		file("proc/cpuinfo", field("model name")), file("proc/device-tree/model", cString), file("proc/cpuinfo", armModel))},
	{Name: "cpus", Hardware: true, read: file(cpuDir+"/online", all)},
	{Name: "cpus-allowed", Explains: 18, read: file("proc/self/status", field("Cpus_allowed_list"))},
	{Name: "cpus-isolated", Explains: 19, read: file(cpuDir+"/isolated", all)},
	{Name: "cpus-nohz-full", Explains: 20, read: file(cpuDir+"/nohz_full", unlessNull)},
	{Name: "smt-active", Hardware: true, Bench: true, read: file(cpuDir+"/smt/active", all)},
	{Name: "numa-nodes", Hardware: true, read: file("sys/devices/system/node/online", all)},
	{Name: "numa-balancing", read: file("proc/sys/kernel/numa_balancing", all)},
	{Name: "memory", Hardware: true, Within: 0.05, read: file("proc/meminfo", field("MemTotal"))}, // a kernel keeps now more, now less of it for itself
	{Name: "product", Hardware: true, read: file("sys/class/dmi/id/product_name", all)},
	{Name: "hypervisor", Hardware: true, read: first(file("sys/hypervisor/type", all), file("proc/cpuinfo", hypervisorFlag))},

	{Name: "kernel", Explains: 1, Bench: true, read: file("proc/sys/kernel/osrelease", all)}, // not /proc/version, which names who built it, and where
	{Name: "kernel-version", Explains: 2, read: file("proc/sys/kernel/version", all)},
	{Name: "preempt", Explains: 3, read: file("proc/sys/kernel/version", preemption)},
	{Name: "kernel-cmdline", Explains: 4, read: file("proc/cmdline", kernelsOwn)},
	{Name: "mitigations", Explains: 5, read: mitigations},
	{Name: "lsm", read: file("sys/kernel/security/lsm", all)},
	{Name: "lockdown", read: file("sys/kernel/security/lockdown", chosen)},

	{Name: "guest-halt-poll-ns", Explains: 6, read: file("sys/module/haltpoll/parameters/guest_halt_poll_ns", all)},
	{Name: "idle-driver", Explains: 7, read: file(cpuDir+"/cpuidle/current_driver", all)},
	{Name: "idle-governor", Explains: 8, read: first(file(cpuDir+"/cpuidle/current_governor", all), file(cpuDir+"/cpuidle/current_governor_ro", all))},
	{Name: "idle-states", Explains: 9, read: idleStates},
	{Name: "governor", Explains: 10, Bench: true, read: distinct(cpuDir + "/cpu[0-9]*/cpufreq/scaling_governor")},
	{Name: "boost", Explains: 11, Bench: true, read: file(cpuDir+"/cpufreq/boost", all)},
	{Name: "no-turbo", Explains: 12, read: file(cpuDir+"/intel_pstate/no_turbo", all)},
	{Name: "cpufreq-driver", Explains: 13, read: distinct(cpuDir + "/cpu[0-9]*/cpufreq/scaling_driver")},
	{Name: "clocksource", Explains: 14, Bench: true, read: file("sys/devices/system/clocksource/clocksource0/current_clocksource", all)},
	{Name: "clocksources", read: file("sys/devices/system/clocksource/clocksource0/available_clocksource", all)},
	{Name: "perf-event-paranoid", read: file("proc/sys/kernel/perf_event_paranoid", all)},
	{Name: "perf-sources", read: perfSources},

	{Name: "thp", Explains: 15, Bench: true, read: file("sys/kernel/mm/transparent_hugepage/enabled", chosen)},
	{Name: "thp-shmem", Explains: 16, read: file("sys/kernel/mm/transparent_hugepage/shmem_enabled", chosen)},
	{Name: "hugepages", read: file("proc/sys/vm/nr_hugepages", all)},
	{Name: "hugepage-size", read: file("proc/meminfo", field("Hugepagesize"))},
	{Name: "memlock", read: file("proc/self/limits", softLimit("Max locked memory"))},
	{Name: "cgroup-cpu-max", Explains: 17, read: cpuMax},

	{Name: "pipe-max-size", read: file("proc/sys/fs/pipe-max-size", all)},
	{Name: "pipe-user-pages-soft", read: file("proc/sys/fs/pipe-user-pages-soft", all)},
	{Name: "wmem-default", read: file("proc/sys/net/core/wmem_default", all)},
	{Name: "wmem-max", read: file("proc/sys/net/core/wmem_max", all)},
	{Name: "rmem-default", read: file("proc/sys/net/core/rmem_default", all)},
	{Name: "rmem-max", read: file("proc/sys/net/core/rmem_max", all)},
	{Name: "max-dgram-qlen", read: file("proc/sys/net/unix/max_dgram_qlen", all)},
	{Name: "mqueue-msg-max", read: file("proc/sys/fs/mqueue/msg_max", all)},
	{Name: "mqueue-msgsize-max", read: file("proc/sys/fs/mqueue/msgsize_max", all)},
	{Name: "mqueue-queues-max", read: file("proc/sys/fs/mqueue/queues_max", all)},
	{Name: "mqueue-bytes", read: file("proc/self/limits", softLimit("Max msgqueue size"))},
	{Name: "sysv-msgmax", read: file("proc/sys/kernel/msgmax", all)},
	{Name: "sysv-msgmnb", read: file("proc/sys/kernel/msgmnb", all)},
	{Name: "sysv-msgmni", read: file("proc/sys/kernel/msgmni", all)},
	{Name: "open-files", read: file("proc/self/limits", softLimit("Max open files"))},
	{Name: "processes", read: file("proc/self/limits", softLimit("Max processes"))},
	{Name: "rtprio", read: file("proc/self/limits", softLimit("Max realtime priority"))},
	{Name: "io-uring-disabled", read: file("proc/sys/kernel/io_uring_disabled", all)},

	{Name: "loadavg", Volatile: true, read: file("proc/loadavg", threeAverages)},
	{Name: "psi-cpu", Volatile: true, read: file("proc/pressure/cpu", firstLine)},
	{Name: "psi-io", Volatile: true, read: file("proc/pressure/io", firstLine)},
	{Name: "psi-memory", Volatile: true, read: file("proc/pressure/memory", firstLine)},
	{Name: "cpu-times", Volatile: true, read: file("proc/stat", firstLine)}, // the eighth number is what a hypervisor stole
}

// Lookup returns what is known of the fact of that name. One that is not known,
// of a newer version, is like any other.
func Lookup(name string) Fact {
	if i := slices.IndexFunc(All, func(f Fact) bool { return f.Name == name }); i >= 0 {
		return All[i]
	}
	return Fact{Name: name}
}

// Read returns what this machine says of itself, by name: what it is, how its
// kernel is set, what limits this process and how busy it is right now. What it
// does not say is absent. Nothing in the values names the machine.
func Read() map[string]string { return readBelow("/") }

func readBelow(root string) map[string]string {
	said := map[string]string{}
	for _, fact := range All {
		if value := strings.Join(strings.Fields(fact.read(root)), " "); value != "" {
			said[fact.Name] = value
		}
	}
	return said
}

// file reads a fact from a file: what pick takes of its text.
func file(path string, pick func(text string) string) func(root string) string {
	return func(root string) string {
		for _, text := range readAll(root, path) {
			return pick(text)
		}
		return ""
	}
}

// first reads a fact from the first of several places that says something.
func first(places ...func(root string) string) func(root string) string {
	return func(root string) string {
		for _, read := range places {
			if value := strings.TrimSpace(read(root)); value != "" {
				return value
			}
		}
		return ""
	}
}

// distinct reads what the CPUs say, each thing once.
func distinct(pattern string) func(root string) string {
	return func(root string) string {
		words := strings.Fields(strings.Join(readAll(root, pattern), " "))
		slices.Sort(words)
		return strings.Join(slices.Compact(words), ",")
	}
}

// readAll returns the text of every file below root that matches.
func readAll(root, pattern string) []string {
	var texts []string
	paths, _ := filepath.Glob(filepath.Join(root, pattern))
	for _, path := range paths {
		if text, err := os.ReadFile(path); err == nil {
			texts = append(texts, string(text))
		}
	}
	return texts
}

func all(text string) string { return text }

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

func cString(text string) string { return strings.TrimRight(text, "\x00") }

func unlessNull(text string) string {
	if strings.Contains(text, "null") {
		return ""
	}
	return text
}

// field picks the value of the first line "name: value".
func field(name string) func(string) string {
	return func(text string) string {
		for line := range strings.Lines(text) {
			if key, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(key) == name {
				return value
			}
		}
		return ""
	}
}

// armModel names an ARM core by the numbers that Linux gives in its stead.
func armModel(cpuinfo string) string {
	implementer, part := field("CPU implementer")(cpuinfo), field("CPU part")(cpuinfo)
	if implementer == "" || part == "" {
		return ""
	}
	return "ARM implementer" + implementer + " part" + part
}

func hypervisorFlag(cpuinfo string) string {
	if slices.Contains(strings.Fields(field("flags")(cpuinfo)), "hypervisor") {
		return "yes"
	}
	return ""
}

// chosen picks "madvise" from "always [madvise] never".
func chosen(text string) string {
	_, after, _ := strings.Cut(text, "[")
	value, _, _ := strings.Cut(after, "]")
	return value
}

// threeAverages leaves out what /proc/loadavg says of processes.
func threeAverages(text string) string {
	fields := strings.Fields(text)
	return strings.Join(fields[:min(3, len(fields))], " ")
}

// kernelsOwn leaves out of the kernel's command line what is the first
// process's: which program it is and its arguments.
func kernelsOwn(cmdline string) string {
	cmdline, _, _ = strings.Cut(strings.TrimSpace(cmdline), " -- ")
	words := slices.DeleteFunc(strings.Fields(cmdline), func(word string) bool {
		return strings.HasPrefix(word, "init=") || strings.HasPrefix(word, "rdinit=")
	})
	return strings.Join(words, " ")
}

// softLimit picks the soft limit of that name from /proc/self/limits.
func softLimit(name string) func(string) string {
	return func(limits string) string {
		_, after, _ := strings.Cut(limits, name)
		soft, _, _ := strings.Cut(strings.TrimSpace(after), " ")
		return soft
	}
}

// preemption picks from "#1 SMP PREEMPT_DYNAMIC Debian 6.12" how far the kernel
// lets itself be preempted. One that gives way at chosen points alone, or at
// none, does not say.
func preemption(version string) string {
	for _, word := range strings.Fields(version) {
		if strings.HasPrefix(word, "PREEMPT") {
			return word
		}
	}
	return ""
}

// perfSources lists what perf events can come from: "cpu" among them is the
// hardware's counters.
func perfSources(root string) string {
	var names []string
	paths, _ := filepath.Glob(filepath.Join(root, "sys/bus/event_source/devices/*"))
	for _, path := range paths {
		names = append(names, filepath.Base(path))
	}
	return strings.Join(names, " ")
}

// mitigations lists the CPU vulnerabilities that this machine has with what the
// kernel does about each: "spectre_v1: Mitigation: ... | srso: Vulnerable".
func mitigations(root string) string {
	var list []string
	paths, _ := filepath.Glob(filepath.Join(root, cpuDir, "vulnerabilities/*"))
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if state := strings.TrimSpace(string(text)); err == nil && state != "Not affected" {
			list = append(list, filepath.Base(path)+": "+state)
		}
	}
	if len(paths) > 0 && len(list) == 0 {
		return "none needed"
	}
	return strings.Join(list, " | ")
}

package host

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Facts returns what decides how fast processes can talk on this machine, by
// name: what it is, how its kernel is set, what limits this process and how
// busy it is right now. What the machine does not say is absent. Values are
// one line each, in the kernel's own words. Nothing in them names the machine.
func Facts() map[string]string { return factsBelow("/") }

func factsBelow(root string) map[string]string {
	facts := map[string]string{"goos": runtime.GOOS, "goarch": runtime.GOARCH}
	add := func(name, value string) {
		if _, known := facts[name]; !known && value != "" {
			facts[name] = value
		}
	}
	for _, f := range factFiles {
		for _, text := range readAll(root, f.path) {
			add(f.name, strings.Join(strings.Fields(f.pick(text)), " "))
		}
	}
	add("cpufreq-driver", distinct(readAll(root, cpuDir+"/cpu[0-9]*/cpufreq/scaling_driver")))
	add("governor", distinct(readAll(root, cpuDir+"/cpu[0-9]*/cpufreq/scaling_governor")))
	add("idle-states", idleStates(root))
	add("mitigations", mitigations(root))
	add("perf-sources", perfSources(root))
	add("cgroup-cpu-max", cpuMax(root))
	return facts
}

// factFiles says which file holds each fact and what to pick from it. Of two
// lines for one fact the first whose file is there counts.
var factFiles = []struct {
	name, path string
	pick       func(text string) string
}{
	{"kernel", "proc/sys/kernel/osrelease", all}, // not /proc/version, which names who built it, and where
	{"kernel-version", "proc/sys/kernel/version", all},
	{"kernel-cmdline", "proc/cmdline", kernelsOwn},
	{"preempt", "proc/sys/kernel/version", preemption},
	{"lsm", "sys/kernel/security/lsm", all},
	{"lockdown", "sys/kernel/security/lockdown", chosen},

	{"cpu", "proc/cpuinfo", field("model name")},
	{"cpu", "proc/device-tree/model", cString},
	{"cpu", "proc/cpuinfo", armModel},
	{"cpus", cpuDir + "/online", all},
	{"cpus-allowed", "proc/self/status", field("Cpus_allowed_list")},
	{"cpus-isolated", cpuDir + "/isolated", all},
	{"cpus-nohz-full", cpuDir + "/nohz_full", unlessNull},
	{"smt-active", cpuDir + "/smt/active", all},
	{"numa-nodes", "sys/devices/system/node/online", all},
	{"numa-balancing", "proc/sys/kernel/numa_balancing", all},
	{"memory", "proc/meminfo", field("MemTotal")},
	{"product", "sys/class/dmi/id/product_name", all},
	{"hypervisor", "sys/hypervisor/type", all},
	{"hypervisor", "proc/cpuinfo", hypervisorFlag},

	{"boost", cpuDir + "/cpufreq/boost", all},
	{"no-turbo", cpuDir + "/intel_pstate/no_turbo", all},
	{"idle-driver", cpuDir + "/cpuidle/current_driver", all},
	{"idle-governor", cpuDir + "/cpuidle/current_governor", all},
	{"idle-governor", cpuDir + "/cpuidle/current_governor_ro", all},
	{"guest-halt-poll-ns", "sys/module/haltpoll/parameters/guest_halt_poll_ns", all},
	{"clocksource", "sys/devices/system/clocksource/clocksource0/current_clocksource", all},
	{"clocksources", "sys/devices/system/clocksource/clocksource0/available_clocksource", all},
	{"perf-event-paranoid", "proc/sys/kernel/perf_event_paranoid", all},

	{"thp", "sys/kernel/mm/transparent_hugepage/enabled", chosen},
	{"thp-shmem", "sys/kernel/mm/transparent_hugepage/shmem_enabled", chosen},
	{"hugepages", "proc/sys/vm/nr_hugepages", all},
	{"hugepage-size", "proc/meminfo", field("Hugepagesize")},
	{"memlock", "proc/self/limits", softLimit("Max locked memory")},

	{"pipe-max-size", "proc/sys/fs/pipe-max-size", all},
	{"pipe-user-pages-soft", "proc/sys/fs/pipe-user-pages-soft", all},
	{"wmem-default", "proc/sys/net/core/wmem_default", all},
	{"wmem-max", "proc/sys/net/core/wmem_max", all},
	{"rmem-default", "proc/sys/net/core/rmem_default", all},
	{"rmem-max", "proc/sys/net/core/rmem_max", all},
	{"max-dgram-qlen", "proc/sys/net/unix/max_dgram_qlen", all},
	{"mqueue-msg-max", "proc/sys/fs/mqueue/msg_max", all},
	{"mqueue-msgsize-max", "proc/sys/fs/mqueue/msgsize_max", all},
	{"mqueue-queues-max", "proc/sys/fs/mqueue/queues_max", all},
	{"mqueue-bytes", "proc/self/limits", softLimit("Max msgqueue size")},
	{"sysv-msgmax", "proc/sys/kernel/msgmax", all},
	{"sysv-msgmnb", "proc/sys/kernel/msgmnb", all},
	{"sysv-msgmni", "proc/sys/kernel/msgmni", all},
	{"open-files", "proc/self/limits", softLimit("Max open files")},
	{"processes", "proc/self/limits", softLimit("Max processes")},
	{"rtprio", "proc/self/limits", softLimit("Max realtime priority")},
	{"io-uring-disabled", "proc/sys/kernel/io_uring_disabled", all},

	{"loadavg", "proc/loadavg", threeAverages},
	{"psi-cpu", "proc/pressure/cpu", firstLine},
	{"psi-io", "proc/pressure/io", firstLine},
	{"psi-memory", "proc/pressure/memory", firstLine},
	{"cpu-times", "proc/stat", firstLine}, // the eighth number is what a hypervisor stole
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

// distinct joins what the CPUs say, each thing once.
func distinct(texts []string) string {
	words := strings.Fields(strings.Join(texts, " "))
	slices.Sort(words)
	return strings.Join(slices.Compact(words), ",")
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

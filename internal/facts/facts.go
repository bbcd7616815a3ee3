// Package facts knows what decides how fast processes can talk on a machine:
// where each fact is read, and what it means where two machines or two runs are
// compared.
//
// It knows where the kernel writes what, and reads no more than files, but for the
// processor's word on its hypervisor. It must not judge what it reads: that is
// internal/doctor's.
package facts

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// A Fact is one thing that a machine says of itself.
type Fact struct {
	Name string // the key in run.json

	Volatile bool    // it is of a moment, as how busy the machine was: any two runs differ in it
	Hardware bool    // it tells one machine from another
	Explains bool    // it often explains a change
	Fixed    bool    // it limits a launch: one made under another is of another cell
	Within   float64 // two amounts that are this near, as a ratio, are the same
	Bench    bool    // Go benchmarks tell it; tools compare only results that agree in all of these

	share func(value string) string // what of it can be passed on to strangers, for it names neither the machine nor who uses it; nil: nothing

	read func(root string) string // in the kernel's own words; "": the machine does not say
}

const cpuDir = "sys/devices/system/cpu"

// All are the facts that there are. Of those that explain a change, what does so
// most often comes first.
var All = []Fact{
	{Name: "goos", Bench: true, share: all, read: func(string) string { return runtime.GOOS }},
	{Name: "goarch", Hardware: true, Bench: true, share: all, read: func(string) string { return runtime.GOARCH }},

	{Name: "cpu", Hardware: true, Bench: true, share: all, read: first(
		file("proc/cpuinfo", field("model name")), file("proc/device-tree/model", cString), file("proc/cpuinfo", armModel),
		file("proc/cpuinfo", field("cpu")), file("proc/cpuinfo", field("uarch")), file("proc/cpuinfo", ibmModel))},
	{Name: "cpus", Hardware: true, share: all, read: file(cpuDir+"/online", all)},
	{Name: "cpus-performance", Hardware: true, share: all, read: file("sys/devices/cpu_core/cpus", all)}, // of a hybrid processor
	{Name: "cpus-efficiency", Hardware: true, share: all, read: file("sys/devices/cpu_atom/cpus", all)},
	{Name: "cpus-low-power", Hardware: true, share: all, read: file("sys/devices/cpu_lowpower/cpus", all)},
	{Name: "cpu-capacities", Hardware: true, read: distinct(cpuDir + "/cpu[0-9]*/cpu_capacity")},
	{Name: "smt-active", Hardware: true, Bench: true, share: all, read: file(cpuDir+"/smt/active", all)},
	{Name: "sockets", share: all, read: distinct(cpuDir + "/cpu[0-9]*/topology/physical_package_id")},
	{Name: "numa-nodes", Hardware: true, share: all, read: file("sys/devices/system/node/online", all)},
	{Name: "memory", Hardware: true, Within: 0.05, share: rounded, read: file("proc/meminfo", field("MemTotal"))}, // a kernel keeps now more, now less of it for itself
	{Name: "product", Hardware: true, read: file("sys/class/dmi/id/product_name", all)},
	{Name: "hypervisor", Hardware: true, share: all, read: first(file("sys/hypervisor/type", all), file("proc/cpuinfo", hypervisorFlag))},
	{Name: "hypervisor-id", Hardware: true, share: all, read: hypervisorID},
	{Name: Emulated, Hardware: true, share: all, read: emulator},

	{Name: "kernel", Explains: true, Bench: true, share: withoutSuffix, read: file("proc/sys/kernel/osrelease", all)}, // not /proc/version, which names who built it, and where
	{Name: "kernel-version", Explains: true, read: file("proc/sys/kernel/version", all)},
	{Name: "gvisor", Explains: true, share: all, read: file("proc/version", gvisor)},
	{Name: "container", Explains: true, share: all, read: container},
	{Name: "preempt", Explains: true, share: all, read: file("proc/sys/kernel/version", preemption)},
	{Name: "preempt-mode", Explains: true, share: all, read: file("sys/kernel/debug/sched/preempt", parenthesized)},
	{Name: "kernel-cmdline", Explains: true, read: file("proc/cmdline", kernelsOwn)},
	{Name: "mitigations", Explains: true, share: all, read: mitigations},
	{Name: "seccomp", Explains: true, share: all, read: file("proc/self/status", seccomp)},
	{Name: "sched-policy", Explains: true, share: all, read: file("proc/self/stat", policy)},
	{Name: "sched-priority", Explains: true, read: file("proc/self/stat", statField(40))}, // of a real-time policy; 0: none
	{Name: "sched-ext", Explains: true, read: first(file("sys/kernel/sched_ext/root/ops", all), file("sys/kernel/sched_ext/state", all))},
	{Name: "nice", Explains: true, read: file("proc/self/stat", statField(19))},
	{Name: "autogroup", Explains: true, read: autogroup},

	{Name: "guest-halt-poll-ns", Explains: true, share: all, read: file("sys/module/haltpoll/parameters/guest_halt_poll_ns", all)},
	{Name: "idle-driver", Explains: true, share: all, read: file(cpuDir+"/cpuidle/current_driver", all)},
	{Name: "idle-governor", Explains: true, share: all, read: first(file(cpuDir+"/cpuidle/current_governor", all), file(cpuDir+"/cpuidle/current_governor_ro", all))},
	{Name: "idle-states", Explains: true, read: idleStates},
	{Name: "governor", Explains: true, Bench: true, share: all, read: distinct(cpuDir + "/cpu[0-9]*/cpufreq/scaling_governor")},
	{Name: "energy-preference", Explains: true, share: all, read: distinct(cpuDir + "/cpu[0-9]*/cpufreq/energy_performance_preference")},
	{Name: "boost", Explains: true, Bench: true, share: all, read: file(cpuDir+"/cpufreq/boost", all)},
	{Name: "no-turbo", Explains: true, share: all, read: file(cpuDir+"/intel_pstate/no_turbo", all)},
	{Name: "cpufreq-driver", Explains: true, share: all, read: distinct(cpuDir + "/cpu[0-9]*/cpufreq/scaling_driver")},
	{Name: "cpufreq-max", Explains: true, share: all, read: distinct(cpuDir + "/cpu[0-9]*/cpufreq/scaling_max_freq")},
	{Name: "clocksource", Explains: true, Bench: true, share: all, read: file("sys/devices/system/clocksource/clocksource0/current_clocksource", all)},
	{Name: "thp", Explains: true, Bench: true, share: all, read: file("sys/kernel/mm/transparent_hugepage/enabled", chosen)},
	{Name: "thp-shmem", Explains: true, share: all, read: file("sys/kernel/mm/transparent_hugepage/shmem_enabled", chosen)},

	{Name: "cgroup-cpu-max", Explains: true, Fixed: true, read: cpuMax},
	{Name: "cgroup-cpu-weight", Explains: true, read: cpuWeight},
	{Name: "cgroup-cpuset", Explains: true, Fixed: true, read: limit("cpuset", "cpuset.cpus.effective", "cpuset.effective_cpus")},
	{Name: "cgroup-memory-max", Explains: true, Fixed: true, read: limit("memory", "memory.max", "memory.limit_in_bytes")},
	{Name: "cgroup-memory-high", Explains: true, Fixed: true, read: limit("memory", "memory.high", "memory.soft_limit_in_bytes")},
	{Name: "cpus-allowed", Explains: true, read: file("proc/self/status", field("Cpus_allowed_list"))},
	{Name: "cpus-isolated", Explains: true, read: file(cpuDir+"/isolated", all)},
	{Name: "cpus-nohz-full", Explains: true, read: file(cpuDir+"/nohz_full", unlessNull)},
	{Name: "mems-allowed", Explains: true, read: file("proc/self/status", field("Mems_allowed_list"))},
	{Name: "speculative-store-bypass", Explains: true, read: file("proc/self/status", field("Speculation_Store_Bypass"))}, // of this process: seccomp may mitigate it
	{Name: "speculative-indirect-branch", Explains: true, read: file("proc/self/status", field("SpeculationIndirectBranch"))},
	{Name: "thp-process", Explains: true, read: file("proc/self/status", field("THP_enabled"))}, // 0: switched off by prctl(2)
	{Name: "lsm", Explains: true, read: file("sys/kernel/security/lsm", all)},
	{Name: "lsm-label", Explains: true, read: file("proc/self/attr/current", cString)},
	{Name: "no-new-privs", read: file("proc/self/status", field("NoNewPrivs"))},
	{Name: "capabilities", read: file("proc/self/status", field("CapEff"))},
	{Name: "user-namespace", read: file("proc/self/uid_map", isMapped)},
	{Name: "sysfs-mount", read: file("proc/self/mountinfo", mountOption("/sys", "rw", "ro"))},
	{Name: "lockdown", read: file("sys/kernel/security/lockdown", chosen)},

	{Name: "timer-slack-ns", read: file("proc/self/timerslack_ns", all)},
	{Name: "personality", read: file("proc/self/personality", all)},
	{Name: "sched-rt-runtime-us", read: file("proc/sys/kernel/sched_rt_runtime_us", all)},
	{Name: "sched-base-slice-ns", read: file("sys/kernel/debug/sched/base_slice_ns", all)},
	{Name: "numa-balancing", read: file("proc/sys/kernel/numa_balancing", all)},
	{Name: "clocksources", read: file("sys/devices/system/clocksource/clocksource0/available_clocksource", all)},
	{Name: "perf-event-paranoid", read: file("proc/sys/kernel/perf_event_paranoid", all)},
	{Name: "perf-sources", read: perfSources},

	{Name: "write-caches", Explains: true, read: writeCaches},

	{Name: "hugepages", read: file("proc/sys/vm/nr_hugepages", all)},
	{Name: "hugepage-size", share: all, read: file("proc/meminfo", field("Hugepagesize"))},
	{Name: "memlock", Fixed: true, read: file("proc/self/limits", softLimit("Max locked memory"))},
	{Name: "cgroup-pids-max", read: limit("pids", "pids.max", "pids.max")},

	{Name: "pipe-max-size", read: file("proc/sys/fs/pipe-max-size", all)},
	{Name: "pipe-user-pages-soft", read: file("proc/sys/fs/pipe-user-pages-soft", all)},
	{Name: "wmem-default", read: file("proc/sys/net/core/wmem_default", all)},
	{Name: "wmem-max", read: file("proc/sys/net/core/wmem_max", all)},
	{Name: "rmem-default", read: file("proc/sys/net/core/rmem_default", all)},
	{Name: "rmem-max", read: file("proc/sys/net/core/rmem_max", all)},
	{Name: "busy-poll", read: file("proc/sys/net/core/busy_poll", all)},
	{Name: "tcp-wmem", read: file("proc/sys/net/ipv4/tcp_wmem", all)},
	{Name: "tcp-rmem", read: file("proc/sys/net/ipv4/tcp_rmem", all)},
	{Name: "tcp-congestion-control", read: file("proc/sys/net/ipv4/tcp_congestion_control", all)},
	{Name: "loopback-mtu", read: file("sys/class/net/lo/mtu", all)},
	{Name: "max-dgram-qlen", read: file("proc/sys/net/unix/max_dgram_qlen", all)},
	{Name: "mqueue-msg-max", read: file("proc/sys/fs/mqueue/msg_max", all)},
	{Name: "mqueue-msgsize-max", read: file("proc/sys/fs/mqueue/msgsize_max", all)},
	{Name: "mqueue-queues-max", read: file("proc/sys/fs/mqueue/queues_max", all)},
	{Name: "mqueue-bytes", read: file("proc/self/limits", softLimit("Max msgqueue size"))},
	{Name: "sysv-msgmax", read: file("proc/sys/kernel/msgmax", all)},
	{Name: "sysv-msgmnb", read: file("proc/sys/kernel/msgmnb", all)},
	{Name: "sysv-msgmni", read: file("proc/sys/kernel/msgmni", all)},
	{Name: "open-files", Fixed: true, read: file("proc/self/limits", softLimit("Max open files"))},
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

// Share is what of the fact's value can be passed on to strangers, or "": see All.
func (f Fact) Share(value string) string {
	const most = 1000 // the mitigations of a processor that needs them all
	if f.share == nil || len(value) > most {
		return ""
	}
	return f.share(value)
}

// inGiB is an amount that has been rounded.
var inGiB = regexp.MustCompile(`^\d{1,6} GiB$`)

// rounded is an amount as "24684092 kB" in whole GiB.
func rounded(amount string) string {
	if inGiB.MatchString(amount) {
		return amount
	}
	kb, err := strconv.ParseFloat(strings.TrimSuffix(amount, " kB"), 64)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%.0f GiB", math.Ceil(kb/(1<<20)))
}

// release is the part of a kernel's release that Linux gives it.
var release = regexp.MustCompile(`^\d+(\.\d+)+(-rc\d+)?`)

// withoutSuffix is a kernel's release without what whoever built it wrote behind.
func withoutSuffix(text string) string { return release.FindString(text) }

// IsKnown says whether this version reads the fact.
func (f Fact) IsKnown() bool { return f.read != nil }

// Place is where the fact of that name stands among those that explain a change,
// from what does so most often; ok is false where it is none of them.
func Place(name string) (place int, ok bool) {
	i := slices.IndexFunc(All, func(f Fact) bool { return f.Name == name && f.Explains })
	return i, i >= 0
}

// Read returns what this machine says of itself, by name: what it is, how its
// kernel is set, what limits this process and how busy it is right now. Every
// fact is there: one that the machine does not say is "", and so is told from one
// that nobody asked for. Nothing in the values names the machine.
func Read() map[string]string { return readBelow("/", func(Fact) bool { return true }) }

// Limits are the facts that limit a launch, as they are now.
func Limits() map[string]string { return readBelow("/", func(f Fact) bool { return f.Fixed }) }

func readBelow(root string, wanted func(Fact) bool) map[string]string {
	said := map[string]string{}
	for _, fact := range All {
		if wanted(fact) {
			said[fact.Name] = strings.Join(strings.Fields(fact.read(root)), " ")
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

// ibmModel names a mainframe by the number of its machine, in the line of its first
// processor.
func ibmModel(cpuinfo string) string {
	_, machine, found := strings.Cut(field("processor 0")(cpuinfo), "machine = ")
	if !found {
		return ""
	}
	return "IBM machine " + machine
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

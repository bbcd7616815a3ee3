package facts

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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

// readTree returns what the machine that files describe says of itself.
func readTree(root string) map[string]string {
	said := readBelow(root, func(Fact) bool { return true })
	maps.DeleteFunc(said, func(_, value string) bool { return value == "" })
	return said
}

func TestFactsAreReadWhereTheyLie(t *testing.T) {
	facts := readTree(tree(t, map[string]string{
		"proc/sys/kernel/osrelease":                         "6.12.1\n",
		"proc/cmdline":                                      "quiet init=/sbin/init mitigations=off -- --for init\n",
		"proc/cpuinfo":                                      "processor\t: 0\nmodel name\t: Fast 9000\nflags\t\t: fpu hypervisor\n\nprocessor\t: 1\nmodel name\t: Fast 9001\n",
		"proc/meminfo":                                      "MemTotal:       24684096 kB\nHugepagesize:       2048 kB\n",
		"proc/loadavg":                                      "0.79 0.48 0.25 1/137 4242\n",
		"proc/self/limits":                                  "Limit   Soft Limit  Hard Limit  Units\nMax locked memory         8388608              9000000              bytes     \n",
		"proc/self/cgroup":                                  "0::/batch/job\n",
		"sys/fs/cgroup/batch/cpu.max":                       "50000 100000\n",
		"sys/fs/cgroup/batch/job/cpu.max":                   "max 100000\n",
		"sys/kernel/mm/transparent_hugepage/enabled":        "always [madvise] never\n",
		cpuDir + "/online":                                  "0-1\n",
		cpuDir + "/nohz_full":                               "  (null)\n",
		cpuDir + "/cpu0/cpufreq/scaling_governor":           "powersave\n",
		cpuDir + "/cpu1/cpufreq/scaling_governor":           "performance\n",
		cpuDir + "/vulnerabilities/meltdown":                "Not affected\n",
		cpuDir + "/vulnerabilities/spectre_v1":              "Mitigation: barriers\n",
		cpuDir + "/vulnerabilities/tsa":                     "Vulnerable\n",
		cpuDir + "/cpuidle/current_governor_ro":             "menu\n",
		"sys/module/haltpoll/parameters/guest_halt_poll_ns": "0\n",
		"proc/sys/kernel/version":                           "#1 SMP PREEMPT_DYNAMIC Debian\n",
		"sys/kernel/security/lockdown":                      "none [integrity] confidentiality\n",
		"sys/bus/event_source/devices/software/type":        "1\n",
		"sys/bus/event_source/devices/cpu/type":             "4\n",
		"sys/block/vda/device/vendor":                       "0x1af4\n",
		"sys/block/vda/queue/write_cache":                   "write through\n",
		"sys/block/sda/device/model":                        "Disk\n",
		"sys/block/sda/queue/write_cache":                   "write back\n",
		"sys/block/loop0/queue/write_cache":                 "write back\n",
		cpuDir + "/cpu0/cpuidle/state0/name":                "POLL\n",
		cpuDir + "/cpu0/cpuidle/state0/latency":             "0\n",
		cpuDir + "/cpu0/cpuidle/state0/disable":             "0\n",
		cpuDir + "/cpu0/cpuidle/state1/name":                "haltpoll idle\n",
		cpuDir + "/cpu0/cpuidle/state1/latency":             "1\n",
		cpuDir + "/cpu0/cpuidle/state1/disable":             "1\n",
		cpuDir + "/cpu1/cpuidle/state1/name":                "haltpoll idle\n",
		cpuDir + "/cpu1/cpuidle/state1/latency":             "1\n",
		cpuDir + "/cpu1/cpuidle/state1/disable":             "0\n",
		cpuDir + "/cpu0/cpuidle/state2/name":                "C6\n",
		cpuDir + "/cpu0/cpuidle/state2/latency":             "133\n",
		cpuDir + "/cpu0/cpuidle/state2/disable":             "1\n",
	}))
	for _, name := range []string{"goos", "goarch", "container", "emulated"} {
		delete(facts, name)
	}
	want := map[string]string{
		"kernel":             "6.12.1",
		"kernel-cmdline":     "quiet mitigations=off",
		"cpu":                "Fast 9000",
		"hypervisor":         "yes",
		"memory":             "24684096 kB",
		"hugepage-size":      "2048 kB",
		"loadavg":            "0.79 0.48 0.25",
		"memlock":            "8388608",
		"cgroup-cpu-max":     "50000 100000",
		"thp":                "madvise",
		"cpus":               "0-1",
		"governor":           "performance,powersave",
		"mitigations":        "spectre_v1: Mitigation: barriers | tsa: Vulnerable",
		"idle-governor":      "menu",
		"guest-halt-poll-ns": "0",
		"kernel-version":     "#1 SMP PREEMPT_DYNAMIC Debian",
		"preempt":            "PREEMPT_DYNAMIC",
		"lockdown":           "integrity",
		"perf-sources":       "cpu software",
		"write-caches":       "sda: write back, vda: write through",
		"idle-states":        "POLL 0, haltpoll idle 1, C6 133 off",
	}
	if diff := cmp.Diff(want, facts); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestFactsOfAnARMCore(t *testing.T) {
	facts := readTree(tree(t, map[string]string{
		"proc/cpuinfo": "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n",
	}))
	if got, want := facts["cpu"], "ARM implementer 0x41 part 0xd0c"; got != want {
		t.Errorf("cpu is %q, want %q", got, want)
	}
}

func TestCPULimitOfVersion1ControlGroups(t *testing.T) {
	files := map[string]string{
		"proc/self/cgroup": "3:cpu,cpuacct:/job\n0::/\n",
		"sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us":  "20000\n",
		"sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us": "100000\n",
		"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us":      "-1\n",
	}
	if got, want := cpuMax(tree(t, files)), "20000 100000"; got != want {
		t.Errorf("limit %q, want %q", got, want)
	}
}

func TestFactsOfThisMachine(t *testing.T) {
	facts := Read()
	for _, fact := range All {
		if _, asked := facts[fact.Name]; !asked {
			t.Errorf("nobody asked for %s", fact.Name)
		}
	}
	for _, name := range []string{"kernel", "cpu", "cpus", "memory", "pipe-max-size", "wmem-default", "loadavg",
		"open-files", "memlock", "sysv-msgmax", "rmem-max", "perf-event-paranoid"} {
		if facts[name] == "" {
			t.Errorf("no fact %q", name)
		}
	}
	hostname, _ := os.Hostname()
	for name, value := range facts {
		if strings.ContainsAny(value, "\n\x00") {
			t.Errorf("fact %s is not one line: %q", name, value)
		}
		// A short name, such as "vm", may well be part of another word.
		if len(hostname) > 4 && strings.Contains(value, hostname) {
			t.Errorf("fact %s names the machine: %q", name, value)
		}
	}
}

// What is passed on of a fact says nothing of who has the machine, and says the same
// when it is passed on again.
func TestWhatIsPassedOnOfAFact(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"kernel", "6.12.9-amd64", "6.12.9"}, {"kernel", "6.18-rc3-alice", "6.18-rc3"}, {"kernel", "alice", ""},
		{"memory", "24684092 kB", "24 GiB"}, {"memory", "24 GiB", "24 GiB"}, {"memory", "a lot", ""},
		{"cpu", "Fast 9000", "Fast 9000"}, {"cpu", strings.Repeat("x", 2000), ""},
		{"kernel-cmdline", "root=/dev/sda1", ""}, {"product", "Laptop 7", ""}, {"of-a-newer-version", "x", ""},
	} {
		if got := Lookup(c.name).Share(c.value); got != c.want {
			t.Errorf("%s %.20q: %q, want %q", c.name, c.value, got, c.want)
		}
	}
}

// Names are keys in every run.json, and what is known of a fact is looked up by
// them.
func TestEveryFactIsFoundByANameOfItsOwn(t *testing.T) {
	names := map[string]bool{}
	for _, fact := range All {
		if fact.Name == "" || names[fact.Name] {
			t.Errorf("two facts are called %q", fact.Name)
		}
		names[fact.Name] = true
		found := Lookup(fact.Name)
		found.read, fact.read, found.share, fact.share = nil, nil, nil, nil
		if diff := cmp.Diff(fact, found, cmp.AllowUnexported(Fact{})); diff != "" {
			t.Errorf("looked up, %s is another\n%s", fact.Name, diff)
		}
	}
	if got := Lookup("of-a-newer-version"); got.Name != "of-a-newer-version" || got.Volatile || got.Hardware || got.Explains || got.Bench {
		t.Errorf("something is known of what is not: %+v", got)
	}
}

func TestVolatileFacts(t *testing.T) {
	for fact, want := range map[string]bool{"loadavg": true, "psi-cpu": true, "psi-io": true, "cpu-times": true, "kernel": false, "guest-halt-poll-ns": false} {
		if Lookup(fact).Volatile != want {
			t.Errorf("%s: volatile is %v", fact, !want)
		}
	}
}

// A group of either version tells how long its quota held its processes back.
func TestThrottling(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"version 2": {"proc/self/cgroup": "0::/box\n", "sys/fs/cgroup/box/cpu.stat": "usage_usec 5\nnr_throttled 3\nthrottled_usec 1500\n"},
		"version 1": {"proc/self/cgroup": "4:cpu,cpuacct:/box\n", "sys/fs/cgroup/cpu,cpuacct/box/cpu.stat": "nr_periods 9\nnr_throttled 3\nthrottled_time 1500000\n"},
	} {
		root := t.TempDir()
		for path, text := range files {
			path = filepath.Join(root, path)
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
				t.Fatal(err)
			}
		}
		if got := throttledNS(root); got != 1_500_000 {
			t.Errorf("%s: %d ns", name, got)
		}
	}
}

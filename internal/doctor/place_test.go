package doctor

import (
	"strings"
	"testing"
)

// Remounts and writes to /sys were given as remedies where nobody can do them.
func TestRemediesCanWorkWhereTheyAreGiven(t *testing.T) {
	const (
		governor = "echo performance | tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"
		all      = "000001ffffffffff"
		docker   = "00000000a80425fb" // what it leaves to root
		none     = "0000000000000000"
	)
	in := func(set ...string) map[string]string {
		facts := map[string]string{}
		for i := 0; i < len(set); i += 2 {
			facts[set[i]] = set[i+1]
		}
		return with(laptop, facts)
	}
	for _, c := range []struct {
		name     string
		facts    map[string]string
		governor string
		mqueue   string
		memlock  string // "" where it needs none
	}{
		{"an older record", laptop, governor, "sysctl fs.mqueue.msgsize_max", "ulimit -l unlimited"},
		{"root", in("capabilities", all, "container", "no", "user-namespace", "no", "sysfs-mount", "rw"), governor, "sysctl fs.mqueue", "ulimit -l unlimited"},
		{"a user", in("capabilities", none, "container", "no", "user-namespace", "no", "no-new-privs", "0"),
			"sudo sh -c '" + governor + "'", "sudo sh -c 'sysctl fs.mqueue", "sudo prlimit --pid $$ --memlock=unlimited"},
		{"a container", in("capabilities", docker, "container", "docker", "user-namespace", "no", "sysfs-mount", "ro"),
			"none: from inside of a container (docker); on its host, as root: " + governor,
			"none: from inside; where the container is started (docker, podman): --sysctl fs.mqueue.msgsize_max=65536 --sysctl fs.mqueue.msg_max=64",
			"none: from inside of a container (docker); where it is started: --ulimit memlock=-1"},
		{"a container that may do all", in("capabilities", all, "container", "docker", "user-namespace", "no", "sysfs-mount", "rw"), governor, "sysctl fs.mqueue", "ulimit -l unlimited"},
		{"unshare -r", in("capabilities", all, "container", "no", "user-namespace", "yes"), "none: from inside of a user namespace", "none: from inside of a user namespace", "none: from inside of a sandbox"},
		{"no_new_privs", in("capabilities", none, "container", "no", "no-new-privs", "1"), "none: from a process that can gain no privileges", "none: ", "none: from inside of a sandbox"},
		{"gVisor", in("capabilities", docker, "container", "no", "gvisor", "yes"), "none: from inside of a container (gVisor)", "none: from inside; ", "none: from inside of a container (gVisor)"},
	} {
		c.facts = with(c.facts, map[string]string{"memlock": "65536"})
		findings := Examine(c.facts, nil)
		for id, want := range map[string]string{"governor": c.governor, "mqueue": c.mqueue, "memlock": c.memlock} {
			if got := find(t, findings, id).Remedy; !strings.HasPrefix(got, want) {
				t.Errorf("%s: %s: %q, want %q", c.name, id, got, want)
			}
		}
	}
}

func TestNoCPUIsOfferedThatTheControlGroupKeeps(t *testing.T) {
	for cpuset, want := range map[string]string{"": "taskset -c 0-31 ", "0-31": "taskset -c 0-31 ", "3": "none: from inside of a control group that has CPUs 3; "} {
		facts := with(server, map[string]string{"cpus-allowed": "3", "cgroup-cpuset": cpuset})
		if got := find(t, Examine(facts, nil), "cpus").Remedy; !strings.HasPrefix(got, want) {
			t.Errorf("in cpuset %q: %q, want %q", cpuset, got, want)
		}
	}
}

func TestWhatContradictsTheKernelIsANote(t *testing.T) {
	f := find(t, Examine(with(server, map[string]string{"cpus": "0", "cpus-allowed": "0-1"}), nil), "cpus")
	if f.Level != Note || !strings.Contains(f.Finding, "use CPUs 0-1, and /sys knows of 0 alone") {
		t.Errorf("%s: %s", f.Level, f.Finding)
	}
}

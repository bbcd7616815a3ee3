package doctor

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ipcbench/internal/cpulist"
	"ipcbench/internal/program"
)

// The capabilities that remedies take, by their bits in capabilities(7).
const (
	sysAdmin    = 21
	sysResource = 24
)

// can reports whether this process has a capability on the whole machine, as far
// as the facts tell: older records do not.
func (m machine) can(capability int) bool {
	mask, err := strconv.ParseUint(m.fact("capabilities"), 16, 64)
	return err != nil || mask>>capability&1 == 1 && m.fact("user-namespace") != "yes"
}

// container names what contains this process; "": nothing that is known.
func (m machine) container() string {
	switch name := m.fact("container"); {
	case m.fact("gvisor") == "yes":
		return "gVisor"
	case name != "no":
		return name
	}
	return ""
}

// feasible is a remedy as it can be carried out from where this process is. What
// changes the machine takes its root, and a /sys that can be written to.
func (m machine) feasible(remedy string) string {
	command, _, _ := strings.Cut(remedy, " ")
	changes := slices.Contains([]string{"echo", "sysctl", "modprobe"}, command)
	inside := m.container()
	switch {
	case !changes || m.can(sysAdmin) && m.fact("sysfs-mount") != "ro":
		return remedy
	case inside != "" && isNamespaced(remedy):
		return "none: from inside; where the container is started (docker, podman): --sysctl " +
			strings.Join(strings.Fields(remedy)[1:], " --sysctl ")
	case inside != "":
		return fmt.Sprintf("none: from inside of a container (%s); on its host, as root: %s", inside, remedy)
	case m.fact("user-namespace") == "yes":
		return "none: from inside of a user namespace; outside, as root: " + remedy
	case m.fact("no-new-privs") == "1":
		return "none: from a process that can gain no privileges (no_new_privs); outside, as root: " + remedy
	case m.fact("sysfs-mount") == "ro" && m.can(sysAdmin):
		return "none: where /sys is read-only; outside, as root: " + remedy
	}
	return fmt.Sprintf("sudo sh -c '%s'", remedy)
}

// namespaced are the kernel's settings of which every container has its own.
var namespaced = []string{"fs.mqueue.", "kernel.msg", "kernel.shm", "net."}

// global are those among them of which none has: Linux gives only the first
// network namespace its own.
var global = []string{"net.core.wmem_max", "net.core.rmem_max"}

// isNamespaced says whether a command sets only such.
func isNamespaced(command string) bool {
	words := strings.Fields(command)
	if len(words) < 2 || words[0] != "sysctl" {
		return false
	}
	return !slices.ContainsFunc(words[1:], func(setting string) bool {
		name, _, _ := strings.Cut(setting, "=")
		isOurs := slices.ContainsFunc(namespaced, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
		return !isOurs || slices.Contains(global, name)
	})
}

// taskset is how to run on these CPUs, unless the control group keeps this process
// from some of them.
func (m machine) taskset(cpus string) string {
	wanted, err := cpulist.Parse(cpus)
	if may := m.list("cgroup-cpuset"); may != nil && err == nil &&
		slices.ContainsFunc(wanted, func(cpu int) bool { return !slices.Contains(may, cpu) }) {
		return "none: from inside of a control group that has CPUs " + cpulist.Format(may) +
			"; give it more where it is made (docker --cpuset-cpus, systemd AllowedCPUs=)"
	}
	return "taskset -c " + cpus + " " + program.Typed("run")
}

// raise is how to raise a limit of this process.
func (m machine) raise(command, limit string) string {
	switch {
	case m.can(sysResource):
		return command
	case m.container() != "":
		return fmt.Sprintf("none: from inside of a container (%s); where it is started: --ulimit %s=-1", m.container(), limit)
	case m.fact("no-new-privs") == "1" || m.fact("user-namespace") == "yes":
		return "none: from inside of a sandbox; outside, as root: " + command
	}
	return fmt.Sprintf("sudo prlimit --pid $$ --%s=unlimited", limit)
}

package doctor

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ipcbench/internal/cpulist"
)

func cpus(m machine) verdict {
	allowed, online := m.list("cpus-allowed"), m.list("cpus")
	hidden := func(cpu int) bool { return !slices.Contains(online, cpu) }
	switch n := len(allowed); {
	case n == 0:
		return unknown
	case len(online) > 0 && slices.ContainsFunc(allowed, hidden):
		return note(fmt.Sprintf("the kernel lets this process use CPUs %s, and /sys knows of %s alone: what the others share is not known", m.fact("cpus-allowed"), m.fact("cpus")),
			"none: show /sys as the kernel has it, or give two CPU numbers (-p 0-1)")
	case n == 1 && len(online) > 1:
		return warn(fmt.Sprintf("this process may use 1 of the %d CPUs", len(online)), m.taskset(m.fact("cpus")))
	case n == 1:
		return warn("there is one CPU: spinning ends cannot run, and sleeping ones take turns", "none: give the machine a second CPU")
	case n == 2:
		return note("a pair takes both of the 2 CPUs, and everything else runs in between", "none: give the machine more CPUs")
	default:
		return fine(fmt.Sprintf("%d CPUs may be used (%s)", n, m.fact("cpus-allowed")))
	}
}

func governor(m machine) verdict {
	const remedy = "echo performance | tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"
	switch name := m.fact("governor"); {
	case name == "" && m.isGuest():
		return note("this virtual machine does not set its CPUs' frequency", "none: the host does")
	case name == "":
		return unknown
	case name == "performance" || name == "userspace":
		return fine("the frequency governor is " + name)
	default:
		return warn(fmt.Sprintf("the frequency follows the load (governor %s)", name), remedy)
	}
}

func boost(m machine) verdict {
	on, known := m.number("boost")
	remedy := "echo 0 > /sys/devices/system/cpu/cpufreq/boost"
	if off, isIntel := m.number("no-turbo"); isIntel {
		on, known, remedy = 1-off, true, "echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo"
	}
	switch {
	case !known:
		return unknown
	case on == 0:
		return fine("the CPUs do not boost")
	}
	return warn("the CPUs boost their frequency", remedy)
}

func smt(m machine) verdict {
	active, known := m.number("smt-active")
	switch {
	case !known:
		return unknown
	case active == 1:
		return note("cores have more than one hardware thread", "echo off > /sys/devices/system/cpu/smt/control")
	case m.isGuest():
		return fine("no two CPUs are hardware threads of one core, as far as the host tells")
	}
	return fine("no two CPUs are hardware threads of one core")
}

// deep is how many µs a CPU may take to wake before that rules what a sleeping
// transport shows: several times what the switch itself costs.
const deep = 20

func idle(m machine) verdict {
	switch {
	case m.booted("idle=poll"):
		return fine("idle CPUs do not sleep (idle=poll)")
	case m.isGuest():
		return guestIdle(m)
	case m.fact("idle-states") == "":
		return unknown
	}
	var slow, names []string
	for i, state := range strings.Split(m.fact("idle-states"), ", ") {
		if latency, name := leaving(state); latency >= deep {
			slow, names = append(slow, strconv.Itoa(i)), append(names, fmt.Sprintf("%s in %d µs", name, latency))
		}
	}
	if len(slow) == 0 {
		return fine(fmt.Sprintf("no idle state takes %d µs to leave", deep))
	}
	return warn("idle CPUs wake slowly ("+strings.Join(names, ", ")+")",
		"echo 1 | tee /sys/devices/system/cpu/cpu*/cpuidle/state["+strings.Join(slow, "")+"]/disable")
}

// leaving reads a state as package facts writes it, "C6 133" or "C6 133 off". One
// that is off takes no time to leave.
func leaving(state string) (latencyUS int64, name string) {
	words := strings.Fields(state)
	if len(words) < 2 {
		return 0, state
	}
	last := len(words) - 1
	latencyUS, err := strconv.ParseInt(words[last], 10, 64)
	if err != nil {
		return 0, state
	}
	return latencyUS, strings.Join(words[:last], " ")
}

func isolation(m machine) verdict {
	isolated, allowed := m.list("cpus-isolated"), m.list("cpus-allowed")
	if m.fact("cpus") == "" {
		return unknown // then the kernel would not say of isolated ones either
	}
	if len(isolated) == 0 {
		return note("no CPU is isolated", "none: at boot only, as with isolcpus=2,3 nohz_full=2,3 on the kernel's command line")
	}
	names := cpulist.Format(isolated)
	isOutside := func(cpu int) bool { return !slices.Contains(allowed, cpu) }
	if slices.ContainsFunc(isolated, isOutside) {
		return note("CPUs "+names+" are isolated, and this process may not use all of them", m.taskset(names))
	}
	if m.fact("cpus-nohz-full") == "" {
		return fine("CPUs " + names + " are isolated, though not from the timer (no nohz_full)")
	}
	return fine("CPUs " + names + " are isolated, and from the timer " + m.fact("cpus-nohz-full"))
}

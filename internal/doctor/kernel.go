package doctor

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ipcbench/results"
)

func mitigations(m machine) verdict {
	const remedy = "none: mitigations=off on the kernel's command line takes the protection away with the cost"
	var mitigated, open []string
	switch state := m.fact("mitigations"); {
	case state == "":
		return unknown
	case state == "none needed":
		return fine("the CPU needs no mitigation")
	case m.booted("mitigations=off"):
		return note("the kernel's mitigations are switched off (mitigations=off)", "none: compare with machines where they are too")
	default:
		for _, one := range strings.Split(state, " | ") {
			name, how, _ := strings.Cut(one, ": ")
			if strings.HasPrefix(how, "Vulnerable") {
				open = append(open, name)
			} else {
				mitigated = append(mitigated, name)
			}
		}
	}
	return note(fmt.Sprintf("mitigated: %s; vulnerable: %s", orNone(mitigated), orNone(open)), remedy)
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// systemCallClocks are the clock sources that the vDSO cannot read, so that
// every reading is a system call.
var systemCallClocks = []string{"hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit"}

func clockSource(m machine) verdict {
	switch name := m.fact("clocksource"); {
	case name == "":
		return unknown
	case !slices.Contains(systemCallClocks, name):
		return fine("the clock source is " + name)
	case slices.Contains(strings.Fields(m.fact("clocksources")), "tsc"):
		return warn("every reading of the clock is a system call (clock source "+name+")",
			"echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource")
	default:
		return warn("every reading of the clock is a system call (clock source "+name+")",
			"none: the kernel trusts no better one here; where the TSC is known to be good, tsc=reliable on its command line")
	}
}

func numaBalancing(m machine) verdict {
	nodes := m.list("numa-nodes")
	on, known := m.number("numa-balancing")
	switch {
	case len(nodes) == 1:
		return fine("there is one NUMA node, so nothing is balanced")
	case !known:
		return unknown
	case on == 0:
		return fine("NUMA balancing is off")
	}
	return note("NUMA balancing is on; it leaves processes alone in their first second, as most launches are", "sysctl kernel.numa_balancing=0")
}

func cpuLimit(m machine) verdict {
	limit := m.fact("cgroup-cpu-max")
	switch limit {
	case "":
		return unknown
	case "max":
		return fine("no control group limits the CPU time")
	}
	var quota, period float64
	if _, err := fmt.Sscan(limit, &quota, &period); err != nil || period <= 0 {
		return unknown
	}
	allowed := quota / period
	finding := fmt.Sprintf("the control group may use %s CPUs' time", strconv.FormatFloat(allowed, 'g', 3, 64))
	const remedy = "none: from inside; raise it where the container or service is started (docker --cpus, systemd CPUQuota=)"
	if allowed < 2 {
		return warn(finding+", and a pair that spins takes that of 2", remedy)
	}
	return note(finding, remedy)
}

func load(m machine) verdict {
	const remedy = "none: stop what else runs; top shows it"
	if waited, measured := waited(m.noise); measured {
		finding := fmt.Sprintf("other work took up to %s of a CPU while it was watched", results.FormatPercent(waited))
		switch {
		case waited < some:
			return fine(finding)
		case waited < much:
			return note(finding, remedy)
		}
		return warn(finding, remedy)
	}
	minute, _, _ := strings.Cut(m.fact("loadavg"), " ")
	running, err := strconv.ParseFloat(minute, 64)
	online := len(m.list("cpus"))
	switch finding := "the load average of the last minute is " + minute; {
	case err != nil || online == 0:
		return unknown
	case running < 0.25*float64(online):
		return fine(finding)
	default:
		return note(finding, remedy)
	}
}

func perfEvents(m machine) verdict {
	paranoid, known := m.number("perf-event-paranoid")
	if !known {
		return unknown
	}
	sources := strings.Fields(m.fact("perf-sources"))
	isHardware := func(source string) bool { return strings.HasPrefix(source, "cpu") || strings.HasPrefix(source, "armv") }
	has, remedy := "hardware and software events can be counted", "none needed"
	if !slices.ContainsFunc(sources, isHardware) {
		has, remedy = "software events can be counted; hardware counters there are none", "none: this machine does not show them; most virtual ones do not"
	}
	switch {
	case paranoid > 2:
		return note(fmt.Sprintf("%s; by root only (perf_event_paranoid is %d)", has, paranoid), "sysctl kernel.perf_event_paranoid=1")
	case paranoid > 1:
		return note(fmt.Sprintf("%s; inside the kernel only by root (perf_event_paranoid is %d)", has, paranoid), "sysctl kernel.perf_event_paranoid=1")
	case remedy == "none needed":
		return fine(has)
	}
	return note(has, remedy)
}

func lockdown(m machine) verdict {
	switch mode := m.fact("lockdown"); mode {
	case "":
		return unknown
	case "none":
		return fine("the kernel is not locked down")
	default:
		return note("the kernel is locked down ("+mode+")", "none: it is decided at boot, by lockdown= on the kernel's command line or by Secure Boot")
	}
}

func ioUring(m machine) verdict {
	const remedy = "sysctl kernel.io_uring_disabled=0"
	disabled, known := m.number("io-uring-disabled")
	switch {
	case !known:
		return unknown
	case disabled == 0:
		return fine("io_uring is open to all")
	case disabled == 1:
		return note("io_uring is for root and its own group only (io_uring_disabled is 1)", remedy)
	}
	return note("io_uring is closed to all (io_uring_disabled is 2)", remedy)
}

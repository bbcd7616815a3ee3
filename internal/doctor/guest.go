package doctor

import (
	"fmt"
	"strconv"
	"strings"

	"ipcbench/results"
)

func virtualisation(m machine) verdict {
	switch {
	case m.isEmulated():
		return warn(m.fact("emulated")+" executes this machine's instructions, and no processor", "none: its times are of no machine: see what works here, and measure on hardware")
	case m.isGuest():
		return note("this is a virtual machine"+m.product(), "none: compare only what was run in turns on the same one, and mind steal and stalls")
	case m.fact("cpu") == "" || m.fact("goarch") != "amd64":
		return unknown // other architectures have no such flag
	}
	return fine("no hypervisor shows")
}

func (m machine) product() string {
	if product := m.fact("product"); product != "" {
		return " (" + product + ")"
	}
	return ""
}

// How much of a CPU may be missing until it is said, and until it is warned of.
const (
	some = 0.001
	much = 0.01
)

func steal(m machine) verdict {
	sinceBoot, known := stolenSinceBoot(m.fact("cpu-times"))
	if !known {
		return unknown
	}
	finding, worst := results.FormatPercent(sinceBoot)+" of the CPUs' time was stolen since boot", sinceBoot
	if now, measured := stolen(m.noise); measured {
		finding += fmt.Sprintf(", and %s while it was watched just now", results.FormatPercent(now))
		worst = max(worst, now)
	}
	const remedy = "none: a host with fewer guests, or CPUs of its own"
	switch {
	case worst < some:
		return fine(finding)
	case worst <= much: // which is one tick of the timer in a second
		return note(finding, remedy)
	}
	return warn(finding, remedy)
}

// stolenSinceBoot reads the first line of /proc/stat: user, nice, system, idle,
// iowait, irq, softirq, steal.
func stolenSinceBoot(cpuTimes string) (ratio float64, known bool) {
	words := strings.Fields(cpuTimes)
	if len(words) < 9 {
		return 0, false
	}
	total, last := 0.0, 0.0
	for _, word := range words[1:9] {
		ticks, err := strconv.ParseFloat(word, 64)
		if err != nil {
			return 0, false
		}
		total, last = total+ticks, ticks
	}
	return last / max(total, 1), true
}

// guestIdle judges what a virtual CPU does when it has nothing to do. Halting,
// it leaves the guest, and whoever wakes it waits for the host.
func guestIdle(m machine) verdict {
	ns, known := m.number("guest-halt-poll-ns")
	switch {
	case m.fact("idle-driver") == "" && m.fact("idle-governor") == "":
		return unknown
	case m.fact("idle-governor") != "haltpoll":
		return note("an idle virtual CPU halts at once; whether its host then polls for it is not to be seen", "modprobe cpuidle-haltpoll force=1")
	case known && ns == 0:
		return warn("waking a sleeping virtual CPU leaves the guest (guest_halt_poll_ns is 0)",
			"echo 50000 > /sys/module/haltpoll/parameters/guest_halt_poll_ns")
	case known:
		return fine(fmt.Sprintf("an idle virtual CPU polls for up to %d µs before it halts", ns/1000))
	}
	return unknown
}

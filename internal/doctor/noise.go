package doctor

import (
	"fmt"

	"ipcbench/results"
)

// waited returns the largest share of a CPU's time that other work had.
func waited(n *results.Noise) (ratio float64, measured bool) {
	return most(n, func(c results.CPUNoise) *int64 { return c.WaitNS })
}

// stolen returns the largest share of a CPU's time that the hypervisor had.
func stolen(n *results.Noise) (ratio float64, measured bool) {
	return most(n, func(c results.CPUNoise) *int64 { return c.StolenNS })
}

func most(n *results.Noise, of func(results.CPUNoise) *int64) (ratio float64, measured bool) {
	if n == nil {
		return 0, false
	}
	for _, c := range n.CPUs {
		if ns := of(c); ns != nil {
			ratio, measured = max(ratio, float64(*ns)/float64(n.SpentNS)), true
		}
	}
	return ratio, measured
}

// unexplained returns for how long the CPU was away beyond what other work and
// the hypervisor admit to: interrupts, and a hypervisor that does not say.
func unexplained(c results.CPUNoise) int64 {
	ns := c.StalledNS
	for _, known := range []*int64{c.WaitNS, c.StolenNS} {
		if known != nil {
			ns -= *known
		}
	}
	return max(ns, 0)
}

func stalls(m machine) verdict {
	if len(m.noise.CPUs) == 0 {
		return unknown
	}
	worst := m.noise.CPUs[0]
	for _, c := range m.noise.CPUs {
		if unexplained(c) > unexplained(worst) {
			worst = c
		}
	}
	share := func(ns int64) float64 { return float64(ns) / float64(m.noise.SpentNS) }
	finding := fmt.Sprintf("CPU %d was away %d times for more than %s, the longest %s, together %s of the time",
		worst.CPU, worst.Stalls, results.FormatNS(float64(m.noise.StallNS)), results.FormatNS(float64(worst.WorstNS)), results.FormatPercent(share(worst.StalledNS)))
	remedy := "none: at boot only, isolcpus= and nohz_full= on the kernel's command line keep a CPU free of them"
	if m.isGuest() {
		remedy = "none: a guest's interrupts are the host's to handle; a CPU of the host for each of the guest"
	}
	rest := share(unexplained(worst))
	others := share(worst.StalledNS) - rest
	if others >= some {
		finding += fmt.Sprintf(", %s for other work or stolen", results.FormatPercent(others))
	}
	switch {
	case rest < some && others >= some: // what they took is no matter of course: the load and the steal time say it
		return fine(fmt.Sprintf("beyond other work and what was stolen, a CPU was away %s of the time at most", results.FormatPercent(rest)))
	case rest < some:
		return fine(finding)
	case rest < 5*much:
		return note(finding, remedy)
	}
	return warn(finding, remedy)
}

// systemCall is about what a clock costs at least that takes a system call, ns.
const systemCall = 200

func clockCost(m machine) verdict {
	ns := m.noise.ClockNS
	finding := "reading the clock takes " + results.FormatNS(ns)
	if ns >= systemCall {
		return warn(finding+", as much as a system call", "none: see the clock source")
	}
	return fine(finding)
}

// far is what the nearest two cores hardly ever take, ns.
const far = 300

func cacheLine(m machine) verdict {
	if len(m.noise.CacheLines) == 0 {
		return note("there is no pair of CPUs to hand a line to and fro", "none: see the CPUs")
	}
	nearest := m.noise.CacheLines[0]
	finding := ""
	for i, line := range m.noise.CacheLines {
		if i > 0 {
			finding += ", "
		}
		finding += fmt.Sprintf("%s between CPUs %d and %d (%s)", results.FormatNS(line.NS), line.CPUs[0], line.CPUs[1], line.Placement)
	}
	finding = "there and back a cache line takes " + finding
	if nearest.NS >= far && m.isGuest() {
		return note(finding+": far for the nearest two", "none: the host has put these virtual CPUs on distant cores, and may change its mind")
	}
	return fine(finding)
}

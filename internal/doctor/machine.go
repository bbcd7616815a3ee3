package doctor

import (
	"strconv"
	"strings"

	"ipcbench/internal/cpulist"
	"ipcbench/results"
)

// A machine is what is known of one.
type machine struct {
	facts map[string]string
	noise *results.Noise // nil: not measured
}

// fact returns a fact, and "" for one that the machine does not say.
func (m machine) fact(name string) string { return m.facts[name] }

// number returns a fact that is a whole number.
func (m machine) number(name string) (n int64, known bool) {
	n, err := strconv.ParseInt(m.fact(name), 10, 64)
	return n, err == nil
}

// list returns a fact that is a list of CPUs or nodes; nil: not known, or none.
func (m machine) list(name string) []int {
	list, err := cpulist.Parse(m.fact(name))
	if err != nil {
		return nil
	}
	return list
}

// isEmulated reports whether it is known that no processor executes its instructions.
func (m machine) isEmulated() bool {
	name := m.fact("emulated")
	return name != "" && name != "no"
}

func (m machine) isGuest() bool { return m.fact("hypervisor") != "" }

// booted reports whether the kernel was started with that parameter.
func (m machine) booted(parameter string) bool {
	for _, word := range strings.Fields(m.fact("kernel-cmdline")) {
		if word == parameter {
			return true
		}
	}
	return false
}

package bench

import (
	"fmt"
	"strings"

	"ipcbench/transports"
)

// Named is a name with the line that explains it.
type Named struct{ Name, Doc string }

// A workload is what the two ends of a pair do and what is timed of it. Each
// is in a file of its own and in the list below.
type workload struct {
	Named
	producer, consumer func(*end) error
	solo               func(*end) error // for a transport whose ends are one
}

var workloads = []workload{latency, throughput}

// Workloads lists what can be measured.
func Workloads() []Named {
	var all []Named
	for _, w := range workloads {
		all = append(all, w.Named)
	}
	return all
}

func lookupWorkload(name string) (workload, error) {
	var known []string
	for _, w := range workloads {
		if w.Name == name {
			return w, nil
		}
		known = append(known, w.Name)
	}
	return workload{}, fmt.Errorf("no workload is called %q: there are %s", name, strings.Join(known, ", "))
}

// part picks what this end does.
func (w workload) part(e *end) func(*end) error {
	switch {
	case e.Spec.Caps().Has(transports.OneProcess):
		return w.solo
	case e.side == transports.Producer:
		return w.producer
	}
	return w.consumer
}

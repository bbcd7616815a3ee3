package bench_test

import (
	"testing"

	_ "ipcbench/internal/foreign"
	"ipcbench/results"
)

// TestForeignTransport measures one that another module might have: it is told
// an address, has goroutines of its own and makes garbage. The collector runs,
// and nobody is warned of what the transport said itself.
func TestForeignTransport(t *testing.T) {
	p := smallPlan(t, "foreign")
	p.Workloads, p.Sizes = []string{"latency", "throughput"}, []int{64 << 10}
	p.Placements = []string{"same-cpu"}
	for _, l := range measure(t, p) {
		if l.Status != results.OK {
			t.Errorf("%s is %s: %s", l.Workload, l.Status, l.Reason)
			continue
		}
		for _, w := range l.Workers {
			if w.Mallocs == 0 || w.GCs == 0 || !w.Pinned {
				t.Errorf("%s, the %s: %d allocations, %d collections, pinned %v", l.Workload, w.Side, w.Mallocs, w.GCs, w.Pinned)
			}
		}
		for _, warning := range l.Warnings {
			t.Errorf("%s: %s", l.Workload, warning)
		}
	}
}

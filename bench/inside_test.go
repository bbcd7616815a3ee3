package bench_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"ipcbench/bench"
	"ipcbench/internal/host"
	"ipcbench/results"
)

// TestSlicesAreOfTheMeasuredPart compares their times with the launch's own.
func TestSlicesAreOfTheMeasuredPart(t *testing.T) {
	p := smallPlan(t, sound...)
	p.Workloads, p.Launches, p.Messages = []string{"latency", "throughput"}, 1, 20_000
	for _, l := range measure(t, p) {
		if l.Status != results.OK {
			t.Errorf("%s: %s", l.Transport, l.Reason)
			continue
		}
		mean := float64(l.ElapsedNS) / float64(l.Messages)
		if n := len(l.SlicesNS); n < 5 || n > 10 || slices.Min(l.SlicesNS) > mean || slices.Max(l.SlicesNS) < mean {
			t.Errorf("%s %s: messages of %.1f ns have slices of %v", l.Transport, l.Workload, mean, l.SlicesNS)
		}
		// Where every round trip is stamped, the slices are equally long.
		if l.Workload == "latency" && l.Workers[0].StampEvery == 1 {
			sum := 0.0
			for _, ns := range l.SlicesNS {
				sum += ns * float64(l.Messages) / 10
			}
			if math.Abs(sum-float64(l.ElapsedNS)) > 1 {
				t.Errorf("%s: slices of %.1f ns in %d", l.Transport, sum, l.ElapsedNS)
			}
		}
	}
}

// TestJitterIsRecorded looks for the probe where a core is left for it, and
// only there. A launch does not wait for a probe that is late, as on a machine
// with other work, so it is launched again until one was in time.
func TestJitterIsRecorded(t *testing.T) {
	cpus, err := host.Affinity()
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := host.Stolen(cpus); !ok {
		t.Skip("this kernel does not say in /proc/stat what a hypervisor stole")
	}
	p := smallPlan(t, "pipe")
	p.Messages, p.Time, p.Launches, p.Placements = 0, 20*time.Millisecond, 1, []string{"same-cpu", "free"}
	if len(cpus) == 2 {
		p.Placements = append(p.Placements, fmt.Sprintf("%d-%d", cpus[0], cpus[1]))
	}
	mayProbe := anotherCore(t, cpus, cpus[0])
	for tries := 1; ; tries++ {
		launches := measure(t, p)
		probed := 0
		for _, l := range launches {
			if l.Jitter == nil || l.Jitter.StealNS < 0 {
				t.Errorf("%s: jitter %+v (%s)", l.Placement, l.Jitter, l.Reason)
				continue
			}
			if l.Jitter.ProbeCPU == nil {
				continue
			}
			probed++
			if l.Placement != "same-cpu" || !anotherCore(t, []int{*l.Jitter.ProbeCPU}, l.ProducerCPU) {
				t.Errorf("%s on %d and %d of %v: a probe ran on CPU %d", l.Placement, l.ProducerCPU, l.ConsumerCPU, cpus, *l.Jitter.ProbeCPU)
			}
		}
		if probed > 0 || !mayProbe || t.Failed() {
			break
		}
		if tries == 50 {
			t.Fatal("a core is left, and of 50 launches none was probed")
		}
	}
}

// anotherCore reports whether one of the CPUs is of another core than cpu is.
func anotherCore(t *testing.T, cpus []int, cpu int) bool {
	t.Helper()
	topology, err := host.ReadTopology("/", nil)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(topology.CPUs, func(c host.CPU) bool {
		return c.ID != cpu && slices.Contains(cpus, c.ID) && !slices.Contains(c.Siblings, cpu)
	})
}

// TestEndsThatShareACPUWaitForIt adds up what both report.
func TestEndsThatShareACPUWaitForIt(t *testing.T) {
	p := smallPlan(t, "pipe")
	p.Launches, p.Placements = 1, []string{"same-cpu"}
	l := measure(t, p)[0]
	var wait int64
	for _, w := range l.Workers {
		if w.WaitNS == nil {
			t.Skip("this kernel has no /proc/thread-self/schedstat: boot one built with CONFIG_SCHED_INFO")
		}
		wait += *w.WaitNS
	}
	if wait <= 0 || l.Jitter != nil && *l.Jitter.WaitNS != wait {
		t.Errorf("both waited %d ns, and the launch says %+v", wait, l.Jitter)
	}
}

// TestOnlyDiagnosingLaunchesCountPerfEvents because those make context switches
// dearer.
func TestOnlyDiagnosingLaunchesCountPerfEvents(t *testing.T) {
	p := smallPlan(t, "pipe", "pipe:wait=go", "null")
	p.Launches, p.Placements = 1, []string{"same-cpu"}
	for _, l := range measure(t, p) {
		for _, w := range l.Workers {
			if w.Perf != nil || w.PerfMissing != nil {
				t.Errorf("%s: a measured launch counted perf events: %+v", l.Transport, w)
			}
		}
	}
	for _, l := range diagnose(t, p) {
		if l.Status != results.OK || l.Launch != 0 {
			t.Errorf("%s: launch %d: %s", l.Transport, l.Launch, l.Reason)
		}
		for _, w := range l.Workers {
			if len(w.Perf)+len(w.PerfMissing) == 0 {
				t.Errorf("%s: the %s neither counted perf events nor says why not", l.Transport, w.Side)
			}
			n, counted := w.Perf["context-switches"]
			if switches := float64(w.Voluntary + w.Preempted); counted && math.Abs(n-switches) > 10+switches/100 {
				t.Errorf("%s: the %s made %v context switches by getrusage and %v by perf", l.Transport, w.Side, switches, n)
			}
		}
	}
}

func diagnose(t *testing.T, p bench.Plan) []results.Launch {
	t.Helper()
	cells, err := p.Cells(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var launches []results.Launch
	err = p.Diagnose(t.Context(), cells, func(l results.Launch) error {
		launches = append(launches, l)
		return nil
	})
	if err != nil || len(launches) != len(cells) {
		t.Fatalf("%d launches of %d cells: %v", len(launches), len(cells), err)
	}
	return launches
}

package summary

import (
	"slices"
	"testing"

	"ipcbench/results"
)

// of1s is a launch of one second whose ends ran and waited for so many ms; less
// than 0: they do not say.
func of1s(cell results.Cell, ran, waited [2]int64) results.Launch {
	l := results.Launch{Cell: cell, Status: results.OK, ElapsedNS: 1e9, Metrics: map[string]float64{results.RTTMean: 5000}}
	for i, cpu := range []int{cell.ProducerCPU, cell.ConsumerCPU} {
		w := results.Worker{CPU: cpu, CPUNS: ran[i] * 1e6}
		if ns := waited[i] * 1e6; ns >= 0 {
			w.WaitNS = &ns
		}
		l.Workers = append(l.Workers, w)
	}
	return l
}

func TestALaunchThatDidNotHaveItsCPUsIsKnownByItsOwnAccount(t *testing.T) {
	silent := [2]int64{-1, -1}
	oneCPU := results.Cell{Transport: "pipe", Workload: "latency", Placement: results.SameCPU, Waits: string(results.Sleeps)}
	twoCPUs := results.Cell{Transport: "pipe", Workload: "latency", Placement: results.SameLLC, ConsumerCPU: 1, Waits: string(results.Sleeps)}
	free := results.Cell{Transport: "pipe", Workload: "latency", Placement: results.Free, ProducerCPU: -1, ConsumerCPU: -1, Waits: string(results.Sleeps)}
	with := func(c results.Cell, change func(*results.Cell)) results.Cell { change(&c); return c }
	spinning := with(twoCPUs, func(c *results.Cell) { c.Waits = string(results.Spins) })
	onDisk := with(oneCPU, func(c *results.Cell) { c.Dir = "/tmp" })
	offered := with(oneCPU, func(c *results.Cell) { c.RatePerS = 1000 })
	for _, c := range []struct {
		name        string
		cell        results.Cell
		ran, waited [2]int64
		want        bool
	}{
		{"alone on one CPU, in turns", oneCPU, [2]int64{500, 490}, [2]int64{400, 400}, false},
		{"another process beside them", oneCPU, [2]int64{240, 230}, [2]int64{600, 600}, true},
		{"the same, of a kernel that does not say", oneCPU, [2]int64{240, 230}, silent, true},
		{"waiting for storage", onDisk, [2]int64{20, 20}, [2]int64{5, 5}, false},
		{"waiting for storage, of a kernel that does not say", onDisk, [2]int64{20, 20}, silent, false},
		{"waiting for storage and for another process", onDisk, [2]int64{300, 20}, [2]int64{450, 5}, true},
		{"few messages a second", offered, [2]int64{20, 20}, silent, false},
		{"asleep on two CPUs", twoCPUs, [2]int64{100, 100}, [2]int64{20, 20}, false},
		{"one of two CPUs taken", twoCPUs, [2]int64{100, 100}, [2]int64{20, 500}, true},
		{"spinning on two CPUs", spinning, [2]int64{990, 990}, silent, false},
		{"spinning where another spins", spinning, [2]int64{990, 500}, silent, true},
		{"not pinned, and put on one CPU", free, [2]int64{500, 490}, [2]int64{400, 400}, false},
		{"not pinned, and crowded out", free, [2]int64{200, 200}, [2]int64{500, 500}, true},
	} {
		if got := Contended(of1s(c.cell, c.ran, c.waited)); got != c.want {
			t.Errorf("%s: contended is %v", c.name, got)
		}
	}
}

// TestEndsThatWaitForABrokerHadTheirCPUs: it runs elsewhere meanwhile.
func TestEndsThatWaitForABrokerHadTheirCPUs(t *testing.T) {
	cell := results.Cell{Transport: "redis", Workload: "latency", Placement: results.SameCPU, Waits: string(results.Sleeps)}
	l := of1s(cell, [2]int64{240, 230}, [2]int64{-1, -1})
	l.Workers = append(l.Workers, results.Worker{Side: results.Server, CPUNS: 900e6})
	if Contended(l) {
		t.Error("its ends are said to have lost their CPUs")
	}
}

func TestTwoEndsAtOnceOnOneCPUAreNotPinned(t *testing.T) {
	cell := results.Cell{Transport: "pipe", Workload: "latency", Placement: results.SameCPU, Waits: string(results.Sleeps)}
	for ran, want := range map[int64]bool{500: false, 900: true} {
		s := Of([]results.Launch{of1s(cell, [2]int64{ran, ran}, [2]int64{0, 0})})[0]
		if got := slices.ContainsFunc(s.Warnings, func(w results.Warning) bool { return w.ID == "pinning-unreal" }); got != want {
			t.Errorf("each ran for %d ms of a second: warned is %v", ran, got)
		}
	}
}

// The sample was measured with nothing else on the machine, but for what it does
// itself.
func TestLaunchesThatHadTheirCPUsAreNotAccused(t *testing.T) {
	_, launches, _, err := results.Open("../sample")
	if err != nil {
		t.Fatal(err)
	}
	accused := 0
	for _, l := range launches {
		if isUnpinned(l) {
			t.Errorf("%s, launch %d was not pinned", l.Describe(" "), l.Launch)
		}
		if Contended(l) {
			accused++
			t.Logf("%s, launch %d: others had %.0f %% of a CPU", l.Describe(" "), l.Launch, 100*taken(l))
		}
	}
	if accused > len(launches)/200 {
		t.Errorf("%d of %d launches", accused, len(launches))
	}
}

// What a quota took is no other work: it is told, and may be what is asked about.
func TestALaunchThatAQuotaHeldBackIsNotAccused(t *testing.T) {
	cell := results.Cell{Transport: "pipe", Workload: "latency", Placement: results.SameCPU, Waits: string(results.Sleeps)}
	l := of1s(cell, [2]int64{240, 230}, [2]int64{600, 600})
	if !Contended(l) {
		t.Fatal("without a quota it is not accused")
	}
	l.Jitter = &results.Jitter{Throttled: 500e6, WatchedNS: 1e9}
	if Contended(l) {
		t.Error("a quota of half a CPU is told as other work")
	}
	s := Of([]results.Launch{l})[0]
	if !slices.ContainsFunc(s.Warnings, func(w results.Warning) bool { return w.ID == "throttled" }) {
		t.Errorf("nobody is told of the quota: %v", s.Warnings)
	}
}

package bench

import (
	"context"
	"slices"
	"sync"
	"time"

	"ipcbench/bench/internal/clock"
	"ipcbench/internal/facts"
	"ipcbench/internal/host"
	"ipcbench/internal/peer"
	"ipcbench/results"
	"ipcbench/transports"
)

// A watch looks out, while a launch runs, for what takes time from it: time
// that the hypervisor gave to others, and stalls of a CPU that has nothing
// else to do.
type watch struct {
	cpus      []int // the cell's
	stolen    int64
	throttled int64        // by the quotas of control groups
	known     bool         // the kernel says what was stolen
	began     int64        // ns
	probe     *peer.Worker // nil: the cell leaves no CPU for it
	at        int          // the probe's CPU
}

// watch prepares to watch the CPUs of the cell until ctx ends.
func (c Cell) watch(ctx context.Context) *watch {
	m, err := theMachine()
	if err != nil {
		return &watch{}
	}
	w := &watch{cpus: m.of(c)}
	if cpu, ok := m.idle(w.cpus); ok {
		w.startProbe(ctx, cpu)
	}
	return w
}

// theMachine is the machine this runs on, read once.
var theMachine = sync.OnceValues(thisMachine)

// of lists the CPUs on which the cell's ends run, or may.
func (m machine) of(c Cell) []int {
	var cpus []int
	occupied := c.occupied()
	for _, cpu := range m {
		if occupied == nil || slices.Contains(occupied, cpu.ID) {
			cpus = append(cpus, cpu.ID)
		}
	}
	return cpus
}

// idle returns a CPU that is none of those in use, nor shares a core with one.
// On those, a probe would disturb what is measured.
func (m machine) idle(inUse []int) (cpu int, ok bool) {
	for _, cpu := range m {
		shares := func(used int) bool { return used == cpu.ID || slices.Contains(cpu.Siblings, used) }
		if !slices.ContainsFunc(inUse, shares) {
			return cpu.ID, true
		}
	}
	return 0, false
}

// startProbe starts it in a process of its own, all on that CPU. In the driver,
// the Go runtime's other threads would get up with it, and on the CPU that is
// measured: that took the p99 of a round trip over two pipes from 8 to 20 µs.
func (w *watch) startProbe(ctx context.Context, cpu int) {
	probe, err := peer.Start(transports.Producer, nil, peer.Options{Role: probeRole, CPU: cpu, Env: []string{"GOMAXPROCS=1"}})
	if err != nil {
		return
	}
	context.AfterFunc(ctx, probe.Kill)
	w.probe, w.at = probe, cpu
}

// patience is for how long the driver waits for a word of a probe, or for a cache
// line to go to and fro: no launch is to be held up by what only watches it.
const patience = 100 * time.Millisecond

// ready waits until the probe is, or goes on without it.
func (w *watch) ready() {
	if w.probe != nil && w.probe.HearWithin(patience, new(string)) != nil {
		w.probe.Kill()
	}
}

// begin begins to watch.
func (w *watch) begin() {
	w.began = clock.Now()
	w.stolen, w.known = host.Stolen(w.cpus)
	w.throttled = facts.ThrottledNS()
	if w.probe != nil {
		w.probe.Tell("go") // one that is gone says nothing at the end
	}
}

// end returns what was seen since begin, and nil where this machine shows
// nothing.
func (w *watch) end() *results.Jitter {
	stolen, ok := host.Stolen(w.cpus)
	if !ok || !w.known || len(w.cpus) == 0 {
		return nil
	}
	j := &results.Jitter{Throttled: facts.ThrottledNS() - w.throttled, StealNS: stolen - w.stolen, CPUs: len(w.cpus), WatchedNS: clock.Now() - w.began}
	var seen stalls
	if w.probe != nil && w.probe.Tell("stop") == nil && w.probe.HearWithin(patience, &seen) == nil {
		j.ProbeCPU, j.Stalls, j.WorstNS = &w.at, seen.Count, seen.WorstNS
	}
	return j
}

// close ends the probe.
func (w *watch) close(ctx context.Context) {
	if w.probe != nil {
		w.probe.Kill()
		w.probe.Wait(ctx)
	}
}

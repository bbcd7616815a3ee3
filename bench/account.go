package bench

import (
	"fmt"

	"ipcbench/bench/workload"
	"ipcbench/results"
	"ipcbench/transports"
)

// account turns what the workers reported into the launch's numbers, or
// refuses: what was lost, ran elsewhere than it should, or was not verified is
// no result.
func (c Cell) account(w workload.Workload, record *results.Launch, reports []workload.Report, d *workload.Driver) error {
	if err := c.whereItRan(reports); err != nil {
		return err
	}
	groups := c.groups(reports)
	if err := w.Sum(record, groups, d); err != nil {
		return err
	}
	var received, uncertain int64
	for _, g := range groups {
		received += g.Received()
		uncertain = max(uncertain, g.ClockUncertain())
	}
	record.ClockErrorNS = &uncertain
	for _, r := range reports {
		record.Verified += r.Verified
	}
	costs(record, float64(received))
	waits(record, reports)
	record.Warnings = append(record.Warnings, c.interference(record, reports)...)
	if w, crowded := c.crowded(); crowded {
		record.Warnings = append(record.Warnings, w)
	}
	return nil
}

// whereItRan compares each worker's place with the plan's.
func (c Cell) whereItRan(reports []workload.Report) error {
	for i, s := range c.seats() {
		w := reports[i].Worker
		if s.cpu >= 0 && (!w.Pinned || w.CPU != s.cpu) {
			return fmt.Errorf("the %s was pinned to CPU %d and ended on CPU %d: something changed its affinity", s.side, s.cpu, w.CPU)
		}
	}
	return nil
}

// costs fills in what each of n messages cost all workers together, and what serves them.
func costs(record *results.Launch, n float64) {
	var cpu, switches, faults, moved int64
	known := true
	for _, w := range record.Workers {
		cpu += w.CPUNS
		switches += w.Voluntary + w.Preempted
		faults += w.Minor + w.Major
		switch {
		case w.Migrations != nil:
			moved += *w.Migrations
		case w.IsEnd():
			known = false
		}
	}
	record.Metrics[results.CPUPerMsg] = float64(cpu) / n
	record.Metrics[results.CtxswPer] = float64(switches) / n
	record.Metrics[results.FaultsPer] = float64(faults) / n
	if known {
		record.Metrics[results.Migrations] = float64(moved)
	}
}

// waits fills in how long all workers waited for their CPUs, if all say.
func waits(record *results.Launch, reports []workload.Report) {
	if record.Jitter == nil {
		return
	}
	var waited int64
	for _, r := range reports {
		if r.Worker.WaitNS == nil {
			return
		}
		waited += *r.Worker.WaitNS
	}
	record.Jitter.WaitNS = &waited
}

// handful is how many allocations the Go runtime itself may make, as when it
// starts another thread.
const handful = 10

// interference says where the harness itself was in the way. What has threads of
// its own pays for the Go runtime, and that is its result, as is what it says
// that it allocates or collects.
func (c Cell) interference(record *results.Launch, reports []workload.Report) []results.Warning {
	caps := c.Spec.Caps()
	if caps.Has(transports.OwnThreads) {
		return nil
	}
	var warnings []results.Warning
	if why := reports[0].Worker.SharedTable; why != "" {
		warnings = append(warnings, results.SharedTable.With("why", why))
	}
	for _, r := range reports {
		w := r.Worker
		allocated := w.Mallocs > max(handful, record.Messages/100) && !caps.Has(transports.Allocates)
		collected := w.GCs > 0 && !caps.Has(transports.NeedsCollector)
		if allocated || collected {
			warnings = append(warnings, results.Allocated.With("side", w.Side, "mallocs", w.Mallocs, "gcs", w.GCs))
		}
	}
	return warnings
}

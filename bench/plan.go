// Package bench turns a plan into a run: it crosses the axes into cells, starts
// fresh processes for every launch, lets them do their workload, keeps the record
// of each, and takes what bounds the results from below beside them:
//
//	cells, err := plan.Cells()
//	run, err := bench.NewRun(plan, cells, bench.Options{Parent: "results"})
//	analysis, err := run.Carry(ctx)
//
// It knows processes, placement, floors and what belongs to a run. It must not
// know what a workload does or how a transport works inside, how a record is
// printed or drawn, or that there is a command line.
package bench

import (
	"time"

	"ipcbench/bench/workload"
	"ipcbench/results"
	"ipcbench/transports"
)

// A Plan says what to measure and how. The axes Specs, Workloads, Sizes,
// Placements and Dirs are crossed into cells.
type Plan struct {
	Specs      []transports.Spec
	Workloads  []string // names of Workloads()
	Sizes      []int    // message lengths in bytes
	Placements []string // see Placements(); "auto" stands for those that make sense for a spec
	Dirs       []string // for transports that live in a directory; the others ignore them

	// FitSizes says that Sizes are nobody's wish: a spec that can carry none of
	// them is measured with the largest message it can carry.
	FitSizes bool

	Launches int             // fresh process pairs for each cell: the replicate
	Time     time.Duration   // measured time of a launch, or,
	Messages int64           // where not 0, measured messages of a launch
	Warmup   workload.Warmup //  before the measured part, every byte verified
	Verify   string          // "header": sequence, length and both ends of every message; "full": every byte
	Timeout  time.Duration   // of a launch, from start to end; then it is killed and failed
	Seed     uint64          // of the order of the launches
	Labels   map[string]string

	// Until, where not 0, is how far the 95 % interval of a cell's median may
	// reach from it, as a ratio to it: of the primary metric, see
	// results.PrimaryMetric. A cell whose interval is wider after Launches is
	// launched again until it no longer is or all of the run has taken Budget.
	// To stop as soon as the interval is narrow is to stop a little more often
	// where it is so by chance: it holds the true median somewhat less often
	// than it claims.
	Until  float64
	Budget time.Duration

	Pairs int // of processes at once in every launch, all at the cell's placement; 0: one

	perf bool // see Diagnose
}

// A Warmup is how long both ends exchange messages before what is measured.
type Warmup = workload.Warmup

// Workloads lists what can be measured, in the order of tables.
func Workloads() []results.Workload {
	var all []results.Workload
	for _, w := range workload.All() {
		all = append(all, results.LookupWorkload(w.Name))
	}
	return all
}

// Record returns the plan as run.json keeps it.
func (p Plan) Record() results.Plan {
	var specs []string
	for _, spec := range p.Specs {
		specs = append(specs, spec.String())
	}
	return results.Plan{
		Specs: specs, Workloads: p.Workloads, Sizes: p.Sizes, Placements: p.Placements, Dirs: p.Dirs,
		Launches: p.Launches, TimeNS: int64(p.Time), Messages: p.Messages,
		Warmup: p.Warmup.String(), Verify: p.Verify, TimeoutNS: int64(p.Timeout), Seed: p.Seed,
		Until: p.Until, BudgetNS: int64(p.Budget),
	}
}

// Package bench turns a plan into measurements: it crosses the axes into
// cells, starts a fresh pair of processes for every launch, times what they
// do and returns the records.
//
// It knows processes, clocks, placement and what a workload is. It must not
// know how a transport works inside, how a record is printed or drawn, or
// that there is a command line.
package bench

import (
	"context"
	"time"

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

	Launches int           // fresh process pairs for each cell: the replicate
	Time     time.Duration // measured time of a launch, or,
	Messages int64         // where not 0, measured messages of a launch
	Warmup   Warmup        // before the measured part, every byte verified
	Verify   string        // "header": sequence, length and both ends of every message; "full": every byte
	Timeout  time.Duration // of a launch, from start to end; then it is killed and failed
	Seed     uint64        // of the order of the launches
	Labels   map[string]string
}

// A Warmup is as long as the longer of the two.
type Warmup struct {
	Time     time.Duration
	Messages int64
}

// A Cell is one point of a plan.
type Cell struct {
	results.Cell
	Spec transports.Spec // with Dir, Size and Capacity set
	// Skip, where not empty, is why this machine cannot run the cell, and
	// Fail what went wrong when its link was made on trial.
	Skip, Fail string
}

// Cells crosses the plan's axes and tries whether each cell can run, by making
// its link once and closing it. An error means that the plan itself is wrong.
func (p Plan) Cells() ([]Cell, error) { panic("TODO") }

// Run measures the plan: it calls each with every record as soon as its launch
// has ended, in the order they were run, and returns them all. Nothing of each
// runs while a launch does. A launch that fails is a record, not an error. On
// cancellation Run ends the launch in flight, which leaves no record, and
// returns what it has with the context's error.
func (p Plan) Run(ctx context.Context, cells []Cell, each func(results.Launch) error) ([]results.Launch, error) {
	panic("TODO")
}

// Record returns the plan as run.json keeps it.
func (p Plan) Record() results.Plan { panic("TODO") }

// Floors measures what the harness itself costs: reading the clock, copying
// each of the sizes, and the null transport's round trip of each size.
func Floors(ctx context.Context, sizes []int) ([]results.Floor, error) { panic("TODO") }

// Named is a name with the line that explains it.
type Named struct{ Name, Doc string }

// Workloads lists what can be measured.
func Workloads() []Named { panic("TODO") }

// A Placement is where the two ends of a pair run.
type Placement struct {
	Name   string // "same-cpu", "smt", "same-llc", "cross-llc", "cross-node", "free" or "A-B"
	Doc    string
	CPUs   []int  // producer's, consumer's; nil: not pinned, or not available
	Reason string // why this machine has no such pair; "" where it has
}

// Placements lists the named placements with the pair of CPUs that each
// stands for on this machine, nearest first.
func Placements() ([]Placement, error) { panic("TODO") }

// Worker turns this process into one end of a pair where the driver started
// it as that, and then does not return. A main function or TestMain calls it
// before anything else.
func Worker() {}

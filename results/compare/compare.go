// Package compare says what changed between two sets of runs, or between the
// parts of one, and how sure that is.
//
// It knows records, statistics and how to say both in words and tables. It must
// not know how anything was measured or drawn.
package compare

import (
	"fmt"
	"slices"
	"strings"

	"ipcbench/results"
	"ipcbench/results/effect"
	"ipcbench/results/summary"
)

// A Run is a run directory that has been read, see [results.Open].
type Run struct {
	results.Run
	Launches []results.Launch

	mixed int // launches that are left out, see [divided]
}

// Of takes from a run's launches what is compared. The rest, which is most of
// them, can be forgotten: there may be many runs.
func Of(run results.Run, launches []results.Launch) Run {
	taken := Run{Run: run, Launches: make([]results.Launch, len(launches))}
	for i, l := range launches {
		l.SlicesNS, l.Warnings = nil, nil
		l.Workers = known(l.Workers)
		taken.Launches[i] = l
	}
	return taken
}

// known is what is asked of workers here, and nothing else of them: their side, what they know
// of the clock, how much what connects them holds, and whether they had their
// CPUs.
func known(workers []results.Worker) []results.Worker {
	var list []results.Worker
	for _, w := range workers {
		list = append(list, results.Worker{
			Side: w.Side, TickNS: w.TickNS, StampEvery: w.StampEvery, Buffers: w.Buffers, CPU: w.CPU, CPUNS: w.CPUNS, WaitNS: w.WaitNS,
		})
	}
	return list
}

// Options say what is compared and when a difference counts.
type Options struct {
	Metrics []string // names of results.Metrics; nil: those that each workload has for that
	Alpha   float64  // chance that the headline calls any cell changed when none is, and so for each further metric; 0: 0.05
	Same    float64  // widest interval around no change that is still called the same, as a ratio; 0: 0.05
	Force   bool     // compare different hardware and placements all the same

	// InTurn says that the runs of both sides were made in turn, several of each: what the
	// bare machine does otherwise on one side, as wake an end sooner, is then of what makes
	// the sides differ, and speaks for a change and not against it.
	InTurn bool

	// Cause says in few words what the CPU time of a cell, as the new side has it, grew or
	// shrank by, as far as profiles of both sides tell: "+9.0 points in schedule". "": none does.
	Cause func(results.Cell) string

	Threshold float64 // how much worse, as a ratio, the new side may be, see [Gate]; 0: nothing is said of that

	AllowMissing bool // the gate may pass though cells that the old side has are missing on the new one
}

// A Comparison is all that two sides say together.
type Comparison struct {
	Headline    string // the result in one line: the finding, and what may be behind it
	Finding     string // what changed most, and how many changes there are
	Old, New    string // what the sides are: the runs' names, or the values of By
	By          string // the column, where parts of runs are compared: "fstype"
	Replicate   string // "launch" or "run": what is independent of what
	Scope       string // one line: what the verdicts hold for: "within these two runs: ..."
	Environment []Difference
	Known       Extent
	Controls    []Control
	Rows        []Row
	Together    *Together // nil: cells moved each by itself
	Gate        *Gate     // nil: none was asked for
	Missing     []Missing // cells that only one side has a result of; of parts of runs, only where both were asked for
	Warnings    []string
	Setting     string  // with what and on what both were measured: "ipcbench v0.3.0 · AMD EPYC · Linux 6.18.44"
	Options     Options // complete

	asked    bool              // for certain metrics: all of them count, not only those that say most
	texts    map[string]string // by value of By, what the variant of that name is
	between  string            // "these two runs", where launches of runs that are on one side each are compared; or ""
	tooShort map[string]string // of Warnings, that about a metric which some launches were too short for
}

// A Difference is a fact about the environment that the sides do not share.
type Difference struct {
	Key      string
	Old, New string // values in the order of the runs, each once, joined with ", "
}

// A Control is a floor, which no change of the measured software moves.
type Control struct {
	results.Floor         // Name, SizeBytes, CPUs, Doc
	NewValue      string  // of Comparison.By: of which part; the old one is always the first
	Old, New      float64 // medians over the replicates, ns
	effect.Effect         // not corrected: a floor that moved by chance only makes a verdict more careful
}

// A Row is one metric of one cell on both sides.
type Row struct {
	Cell             results.Cell // as the new side has it; what Comparison.By varies is in OldValue and NewValue
	OldCell          results.Cell
	OldValue         string // of Comparison.By: "ext4"
	NewValue         string
	Metric           string
	Deciding         bool             // on the cell, see [results.Deciding]
	Old, New         summary.Estimate // over the replicates
	OldOnes, NewOnes []float64        // the replicates
	effect.Effect
	OldFailed, NewFailed int // launches of the cell that failed beside these
	Verdict              Verdict
	Within               float64 // of Same: the interval lies this near to no change
	Needed               int     // of Noisy: about how many replicates a side could tell; 0: unknown, or no number would
	Because              string  // of Noisy and MachineChanged: what stands in the way, and what would help; of a change in turn: what moved with it

	identity results.Cell // of the pair: what is the same on both sides
	controls []Control    // those that concern the cell
	modal    bool         // of Noisy: a side's launches fall into modes
	planned  int          // launches of a cell that a side was to make, where each side is one run; 0 elsewhere
	together bool         // it moved with Comparison.Together

	oldContended, newContended int           // launches that did not have their CPUs,
	oldLaunches, newLaunches   int           // of so many
	alone                      effect.Effect // without them
}

// Missing is a cell without a counterpart, or without a result on one side.
type Missing struct {
	Cell   results.Cell   // as the side that lacks it has it, or else the other
	Side   string         // "old" or "new": where it is missing
	Value  string         // of Comparison.By: in which part it is missing
	Status results.Status // of its launches there; "" where it was not asked for
	Reason string
}

// defaultAlpha is the chance of calling any of several cells changed when none
// is.
const defaultAlpha = 0.05

// complete returns the options with what was left out.
func (o Options) complete() (Options, error) {
	if o.Alpha == 0 {
		o.Alpha = defaultAlpha
	}
	if o.Same == 0 {
		o.Same = 0.05
	}
	for _, metric := range o.Metrics {
		if names := results.MetricNames(); !slices.Contains(names, metric) {
			return o, fmt.Errorf("compare: no metric is called %q: they are %s", metric, strings.Join(names, ", "))
		}
	}
	return o, nil
}

// metricsOf are those that are compared of a pair: the one that decides on it
// in the place of its workload's Main.
func (o Options) metricsOf(p pair) []string {
	if o.Metrics != nil {
		return o.Metrics
	}
	w := results.LookupWorkload(p.new.cell.Workload)
	metrics := slices.Clone(w.Compared)
	if i := slices.Index(metrics, w.Main); i >= 0 {
		metrics[i] = p.deciding()
	}
	return metrics
}

func (r Row) metric() results.Metric { return results.LookupMetric(r.Metric) }

// Package history follows cells over many runs, of nightly kernels say, and finds
// the runs at which their results changed, by how much, what else changed there,
// and whether the machine did.
//
// It knows records, statistics and how to say both in words and tables. It must not
// know how anything was measured or drawn.
package history

import (
	"fmt"
	"time"

	"ipcbench/results"
	"ipcbench/results/compare"
	"ipcbench/results/effect"
)

// Options say what is followed and when a change counts.
type Options struct {
	Metrics []string // names of results.Metrics; nil: the one that decides on each cell
	Alpha   float64  // chance of any change in the whole history where there is none; 0: 0.05
	Force   bool     // follow over different hardware and placements all the same
}

// A History is what many runs say together, in the order in which they started.
type History struct {
	Headline string // the result in one line
	Setting  string // with what and on what they were measured
	Runs     []Run
	Series   []Series // in reading order
	Floors   []Floor
	Warnings []string
	Options  Options // complete
	Looks    int     // places that were looked at for a change, in all series: how many tests p is corrected for
}

// A Run is one of those that a history is of.
type Run struct {
	Name    string
	Started time.Time // zero: the run does not say
}

// A Series is one metric of one cell over the runs.
type Series struct {
	Cell     results.Cell // as its last run has it
	Metric   string
	Deciding bool // it decides on the cell
	Course
}

// A Floor is one of those over the runs, which no change of what is measured moves.
type Floor struct {
	results.Floor
	Course
}

// A Course is the values of a series, and what they come to.
type Course struct {
	Points   []Point // of the runs that have it; the others are gaps
	Segments []Segment
	Changes  []Change // between the segments
}

// A Point is what one run says.
type Point struct {
	Run      int     // its place in History.Runs
	Median   float64 // of its launches, each of which weighs alike
	Lo, Hi   float64 // the median's 95 % interval; NaN where there are too few launches
	Launches int
}

// A Segment is points between two changes.
type Segment struct {
	From, To int     // the first of them, and the first after them
	Median   float64 // of the points'
}

// A Change is where a series goes from one level to another.
type Change struct {
	At            int     // the first point after it
	Before, After int     // the runs on either side, by their places in History.Runs
	Old, New      float64 // the medians of the segments

	// Effect is between the segments: Own is its interval of 95 %, P the chance of
	// such a difference at this place, Corrected that of one anywhere in the history.
	effect.Effect

	Verdict     compare.Verdict // Faster, Slower or MachineChanged
	Because     string          // of MachineChanged, and what else a reader should know
	Environment []Difference    // what of it differs between the segments, what explains most first
}

// A Difference is something about the environment that no run of the segment before
// a change has in common with one of that after it.
type Difference struct {
	compare.Difference      // beside the change
	Varies             bool // it is not the same in all of a segment either, as a kernel that is another each night
}

// near is how many runs apart two changes may be placed that are one: there are
// runs that could belong to either side.
const near = 2

// complete returns the options with what was left out.
func (o Options) complete() (Options, error) {
	if o.Alpha == 0 {
		o.Alpha = 0.05
	}
	if !(o.Alpha > 0 && o.Alpha < 1) {
		return o, fmt.Errorf("history: a chance of %g is none: it is above 0 and below 1", o.Alpha)
	}
	return o, nil
}

// values are those of the points.
func (c Course) values() []float64 {
	values := make([]float64, len(c.Points))
	for i, p := range c.Points {
		values[i] = p.Median
	}
	return values
}

// metric is what is known of the series' metric.
func (s Series) metric() results.Metric { return results.LookupMetric(s.Metric) }

// Name names the series as people do: "pipe 64 B same-llc round trip".
func (s Series) Name() string { return s.Cell.Describe(" ", "workload") + " " + s.metric().Quantity() }

// slowdown is the change as one of the time that a message takes: that of a rate
// is its reciprocal's.
func (c Change) slowdown(m results.Metric) (change, lo, hi float64) {
	if !m.More {
		return c.Change, c.Own.Lo, c.Own.Hi
	}
	inverse := func(ratio float64) float64 { return 1/(1+ratio) - 1 }
	return inverse(c.Change), inverse(c.Own.Hi), inverse(c.Own.Lo)
}

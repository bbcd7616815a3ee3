// Package summary says what the launches of a run come to: the median of each
// metric of each cell and its interval, and what about the launches a reader of
// these should know.
//
// It knows statistics. It must not know how anything is laid out, and it makes
// no words but those of its own warnings.
package summary

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"ipcbench/results"
)

// A Summary is what the launches of one cell say together.
type Summary struct {
	results.Cell
	Launches int               // that ended ok, and so are in Metrics
	Skipped  int               // that this machine cannot run
	Failed   int               // that went wrong
	Reason   string            // the first of the skipped or failed ones
	Warnings []results.Warning // of the launches, of what they are together and of the machine they ran on, each once

	Modes    []Mode // where the launches fall into several, the least first; otherwise nil
	Drifting int    // launches that were still changing while they were measured

	Contended int // launches that did not have their CPUs, see [Contended]

	Metrics       map[string]Estimate     // by their names; absent: no launch has it
	Distributions map[string]Distribution // by the names of histograms
	OK            []results.Launch        // those in Metrics, in the order of measuring
	Asked         []results.Metric        // percentiles that were asked for beside those of every run, whether or not they are in Metrics
	Deciding      string                  // the metric that decides on the cell, see [results.Deciding]
}

// Of brings the launches of each cell together, in the order in which the cells
// appear. All fields of a cell tell it from another, so placements and
// directories are never mixed. They have the percentiles that are asked for beside
// those of every run: see [results.Percentiles].
func Of(launches []results.Launch, asked ...results.Metric) []Summary {
	byCell := map[results.Cell][]results.Launch{}
	var cells []results.Cell
	for _, launch := range launches {
		if _, seen := byCell[launch.Cell]; !seen {
			cells = append(cells, launch.Cell)
		}
		byCell[launch.Cell] = append(byCell[launch.Cell], launch)
	}
	summaries := make([]Summary, len(cells))
	for i, cell := range cells {
		summaries[i] = ofCell(cell, byCell[cell], asked)
	}
	return summaries
}

func ofCell(cell results.Cell, launches []results.Launch, asked []results.Metric) Summary {
	s := Summary{Cell: cell, Asked: asked, Metrics: map[string]Estimate{}}
	for _, launch := range launches {
		s.count(launch)
	}
	s.Deciding = results.Deciding(s.Workload, s.OK)
	times := s.decode()
	for name, ofName := range times {
		s.distribute(name, ofName)
	}
	figures := s.OK
	if s.Stratum == results.Mixed {
		figures, times = s.middle(), nil
	}
	for _, metric := range results.MetricsOf(figures, asked...) {
		if e, has := estimate(metric, figures, times[metric.Of]); has {
			s.Metrics[metric.Name] = e
		}
	}
	s.findModes()
	s.explainOutliers()
	s.markDrift()
	s.markContended()
	s.warnOfMixed(times)
	s.warnOfBacklog()
	s.warnOfRate()
	return s
}

// count takes a launch with its ending and warnings into the summary.
func (s *Summary) count(launch results.Launch) {
	switch launch.Status {
	case results.OK:
		s.Launches++
		s.OK = append(s.OK, launch)
	case results.Skipped:
		s.Skipped++
	case results.Failed:
		s.Failed++
	}
	if launch.Status != results.OK && s.Reason == "" {
		s.Reason = launch.Reason
	}
	s.warn(launch.Warnings...)
}

func (s *Summary) warn(warnings ...results.Warning) {
	s.Warnings = results.AppendOnce(s.Warnings, warnings...)
}

// Values are a metric's, of each launch that has it, in the order of measuring.
func (s Summary) Values(metric string) []float64 {
	var values []float64
	for _, launch := range s.OK {
		if value, has := launch.Metrics[metric]; has {
			values = append(values, value)
		}
	}
	return values
}

// Main is what is known of the metric that decides on the cell.
func (s Summary) Main() results.Metric {
	return results.LookupMetric(cmp.Or(s.Deciding, results.PrimaryMetric(s.Workload)))
}

// IsFine says whether that is the workload's Fine, for what is too short for the
// clock.
func (s Summary) IsFine() bool { return s.Main().Name == results.LookupWorkload(s.Workload).Fine }

// IsToBeNarrow says whether the launches are of one kind, and so many that the
// interval of their median can be asked for: of those that were divided, not the
// mixed ones, and not a single one.
func (s Summary) IsToBeNarrow() bool {
	return s.Stratum == "" || s.Stratum != results.Mixed && s.Launches > 1
}

// Margin returns how far the interval of that metric reaches from its median, as
// [Estimate.Margin] does. It is NaN where there is no interval, also for the
// reason that a launch does not have the metric.
func (s Summary) Margin() float64 {
	e := s.Metrics[s.Main().Name]
	if e.N < s.Launches {
		return math.NaN()
	}
	return e.Margin()
}

// unreadable is of a launch whose histogram is missing from the distribution.
var unreadable = results.Cautions(results.Caution{ID: "histogram-unreadable", Words: func(w results.Warning) string {
	return fmt.Sprintf("launch %s is not in the percentiles: %s", w.Text("launch"), w.Text("error"))
}})

// decode returns the launches' times by the names of their histograms, of those
// that have one.
func (s *Summary) decode() map[string][]results.Times {
	decoded := map[string][]results.Times{}
	for _, launch := range s.OK {
		for name, encoded := range launch.Histograms {
			times, err := results.DecodeTimes(encoded)
			if err != nil {
				s.warn(unreadable.With("launch", launch.Launch, "error", err.Error()))
				continue
			}
			decoded[name] = append(decoded[name], times)
		}
	}
	return decoded
}

// middle is the one launch of all by which the metric that decides is halved.
// Where they are not alike, whatever they are, its figures are told: any others
// would be of none.
func (s Summary) middle() []results.Launch {
	metric := s.Main().Name
	sorted := slices.SortedStableFunc(slices.Values(s.OK), func(a, b results.Launch) int {
		return cmp.Compare(a.Metrics[metric], b.Metrics[metric])
	})
	if n := len(sorted); n > 0 {
		return sorted[(n-1)/2 : (n+1)/2]
	}
	return nil
}

func (s *Summary) distribute(name string, times []results.Times) {
	if s.Distributions == nil {
		s.Distributions = map[string]Distribution{}
	}
	s.Distributions[name] = DistributionOf(times...)
}

// InReadingOrder returns the summaries as a reader looks them up: by workload,
// placement and size, and within what can be compared the best first, those
// without a result last. The shuffled order of measuring plays no part.
func InReadingOrder(summaries []Summary) []Summary {
	sorted := slices.Clone(summaries)
	best := map[results.Cell]float64{} // of what stays together: the strata of a cell, the points of a course
	for _, s := range sorted {
		known, seen := best[s.Undivided().Course()]
		if worse := s.worse(); !seen || worse < known {
			best[s.Undivided().Course()] = worse
		}
	}
	slices.SortStableFunc(sorted, func(a, b Summary) int {
		return cmp.Or(
			results.CompareGroups(a.Cell, b.Cell),
			cmp.Compare(best[a.Undivided().Course()], best[b.Undivided().Course()]),
			results.CompareCells(a.Undivided().Course(), b.Undivided().Course()),
			results.CompareCells(a.Cell, b.Cell),
		)
	})
	return sorted
}

// worse is a number that is greater for a worse result of the same group.
func (s Summary) worse() float64 {
	main := s.Main()
	switch e, has := s.Metrics[main.Name]; {
	case !has:
		return math.Inf(1)
	case main.More:
		return -e.Median
	default:
		return e.Median
	}
}

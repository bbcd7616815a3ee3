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
	Distributions map[string]Distribution // by the names of histograms: of all launches' merged
	OK            []results.Launch        // those in Metrics, in the order of measuring
	Deciding      string                  // the metric that decides on the cell, see [results.Deciding]
}

// Of brings the launches of each cell together, in the order in which the cells
// appear. All fields of a cell tell it from another, so placements and
// directories are never mixed.
func Of(launches []results.Launch) []Summary {
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
		summaries[i] = ofCell(cell, byCell[cell])
	}
	return summaries
}

func ofCell(cell results.Cell, launches []results.Launch) Summary {
	s := Summary{Cell: cell, Metrics: map[string]Estimate{}}
	for _, launch := range launches {
		s.count(launch)
	}
	s.Deciding = results.Deciding(s.Workload, s.OK)
	for _, metric := range results.MetricsOf(s.OK) {
		if values := s.Values(metric.Name); len(values) > 0 {
			e := EstimateOf(values)
			e.Step = StepOf(metric, s.OK)
			s.Metrics[metric.Name] = e
		}
	}
	decoded := s.decode()
	s.pool(decoded)
	s.findModes()
	s.explainOutliers()
	s.markDrift()
	s.markContended()
	s.warnOfMixed(decoded)
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

// unreadable is of a launch whose histogram is missing from what is merged.
var unreadable = results.Cautions(results.Caution{ID: "histogram-unreadable", Words: func(w results.Warning) string {
	return fmt.Sprintf("launch %s is not in the merged histogram: %s", w.Text("launch"), w.Text("error"))
}})

// decode returns the launches' histograms by name, of those that have one.
func (s *Summary) decode() map[string][]*results.Histogram {
	decoded := map[string][]*results.Histogram{}
	for _, launch := range s.OK {
		for name, encoded := range launch.Histograms {
			histogram, err := results.DecodeHistogram(encoded)
			if err != nil {
				s.warn(unreadable.With("launch", launch.Launch, "error", err.Error()))
				continue
			}
			decoded[name] = append(decoded[name], histogram)
		}
	}
	return decoded
}

// pool merges the launches' histograms, and takes from them the quantiles for
// which a launch had too few samples. A median over the launches that had
// enough would be one over the faster launches.
func (s *Summary) pool(decoded map[string][]*results.Histogram) {
	if len(decoded) > 0 {
		s.Distributions = map[string]Distribution{}
	}
	for name, histograms := range decoded {
		merged := results.NewHistogram()
		for _, histogram := range histograms {
			if err := merged.Merge(histogram); err != nil {
				s.warn(results.Told.With("text", err.Error()))
			}
		}
		s.Distributions[name] = distributionOf(merged)
		for _, metric := range results.Metrics() {
			if metric.Of != name || s.Metrics[metric.Name].N == s.Launches {
				continue
			}
			delete(s.Metrics, metric.Name)
			if ns, ok := merged.Quantile(metric.Q); ok {
				s.Metrics[metric.Name] = pooled(ns, len(histograms))
			}
		}
	}
}

// InReadingOrder returns the summaries as a reader looks them up: by workload,
// placement and size, and within what can be compared the best first, those
// without a result last. The shuffled order of measuring plays no part.
func InReadingOrder(summaries []Summary) []Summary {
	sorted := slices.Clone(summaries)
	slices.SortStableFunc(sorted, func(a, b Summary) int {
		return cmp.Or(
			results.CompareGroups(a.Cell, b.Cell),
			cmp.Compare(a.worse(), b.worse()),
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

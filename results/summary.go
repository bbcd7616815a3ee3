package results

import (
	"fmt"
	"math"
	"slices"

	"github.com/montanaflynn/stats"
)

// A Summary is what the launches of one cell say together.
type Summary struct {
	Cell
	Launches int      // that ended ok, and so are in Metrics
	Skipped  int      // that this machine cannot run
	Failed   int      // that went wrong
	Reason   string   // the first of the skipped or failed ones
	Warnings []string // of the launches and of what they are together, each once

	Modes    []Mode // where the launches fall into several, the least first; otherwise nil
	Drifting int    // launches that were still changing while they were measured

	Metrics   map[string]Estimate // by the names of [Metrics]; absent: no launch has it
	Histogram *Histogram          // all launches' stamped round trips merged; nil without any
}

// An Estimate is a metric over the launches of a cell. The launch is the
// replicate: samples within a launch are not independent of each other, and
// are never counted as if they were.
type Estimate struct {
	Median   float64
	Lo, Hi   float64 // 95 % confidence interval of the median, between order statistics and without assuming a distribution; NaN below 6 launches
	N        int     // launches
	Min, Max float64
	CV       float64 // sample standard deviation over mean; NaN below 2 launches

	// Pooled says that Median is a quantile of all launches' round trips
	// merged, because at least one launch had too few for it on its own. It
	// has no interval: merged, the launches are one sample.
	Pooled bool
}

// HasInterval says whether Lo and Hi are numbers.
func (e Estimate) HasInterval() bool { return !math.IsNaN(e.Lo) && !math.IsNaN(e.Hi) }

// Margin returns how far the farther end of the interval lies from the median,
// as a ratio to it, or NaN without an interval.
func (e Estimate) Margin() float64 {
	if !e.HasInterval() || e.Median == 0 {
		return math.NaN()
	}
	return max(e.Hi-e.Median, e.Median-e.Lo) / math.Abs(e.Median)
}

// Summarize brings the launches of each cell together, in the order in which
// the cells appear. All fields of a cell tell it from another, so placements
// and directories are never mixed.
func Summarize(launches []Launch) []Summary {
	byCell := map[Cell][]Launch{}
	var cells []Cell
	for _, launch := range launches {
		if _, seen := byCell[launch.Cell]; !seen {
			cells = append(cells, launch.Cell)
		}
		byCell[launch.Cell] = append(byCell[launch.Cell], launch)
	}
	summaries := make([]Summary, len(cells))
	for i, cell := range cells {
		summaries[i] = summarizeCell(cell, byCell[cell])
	}
	return summaries
}

func summarizeCell(cell Cell, launches []Launch) Summary {
	s := Summary{Cell: cell, Metrics: map[string]Estimate{}}
	var ok []Launch
	for _, launch := range launches {
		s.count(launch)
		if launch.Status == OK {
			ok = append(ok, launch)
		}
	}
	for _, metric := range Metrics {
		if values := valuesOf(metric, ok); len(values) > 0 {
			s.Metrics[metric] = EstimateOf(values)
		}
	}
	histograms := s.decode(ok)
	s.pool(histograms)
	s.findModes(ok)
	s.explainOutliers(ok)
	s.markDrift(ok)
	s.warnOfMixed(histograms)
	return s
}

// count takes a launch's ending and warnings into the summary.
func (s *Summary) count(launch Launch) {
	switch launch.Status {
	case OK:
		s.Launches++
	case Skipped:
		s.Skipped++
	case Failed:
		s.Failed++
	}
	if launch.Status != OK && s.Reason == "" {
		s.Reason = launch.Reason
	}
	for _, warning := range launch.Warnings {
		s.warn(warning)
	}
}

func (s *Summary) warn(warning string) {
	if !slices.Contains(s.Warnings, warning) {
		s.Warnings = append(s.Warnings, warning)
	}
}

func valuesOf(metric string, launches []Launch) []float64 {
	var values []float64
	for _, launch := range launches {
		if value, has := launch.Metrics[metric]; has {
			values = append(values, value)
		}
	}
	return values
}

// EstimateOf returns the estimate from one value a replicate, of which there is
// at least one.
func EstimateOf(values []float64) Estimate {
	e := Estimate{N: len(values), Min: slices.Min(values), Max: slices.Max(values)}
	// Neither fails on values that are there; CV is NaN for one launch or a
	// mean of 0, which is what it should be.
	e.Median, _ = stats.Median(values)
	e.CV, _ = stats.CoefficientOfVariation(values)

	e.Lo, e.Hi = medianInterval(slices.Sorted(slices.Values(values)))
	return e
}

var roundTripQuantiles = []struct {
	metric string
	q      float64
}{{RTTP50, 0.5}, {RTTP90, 0.9}, {RTTP99, 0.99}, {RTTP999, 0.999}}

// decode returns the launches' histograms, of those that have one.
func (s *Summary) decode(ok []Launch) []*Histogram {
	var histograms []*Histogram
	for _, launch := range ok {
		if launch.RTTHist == "" {
			continue
		}
		histogram, err := DecodeHistogram(launch.RTTHist)
		if err != nil {
			s.warn(fmt.Sprintf("launch %d is not in the merged histogram: %v", launch.Launch, err))
			continue
		}
		histograms = append(histograms, histogram)
	}
	return histograms
}

// pool merges the launches' histograms, and takes from them the quantiles for
// which a launch had too few samples. A median over the launches that had
// enough would be one over the faster launches.
func (s *Summary) pool(histograms []*Histogram) {
	for _, histogram := range histograms {
		s.merge(histogram)
	}
	if s.Histogram == nil {
		return
	}
	for _, quantile := range roundTripQuantiles {
		if s.Metrics[quantile.metric].N == s.Launches {
			continue
		}
		delete(s.Metrics, quantile.metric)
		if ns, ok := s.Histogram.Quantile(quantile.q); ok {
			s.Metrics[quantile.metric] = Estimate{Median: ns, Lo: math.NaN(), Hi: math.NaN(), N: len(histograms), Min: math.NaN(), Max: math.NaN(), CV: math.NaN(), Pooled: true}
		}
	}
}

func (s *Summary) merge(histogram *Histogram) {
	if s.Histogram == nil {
		s.Histogram = NewHistogram()
	}
	if err := s.Histogram.Merge(histogram); err != nil {
		s.warn(err.Error())
	}
}

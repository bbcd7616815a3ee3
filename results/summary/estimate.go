package summary

import (
	"math"
	"slices"

	"github.com/montanaflynn/stats"

	"ipcbench/results"
)

// An Estimate is a metric over the launches of a cell. The launch is the
// replicate: samples within a launch are not independent of each other, and
// are never counted as if they were.
type Estimate struct {
	// Median is that over the launches or, of a percentile, the one of their
	// mixture, see [Distribution].
	Median   float64
	Lo, Hi   float64 // its 95 % confidence interval, without assuming a distribution; NaN where there are too few launches for one: mostly below 6
	N        int     // launches
	Min, Max float64
	CV       float64 // sample standard deviation over mean; NaN below 2 launches
	Step     float64 // the clock moves its values in such steps, in their unit: nothing finer is known; 0: nothing, or not known
}

// EstimateOf returns the estimate from one value a replicate, of which there is
// at least one.
func EstimateOf(values []float64) Estimate {
	e := Estimate{N: len(values), Min: slices.Min(values), Max: slices.Max(values)}
	// Neither fails on values that are there; CV is NaN for one launch or a
	// mean of 0, which is what it should be.
	e.Median = results.Median(values)
	e.CV, _ = stats.CoefficientOfVariation(values)

	e.Lo, e.Hi = medianInterval(slices.Sorted(slices.Values(values)))
	return e
}

// EstimateFor returns the estimate of a metric over launches that ended ok, as a
// summary has it, if it can be told of them all.
func EstimateFor(metric results.Metric, launches []results.Launch) (e Estimate, has bool) {
	var times []results.Times
	for _, l := range launches {
		if encoded, has := l.Histograms[metric.Of]; has {
			if t, err := results.DecodeTimes(encoded); err == nil {
				times = append(times, t)
			}
		}
	}
	return estimate(metric, launches, times)
}

// estimate is that of a percentile from the launches' times, and of all else, or
// where no launch has any, from what the launches say each: then of those that do.
func estimate(metric results.Metric, launches []results.Launch, times []results.Times) (e Estimate, has bool) {
	var values []float64
	for _, l := range launches {
		if value, has := l.Metrics[metric.Name]; has {
			values = append(values, value)
		}
	}
	if len(values) > 0 {
		e = EstimateOf(values)
	}
	if metric.Of != "" && len(times) > 0 {
		m := mixtureOf(times)
		ns, told := m.quantile(metric.Q)
		if !told {
			return Estimate{}, false
		}
		if len(values) < len(launches) { // the faster ones: they do not stand for the others
			e.Min, e.Max, e.CV = math.NaN(), math.NaN(), math.NaN()
		}
		e.Median, e.N = ns, len(times)
		e.Lo, e.Hi = m.interval(metric.Q)
	}
	e.Step = StepOf(metric, launches)
	return e, e.N > 0
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

// Finest is the step of the clock as a ratio to the median: no margin and no
// change can be told that is less.
func (e Estimate) Finest() float64 {
	if e.Step == 0 || e.Median == 0 {
		return 0
	}
	return e.Step / math.Abs(e.Median)
}

// IsBounded says whether the interval is narrower than the clock can tell.
func (e Estimate) IsBounded() bool { return e.Margin() < e.Finest() }

// StepOf returns the widest step of a metric among launches.
func StepOf(m results.Metric, launches []results.Launch) float64 {
	step := 0.0
	for _, l := range launches {
		step = max(step, l.Step(m))
	}
	return step
}

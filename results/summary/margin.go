package summary

import (
	"math"

	"ipcbench/results"
)

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

// Margin returns how far the interval of the metric that decides reaches from
// its median, over a cell's launches that ended ok, as [Summary.Margin] does and
// without all else that a summary takes. Of launches that were divided it is the
// widest of those that are to be narrow, see [Summary.IsToBeNarrow].
func Margin(launches []results.Launch) float64 {
	byStratum := map[string][]results.Launch{}
	for _, l := range launches {
		if l.Status == results.OK {
			byStratum[l.Stratum] = append(byStratum[l.Stratum], l)
		}
	}
	widest := math.NaN()
	for _, ofOne := range byStratum {
		s := Summary{Cell: ofOne[0].Cell, Launches: len(ofOne), Metrics: map[string]Estimate{}, Deciding: results.Deciding(ofOne[0].Workload, ofOne)}
		if !s.IsToBeNarrow() {
			continue
		}
		if e, has := EstimateFor(s.Main(), ofOne); has {
			s.Metrics[s.Main().Name] = e
		}
		margin := s.Margin()
		if math.IsNaN(margin) && s.Stratum != "" { // one of several, with too few launches yet
			margin = math.Inf(1)
		}
		if !(margin <= widest) {
			widest = margin
		}
	}
	return widest
}

package results

import "math"

// PrimaryMargin returns how far the interval of a cell's primary metric reaches
// from its median, over the cell's launches that ended ok, as
// [Estimate.Margin] does. It is NaN where there is no interval, also for the
// reason that a launch does not have the metric.
func PrimaryMargin(launches []Launch) float64 {
	var values []float64
	for _, launch := range launches {
		value, has := launch.Metrics[PrimaryMetric(launch.Workload)]
		switch {
		case launch.Status != OK:
		case !has:
			return math.NaN()
		default:
			values = append(values, value)
		}
	}
	if len(values) == 0 {
		return math.NaN()
	}
	return EstimateOf(values).Margin()
}

package summary

import (
	"math"

	"ipcbench/results"
)

// Margin returns how far the interval of the metric that decides reaches from
// its median, over a cell's launches that ended ok, as [Summary.Margin] does and
// without all else that a summary takes.
func Margin(launches []results.Launch) float64 {
	var values []float64
	if len(launches) == 0 {
		return math.NaN()
	}
	deciding := results.Deciding(launches[0].Workload, launches)
	for _, launch := range launches {
		value, has := launch.Metrics[deciding]
		switch {
		case launch.Status != results.OK:
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

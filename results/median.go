package results

import (
	"math"
	"slices"
)

// Confidence is that of every interval.
const Confidence = 0.95

// Median returns the middle one of values, or the mean of the middle two; NaN
// where there is none.
func Median(values []float64) float64 {
	n := len(values)
	if n == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

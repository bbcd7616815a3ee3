package summary

import (
	"math"

	"github.com/aclements/go-moremath/stats"

	"ipcbench/results"
)

// medianInterval returns a 95 % confidence interval of the median of what the
// sorted values were drawn from, without assuming a distribution, or NaN where
// there are fewer than 6.
//
// From the k-th smallest value to the k-th largest, an interval covers the
// median with a probability that only a coin decides. For ten values these are
// 97.9 % and 89.1 %, and nothing between: so each end is put between one value
// and the next, as Hettmansperger and Sheather have it (Confidence intervals
// based on interpolated order statistics, Statistics & Probability Letters 4,
// 1986). From 6 to 8 values it begins with the outermost: it lies a little
// within what was seen, and one more launch can move it far.
func medianInterval(sorted []float64) (lo, hi float64) {
	n := len(sorted)
	coin := stats.BinomialDist{N: n, P: 0.5}
	covers := func(k int) float64 { return 1 - 2*coin.CDF(float64(k-1)) }
	if n == 0 || covers(1) < results.Confidence {
		return math.NaN(), math.NaN()
	}
	k := 1
	for covers(k+1) >= results.Confidence {
		k++
	}
	inward := (covers(k) - results.Confidence) / (covers(k) - covers(k+1))
	weight := float64(n-k) * inward / (float64(k) + float64(n-2*k)*inward)
	between := func(outer, inner float64) float64 { return outer + weight*(inner-outer) }
	return between(sorted[k-1], sorted[k]), between(sorted[n-k], sorted[n-k-1])
}

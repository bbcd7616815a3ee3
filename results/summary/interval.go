package summary

import (
	"math"

	"gonum.org/v1/gonum/mathext"

	"ipcbench/results"
)

// medianInterval returns a 95 % confidence interval of the median of what the
// sorted values were drawn from, without assuming a distribution, or NaN where
// there are fewer than 6. From 6 to 8 values it begins with the outermost: it
// lies a little within what was seen, and one more launch can move it far.
func medianInterval(sorted []float64) (lo, hi float64) {
	first, last := orders(float64(len(sorted)), 0.5)
	if math.IsNaN(first) {
		return math.NaN(), math.NaN()
	}
	at := func(order float64) float64 {
		k := int(order)
		if k == len(sorted) {
			return sorted[k-1]
		}
		return sorted[k-1] + (order-float64(k))*(sorted[k]-sorted[k-1])
	}
	return at(first), at(last)
}

// LeastForInterval is from how many launches on a median has an interval.
var LeastForInterval = func() int {
	for n := 1; ; n++ {
		if first, _ := orders(float64(n), 0.5); !math.IsNaN(first) {
			return n
		}
	}
}()

// orders returns from which to which of n independent ascending values, counted
// from 1, a 95 % confidence interval of their quantile q reaches; NaN where
// there are too few for one.
//
// From the k-th smallest value to the k-th largest, an interval covers the
// median with a probability that only a coin decides. For ten values these are
// 97.9 % and 89.1 %, and nothing between: so each end is put between one value
// and the next, as Hettmansperger and Sheather have it for the median (Statistics
// & Probability Letters 4, 1986), and Nyblom for any quantile (Statistics &
// Probability Letters 14, 1992).
func orders(n, q float64) (first, last float64) {
	first, last = orderBelow(n, q), n+1-orderBelow(n, 1-q)
	if math.IsNaN(first) || math.IsNaN(last) {
		return math.NaN(), math.NaN()
	}
	return first, last
}

// orderBelow is the order of the lower end.
func orderBelow(n, q float64) float64 {
	const miss = (1 - results.Confidence) / 2
	above := func(k float64) float64 { // the probability that the k-th value lies above the quantile
		return mathext.RegIncBeta(n-k+1, k, 1-q)
	}
	if !(n >= 1) || above(1) > miss {
		return math.NaN()
	}
	k, end := 1.0, math.Floor(n)
	for k < end { // by halves
		if middle := math.Ceil((k + end) / 2); above(middle) <= miss {
			k = middle
		} else {
			end = middle - 1
		}
	}
	if k >= n {
		return k
	}
	odds := k * (1 - q) / ((n - k) * q) * (above(k+1) - miss) / (miss - above(k))
	return k + 1/(1+odds)
}

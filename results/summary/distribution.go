package summary

import (
	"math"

	"ipcbench/results"
)

// Quantiles are those that a Distribution tells.
var Quantiles = []float64{0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999}

// A Distribution is what is kept of a cell's merged histogram: the whole of it
// would be 200 KiB for each cell.
type Distribution struct {
	Count    int64
	Min, Max int64           // ns, as exact as those of a histogram
	Curve    []results.Point // see [results.Histogram.Curve]

	quantiles map[float64]float64
}

func distributionOf(h *results.Histogram) Distribution {
	d := Distribution{Count: h.Count(), Min: h.Min(), Max: h.Max(), Curve: h.Curve(), quantiles: map[float64]float64{}}
	for _, q := range Quantiles {
		if ns, ok := h.Quantile(q); ok {
			d.quantiles[q] = ns
		}
	}
	return d
}

// Quantile returns the time in nanoseconds of one of Quantiles, NaN where that
// cannot be told.
func (d Distribution) Quantile(q float64) float64 {
	if ns, told := d.quantiles[q]; told {
		return ns
	}
	return math.NaN()
}

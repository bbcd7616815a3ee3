package summary

import (
	"math"

	"ipcbench/results"
)

// Quantiles are those that a Distribution tells.
var Quantiles = []float64{0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999}

// A Distribution is that of a time over the launches of a cell: the mixture of
// them all, each of the same weight, whatever was stamped of it. It is what a
// message meets in one of them, whichever that is.
type Distribution struct {
	Count    int64   // of times, without weights
	Min, Max int64   // ns, to three digits
	Curve    []Point // of a chart

	Mean, Deviation float64 // ns, of the mixture; NaN without a time

	quantiles map[float64]float64
}

// A Point is a quantile, from 0 to 1, and its time in nanoseconds.
type Point struct{ Q, NS float64 }

// DistributionOf returns that of launches.
func DistributionOf(launches ...results.Times) Distribution {
	m := mixtureOf(launches)
	d := Distribution{Curve: m.curve(), quantiles: map[float64]float64{}}
	for _, t := range launches {
		if t.Count() == 0 {
			continue
		}
		if d.Count == 0 {
			d.Min = t.Min()
		}
		d.Count += t.Count()
		d.Min, d.Max = min(d.Min, t.Min()), max(d.Max, t.Max())
	}
	if len(d.Curve) > 0 {
		d.Curve[0].NS = float64(d.Min)
	}
	d.Mean, d.Deviation = m.moments()
	for _, q := range Quantiles {
		if ns, ok := m.quantile(q); ok {
			d.quantiles[q] = ns
		}
	}
	return d
}

// moments returns the mean and the standard deviation, in ns.
func (m mixture) moments() (mean, deviation float64) {
	if len(m.steps) == 0 {
		return math.NaN(), math.NaN()
	}
	squares, before := 0.0, 0.0
	for _, s := range m.steps {
		mean += (s.part - before) * float64(s.edge)
		squares += (s.part - before) * float64(s.edge) * float64(s.edge)
		before = s.part
	}
	return mean, math.Sqrt(max(0, squares-mean*mean))
}

// Quantile returns the time in nanoseconds of one of Quantiles, NaN where that
// cannot be told.
func (d Distribution) Quantile(q float64) float64 {
	if ns, told := d.quantiles[q]; told {
		return ns
	}
	return math.NaN()
}

// curvePoints is how many points a curve has for each nine of its quantile.
const curvePoints = 50

// curve returns the points of a chart of times by quantile, evenly spread over
// an axis of -log10(1-q), from the shortest time to where fewer than 10 lie
// beyond.
func (m mixture) curve() []Point {
	var points []Point
	count, last := m.count(), 0.0
	for i := 0; len(m.steps) > 0; i++ {
		q := 1 - math.Pow(10, -float64(i)/curvePoints)
		rank := math.Ceil(q * count * (1 - 1e-12))
		if count-rank < results.FewestBeyond {
			break
		}
		if i == 0 || rank != last {
			points = append(points, Point{q, float64(m.at(q))})
		}
		last = rank
	}
	return points
}

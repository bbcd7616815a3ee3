package results

import (
	"fmt"
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	histogramMaxNS  = int64(60 * time.Second) // a round trip longer than this is lost, not clamped
	histogramDigits = 3                       // a value is known to one part in a thousand

	// fewestBeyond is how many samples have to lie beyond a tail quantile for
	// it to be told: with fewer it says more about luck than about the tail.
	fewestBeyond = 10

	// curvePoints is how many points a curve has for each nine of its quantile.
	curvePoints = 50
)

// A Histogram counts times from 0 to 60 s in nanoseconds, to three significant
// digits. It is an HDR histogram with exact extremes and one stated rule for
// quantiles. The zero value is not usable: see [NewHistogram]. It is for one
// goroutine at a time.
type Histogram struct {
	counts   *hdrhistogram.Histogram
	min, max int64
	lost     int64
}

// NewHistogram returns an empty histogram. It takes 180 KiB.
func NewHistogram() *Histogram {
	return &Histogram{
		counts: hdrhistogram.New(1, histogramMaxNS, histogramDigits),
		min:    math.MaxInt64,
	}
}

// Record counts a time in nanoseconds. It does not allocate. A time outside
// the range, and so any negative one, is counted in Lost and nowhere else.
func (h *Histogram) Record(ns int64) {
	// The library is not asked about what is out of range: it would allocate
	// an error.
	if ns < 0 || ns > histogramMaxNS || h.counts.RecordValue(ns) != nil {
		h.lost++
		return
	}
	h.min = min(h.min, ns)
	h.max = max(h.max, ns)
}

// Count returns how many times were counted.
func (h *Histogram) Count() int64 { return h.counts.TotalCount() }

// Lost returns how many times were out of range. Where it is not 0, the
// histogram has no quantiles and no encoding: it does not say the truth.
func (h *Histogram) Lost() int64 { return h.lost }

// Min returns the shortest time in nanoseconds, exact to the nanosecond as
// recorded, to three digits after DecodeHistogram; 0 where there is none.
func (h *Histogram) Min() int64 {
	if h.Count() == 0 {
		return 0
	}
	return h.min
}

// Max returns the longest time in nanoseconds, as exact as Min.
func (h *Histogram) Max() int64 { return h.max }

// Mean returns the mean time in nanoseconds to three digits, or 0 where there
// is none. Where some operations were not stamped, the mean of all is the
// launch's [RTTMean] and not this one.
func (h *Histogram) Mean() float64 { return h.counts.Mean() }

// Quantile returns the time in nanoseconds that a fraction q, from 0 to 1, of
// all did not exceed: the smallest time with rank ⌈q·N⌉, to three digits.
//
// ok is false where that cannot be told: without samples, for q above one half
// where fewer than 10 samples lie beyond, and where any were lost.
func (h *Histogram) Quantile(q float64) (ns float64, ok bool) {
	n := h.Count()
	if n == 0 || h.lost > 0 || !(q >= 0 && q <= 1) {
		return 0, false
	}
	rank := quantileRank(q, n)
	if q > 0.5 && n-rank < fewestBeyond {
		return 0, false
	}
	return h.clamp(h.counts.ValueAtPercentile(percentileOf(rank, n))), true
}

// quantileRank is ⌈q·n⌉, at least 1. The product is first brought down by far
// less than one rank, so that 0.07 of 100 is 7 in spite of binary fractions.
func quantileRank(q float64, n int64) int64 {
	rank := int64(math.Ceil(q * float64(n) * (1 - 1e-12)))
	return max(rank, 1)
}

// percentileOf makes the HDR library, which rounds q·N to the nearest rank,
// find this one.
func percentileOf(rank, n int64) float64 { return 100 * float64(rank) / float64(n) }

// clamp keeps the edge of a bucket within what was recorded.
func (h *Histogram) clamp(edge int64) float64 {
	return float64(min(max(edge, h.min), h.max))
}

// Merge adds the times of another histogram, those lost included. An error
// says that some could not be added; h is then not to be used.
func (h *Histogram) Merge(from *Histogram) error {
	h.lost += from.lost
	if from.Count() == 0 {
		return nil
	}
	if dropped := h.counts.Merge(from.counts); dropped > 0 {
		return fmt.Errorf("histogram: merge: %d of %d times do not fit", dropped, from.Count())
	}
	h.min = min(h.min, from.min)
	h.max = max(h.max, from.max)
	return nil
}

// Encode returns the histogram in the HdrHistogram V2 format, compressed and
// in base64. The format has no room for lost times: with any it is an error.
func (h *Histogram) Encode() (string, error) {
	if h.lost > 0 {
		return "", fmt.Errorf("histogram: encode: %d of %d times were negative or longer than %v", h.lost, h.Count()+h.lost, time.Duration(histogramMaxNS))
	}
	encoded, err := h.counts.EncodeV2()
	if err != nil {
		return "", fmt.Errorf("histogram: encode: %w", err)
	}
	return string(encoded), nil
}

// DecodeHistogram reads what Encode returned. The extremes come back as the
// edges of their buckets.
func DecodeHistogram(encoded string) (*Histogram, error) {
	counts, err := hdrhistogram.Decode([]byte(encoded))
	if err != nil {
		return nil, fmt.Errorf("histogram: decode: %w", err)
	}
	if counts.LowestTrackableValue() != 1 || counts.HighestTrackableValue() != histogramMaxNS || counts.SignificantFigures() != histogramDigits {
		return nil, fmt.Errorf("histogram: decode: it spans %d to %d with %d digits, not 1 to %d with %d",
			counts.LowestTrackableValue(), counts.HighestTrackableValue(), counts.SignificantFigures(), histogramMaxNS, histogramDigits)
	}
	if n := counts.TotalCount(); n > Bounds.Times {
		return nil, fmt.Errorf("histogram: decode: it has %d times, and no launch has more than %d", n, Bounds.Times)
	}
	h := &Histogram{counts: counts, min: math.MaxInt64}
	if h.Count() > 0 {
		h.min, h.max = counts.Min(), counts.Max()
	}
	return h, nil
}

// A Point is a quantile, from 0 to 1, and its time in nanoseconds.
type Point struct{ Q, NS float64 }

// Curve returns the points of a chart of times by quantile, evenly spread over
// an axis of −log10(1−q), from the shortest time to where fewer than 10
// samples lie beyond.
func (h *Histogram) Curve() []Point {
	n := h.Count()
	if h.lost > 0 {
		return nil
	}
	var points []Point
	var percentiles []float64
	for i, last := 0, int64(0); ; i++ {
		q := 1 - math.Pow(10, -float64(i)/curvePoints)
		rank := quantileRank(q, n)
		if n-rank < fewestBeyond || q == 1 {
			break
		}
		if rank != last {
			points = append(points, Point{Q: q})
			percentiles = append(percentiles, percentileOf(rank, n))
		}
		last = rank
	}
	for i, edge := range h.counts.ValueAtPercentilesSlice(percentiles) {
		points[i].NS = h.clamp(edge)
	}
	if len(points) > 0 {
		points[0].NS = float64(h.min)
	}
	return points
}

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

	// FewestBeyond is how many samples have to lie beyond a tail quantile for
	// it to be told: with fewer it says more about luck than about the tail.
	FewestBeyond = 10
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

// RecordMany counts a time that n took.
func (h *Histogram) RecordMany(ns, n int64) {
	if ns < 0 || ns > histogramMaxNS || h.counts.RecordValues(ns, n) != nil {
		h.lost += n
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
	if !EnoughBeyond(q, float64(n)) {
		return 0, false
	}
	rank := quantileRank(q, n)
	return h.clamp(h.counts.ValueAtPercentile(percentileOf(rank, n))), true
}

// EnoughBeyond says whether of n times enough lie beyond the quantile q to tell
// it: 10, or any number for the median and below.
func EnoughBeyond(q, n float64) bool {
	return q <= 0.5 || n-math.Ceil(q*n*(1-1e-12)) > FewestBeyond-0.5
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
	counts, err := decode(encoded)
	if err != nil {
		return nil, err
	}
	h := &Histogram{counts: counts, min: math.MaxInt64}
	if h.Count() > 0 {
		h.min, h.max = counts.Min(), counts.Max()
	}
	return h, nil
}

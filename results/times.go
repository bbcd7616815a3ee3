package results

import (
	"fmt"
	"iter"
	"sort"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Times are what a histogram holds, for reading: where times lie and how many.
// The zero value has none. They are never changed and can be read at once.
type Times struct {
	edges  []int64 // the greatest of each bucket that holds any, in ns, ascending
	counts []int64 // up to that edge, inclusive
	min    int64
}

// DecodeTimes reads what [Histogram.Encode] returned. It takes a tenth of what
// DecodeHistogram does, whose result can be added to.
func DecodeTimes(encoded string) (Times, error) {
	counts, err := decode(encoded)
	if err != nil {
		return Times{}, err
	}
	return timesOf(counts), nil
}

// Times returns what has been recorded so far, to three digits.
func (h *Histogram) Times() Times { return timesOf(h.counts) }

func timesOf(h *hdrhistogram.Histogram) Times {
	var t Times
	total := int64(0)
	for i, n := range h.Export().Counts {
		if n == 0 {
			continue
		}
		lo, hi := bucket(i)
		if total == 0 {
			t.min = lo
		}
		total += n
		t.edges, t.counts = append(t.edges, hi), append(t.counts, total)
	}
	return t
}

// bucket returns the least and the greatest value that are counted at a place of
// the histogram's counts: the first 2048 are of one value each, and so are 1024
// of every further power of two, of twice as many values each.
func bucket(place int) (lo, hi int64) {
	const half = 1024 // of the buckets that three digits take
	shift := max(0, place/half-1)
	lo = int64(place-shift*half) << shift
	return lo, lo + 1<<shift - 1
}

// Count returns how many times there are.
func (t Times) Count() int64 {
	if len(t.counts) == 0 {
		return 0
	}
	return t.counts[len(t.counts)-1]
}

// Min returns the shortest time in nanoseconds, to three digits; 0 where there
// is none.
func (t Times) Min() int64 { return t.min }

// Max returns the longest time in nanoseconds, likewise.
func (t Times) Max() int64 {
	if len(t.edges) == 0 {
		return 0
	}
	return t.edges[len(t.edges)-1]
}

// UpTo returns which part of all times, from 0 to 1, is not longer than ns.
func (t Times) UpTo(ns int64) float64 {
	i := sort.Search(len(t.edges), func(i int) bool { return t.edges[i] > ns })
	if i == 0 {
		return 0
	}
	return float64(t.counts[i-1]) / float64(t.Count())
}

// Buckets goes through what UpTo grows by: the greatest time of each bucket in
// nanoseconds, ascending, and how many are in it.
func (t Times) Buckets() iter.Seq2[int64, int64] {
	return func(yield func(int64, int64) bool) {
		before := int64(0)
		for i, edge := range t.edges {
			if !yield(edge, t.counts[i]-before) {
				return
			}
			before = t.counts[i]
		}
	}
}

// Quantile returns the time in nanoseconds that a fraction q of all did not
// exceed, as [Histogram.Quantile] does.
func (t Times) Quantile(q float64) (ns float64, ok bool) {
	n := t.Count()
	if n == 0 || !(q >= 0 && q <= 1) {
		return 0, false
	}
	if !EnoughBeyond(q, float64(n)) {
		return 0, false
	}
	rank := quantileRank(q, n)
	return float64(t.edges[sort.Search(len(t.counts), func(i int) bool { return t.counts[i] >= rank })]), true
}

// decode reads the counts that [Histogram.Encode] returned.
func decode(encoded string) (*hdrhistogram.Histogram, error) {
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
	return counts, nil
}

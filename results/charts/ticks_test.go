package charts

import (
	"math"
	"slices"
	"testing"

	"ipcbench/results/charts/internal/plot"
)

func labels(ticks []plot.Tick) []string {
	var all []string
	for _, t := range ticks {
		if t.Label != "" {
			all = append(all, t.Label)
		}
	}
	return all
}

func TestLogTicks(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		want   []string
	}{
		{2e3, 5e3, []string{"2 µs", "3 µs", "4 µs", "5 µs"}},
		{100, 10_000, []string{"100 ns", "200 ns", "500 ns", "1 µs", "2 µs", "5 µs", "10 µs"}},
		{100, 1e6, []string{"100 ns", "1 µs", "10 µs", "100 µs", "1 ms"}},
		{500, 2e9, []string{"1 µs", "10 µs", "100 µs", "1 ms", "10 ms", "100 ms", "1 s"}},
		{1, 1e12, []string{"1 ns", "100 ns", "10 µs", "1 ms", "100 ms", "10 s", "1000 s"}},
	} {
		if got := labels(logTicks(nsTick, 9)(c.lo, c.hi)); !slices.Equal(got, c.want) {
			t.Errorf("from %v to %v: %q, want %q", c.lo, c.hi, got, c.want)
		}
	}
	if got, want := labels(logTicks(bytesPerSTick, 9)(5e8, 2e9)), []string{"500 MB/s", "700 MB/s", "1 GB/s", "2 GB/s"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// An axis begins and ends at a round number, holds every value, and does not
// blow a small difference up.
func TestLogRange(t *testing.T) {
	for _, values := range [][]float64{{100}, {1, 1}, {3, 4}, {180, 56000}, {999, 1001}, {0, 5, math.NaN(), math.Inf(1)}, {1e-3, 7e12}} {
		lo, hi := logRange(values...)
		for _, v := range values {
			if usable(v) && (v < lo || v > hi) {
				t.Errorf("%v: the axis goes from %v to %v", values, lo, hi)
			}
		}
		if hi/lo < 1.99 {
			t.Errorf("%v: the axis from %v to %v magnifies noise", values, lo, hi)
		}
		for _, end := range []float64{lo, hi} {
			digit := end / math.Pow(10, math.Floor(math.Log10(end)+1e-9))
			if !slices.ContainsFunc([]float64{1, 2, 5}, func(d float64) bool { return math.Abs(digit-d) < 1e-9 }) {
				t.Errorf("%v: the axis ends at %v", values, end)
			}
		}
	}
}

func TestSizeTicks(t *testing.T) {
	sizes := []int{64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536}
	ticks := sizeTicks(sizes, 0.115)(60, 70000)
	if len(ticks) != len(sizes) {
		t.Errorf("%d ticks for %d sizes", len(ticks), len(sizes))
	}
	if got, want := labels(ticks), []string{"64 B", "256 B", "1 KiB", "4 KiB", "16 KiB", "64 KiB"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := labels(sizeTicks([]int{64, 65, 4096}, 0.115)(60, 5000)), []string{"64 B", "4 KiB"}; !slices.Equal(got, want) {
		t.Errorf("close sizes: %q, want %q", got, want)
	}
}

func TestNinesTicks(t *testing.T) {
	if got, want := labels(ninesTicks(0, 4.2)), []string{"min", "p50", "p90", "p99", "p99.9", "p99.99"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for _, q := range []float64{0, 0.5, 0.99, 0.99999} {
		if got := quantile(nines(q)); math.Abs(got-q) > 1e-12 {
			t.Errorf("quantile %v became %v", q, got)
		}
	}
}

package charts

import (
	"math"
	"strconv"
	"strings"

	"ipcbench/results"
	"ipcbench/results/charts/internal/plot"
)

// usable reports whether v can stand on a logarithmic axis.
func usable(v float64) bool { return v > 0 && !math.IsInf(v, 0) && !math.IsNaN(v) }

// logRange widens the range of values to the next 1, 2 or 5 times a power of
// ten on either side, so that an axis begins and ends at a round number and
// never magnifies a difference of a few percent into a full height.
func logRange(values ...float64) (lo, hi float64) {
	lo, hi = math.Inf(1), 0
	for _, v := range values {
		if usable(v) {
			lo, hi = math.Min(lo, v), math.Max(hi, v)
		}
	}
	if hi == 0 {
		return 1, 10
	}
	return roundDown(lo * 0.93), roundUp(hi * 1.07)
}

func roundDown(v float64) float64 {
	decade := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{5, 2} {
		if m*decade <= v {
			return m * decade
		}
	}
	return decade
}

func roundUp(v float64) float64 {
	decade := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if m*decade >= v {
			return m * decade
		}
	}
	return 10 * decade
}

// logTicks labels a logarithmic axis: at 1, 2 and 5 times the powers of ten
// where the axis spans few of them, at every digit where that gives too few
// labels, and at the powers alone, or some of them, where it spans many.
// room is how many labels fit.
func logTicks(label func(float64) string, room int) plot.TickerFunc {
	return func(lo, hi float64) []plot.Tick {
		decades := math.Log10(hi / lo)
		every := max(1, int(math.Ceil(decades/float64(room))))
		labelled := map[int]bool{1: true}
		switch {
		case decades < 0.75 && room >= smallRoom:
			labelled = map[int]bool{1: true, 2: true, 3: true, 4: true, 5: true, 7: true}
		case decades < 0.3*float64(room):
			labelled = map[int]bool{1: true, 2: true, 5: true}
		}
		var ticks []plot.Tick
		for e := int(math.Floor(math.Log10(lo))); e <= int(math.Ceil(math.Log10(hi))); e++ {
			for digit := 1; digit <= 9; digit++ {
				v := float64(digit) * math.Pow(10, float64(e))
				if v < lo*(1-1e-9) || v > hi*(1+1e-9) || every > 1 && digit > 1 {
					continue
				}
				t := plot.Tick{Value: v}
				if labelled[digit] && e%every == 0 {
					t.Label = label(v)
				}
				ticks = append(ticks, t)
			}
		}
		return ticks
	}
}

// tickOf labels an axis of that unit: round values, each with its unit.
func tickOf(unit results.Unit) func(float64) string {
	switch unit {
	case results.Nanoseconds:
		return nsTick
	case results.BytesPerSecond:
		return bytesPerSTick
	case results.PerSecond:
		return func(v float64) string { return withUnit(v, "/s", "k/s", "M/s", "G/s") }
	case results.Count:
		return func(v float64) string { return withUnit(v, "", "k", "M", "G") }
	}
	return func(v float64) string { return withUnit(v, "", "k", "M", "G") + "\u00a0" + string(unit) }
}

// nsTick labels nanoseconds: 200 ns, 5 µs, 1 s.
func nsTick(v float64) string { return withUnit(v, "ns", "µs", "ms", "s") }

// bytesPerSTick labels bytes per second: 500 MB/s, 2 GB/s.
func bytesPerSTick(v float64) string { return withUnit(v, "B/s", "kB/s", "MB/s", "GB/s", "TB/s") }

func withUnit(v float64, units ...string) string {
	i := 0
	for i < len(units)-1 && v >= 1000*(1-1e-9) {
		v /= 1000
		i++
	}
	return strconv.FormatFloat(v, 'g', 6, 64) + "\u00a0" + units[i]
}

// sizeName is a size that is not torn apart at the end of a line.
func sizeName(bytes int) string {
	return strings.ReplaceAll(results.FormatSize(bytes), " ", "\u00a0")
}

// sizeTicks marks the sizes that were measured, see markTicks.
func sizeTicks(sizes []int, apart float64) plot.TickerFunc { return markTicks(sizes, sizeName, apart) }

// markTicks marks the values that were measured and labels as many of them as
// fit, the smallest first, where two labels need to be that share of the axis
// apart.
func markTicks(values []int, name func(int) string, apart float64) plot.TickerFunc {
	return func(lo, hi float64) []plot.Tick {
		var ticks []plot.Tick
		last := math.Inf(-1)
		for _, value := range values {
			t := plot.Tick{Value: float64(value)}
			if at := math.Log(t.Value/lo) / math.Log(hi/lo); at-last >= apart {
				t.Label, last = name(value), at
			}
			ticks = append(ticks, t)
		}
		return ticks
	}
}

// nines puts a quantile on the scale on which each further nine takes the
// same room: 0 is 0, 0.9 is 1, 0.99 is 2.
func nines(q float64) float64 { return -math.Log10(1 - q) }

// quantile is the inverse of nines.
func quantile(nines float64) float64 { return 1 - math.Pow(10, -nines) }

// ninesTicks labels an axis of nines.
func ninesTicks(lo, hi float64) []plot.Tick {
	ticks := []plot.Tick{{Value: 0, Label: "min"}, {Value: nines(0.5), Label: "p50"}, {Value: nines(0.75)}}
	for n := 1; float64(n) <= hi+1e-9; n++ {
		q := quantile(float64(n))
		ticks = append(ticks,
			plot.Tick{Value: float64(n), Label: quantileName(q)},
			plot.Tick{Value: float64(n) + nines(0.5)})
	}
	return ticks
}

// quantileName names a quantile as a percentile: p50, p99.9.
func quantileName(q float64) string {
	return "p" + strconv.FormatFloat(math.Round(q*1e9)/1e7, 'f', -1, 64)
}

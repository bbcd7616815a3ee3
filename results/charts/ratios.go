package charts

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"ipcbench/results/charts/internal/plot"
	"ipcbench/results/compare"
)

// ratioAxis makes the level axis one of ratios around 1, wide enough for the
// rows: in percent, or of factors, and then logarithmic, where one is to half
// or twice, so that nine times faster is as far from no change as nine times
// slower.
func (f *figure) ratioAxis(rows []compare.Row, same float64) {
	lo, hi := ratioRange(rows, same)
	const padding = 0.04
	if lo > 0.5 && hi < 2 {
		room := padding * (hi - lo)
		f.plot.X.Min, f.plot.X.Max = lo-room, hi+room
		f.plot.X.Tick.Marker = percentTicks(f.room(tickType.width("+25 %")))
		return
	}
	room := math.Pow(hi/lo, padding)
	f.plot.X.Min, f.plot.X.Max = lo/room, hi*room
	f.plot.X.Scale = plot.LogScale{}
	f.plot.X.Tick.Marker = factorTicks(f.room(tickType.width("×1000")))
}

// ratioRange covers all changes that are sure, most of the others, and what counts as
// the same. The rest, and intervals that are wide because a cell is noisy, may widen it
// by half, in logarithms, and are cut beyond: the others are what is to be seen.
func ratioRange(rows []compare.Row, same float64) (lo, hi float64) {
	lo, hi = 1-1.5*same, 1+1.5*same
	widen := func(ratio, limit float64) {
		if usable(ratio) {
			lo, hi = min(lo, max(ratio, 1/limit)), max(hi, min(ratio, limit))
		}
	}
	var open []float64
	for _, r := range rows {
		if r.Verdict.Judgement().Tone != compare.Open {
			widen(1+r.Change, math.MaxFloat64)
		} else if usable(1 + r.Change) {
			open = append(open, 1+r.Change)
		}
	}
	far := func(ratio float64) float64 { return math.Abs(math.Log(ratio)) }
	slices.SortFunc(open, func(a, b float64) int { return cmp.Compare(far(a), far(b)) })
	for _, ratio := range open[:min(len(open), len(open)*3/4+1)] {
		widen(ratio, math.MaxFloat64)
	}
	limit := max(1.25, math.Pow(max(hi, 1/lo), 1.5))
	for _, r := range rows {
		widen(1+r.Change, limit)
		widen(1+r.Lo, limit)
		widen(1+r.Hi, limit)
	}
	return lo, hi
}

// percentTicks labels an axis of ratios by their distance from 1, at so many
// places at most.
func percentTicks(room int) plot.TickerFunc {
	return func(lo, hi float64) []plot.Tick {
		step := 0.0
		for _, s := range []float64{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5} {
			if step = s; (hi-lo)/s <= float64(room) {
				break
			}
		}
		var ticks []plot.Tick
		for n := math.Ceil((lo - 1) / step); 1+n*step <= hi; n++ {
			ticks = append(ticks, plot.Tick{Value: 1 + n*step, Label: signed(n * step)})
		}
		return ticks
	}
}

// factorTicks labels a logarithmic axis of ratios: at the powers of 2, or of 10
// where these would be more than so many, or of 100 and so on.
func factorTicks(room int) plot.TickerFunc {
	return func(lo, hi float64) []plot.Tick {
		ticks := powers(2, lo, hi)
		for base := 10.0; len(ticks) > room; base *= 10 {
			ticks = powers(base, lo, hi)
		}
		return ticks
	}
}

func powers(base, lo, hi float64) []plot.Tick {
	var ticks []plot.Tick
	for n := math.Ceil(math.Log(lo) / math.Log(base)); math.Pow(base, n) <= hi; n++ {
		ratio := math.Pow(base, n)
		ticks = append(ticks, plot.Tick{Value: ratio, Label: times(ratio)})
	}
	return ticks
}

// signed writes a round change in percent: "+10 %".
func signed(change float64) string {
	text := strconv.FormatFloat(math.Round(math.Abs(change)*1e5)/1e3, 'f', -1, 64) + "\u00a0%"
	switch {
	case change > 1e-9:
		return "+" + text
	case change < -1e-9:
		return "−" + text
	}
	return text
}

// times writes a power of 2 or 10 as a factor: "×8", "÷100", "×1e6".
func times(ratio float64) string {
	switch {
	case ratio > 1+1e-9:
		return "×" + whole(ratio)
	case ratio < 1-1e-9:
		return "÷" + whole(1/ratio)
	}
	return "0\u00a0%"
}

func whole(factor float64) string {
	if factor > 1001 {
		return fmt.Sprintf("1e%.0f", math.Log10(factor))
	}
	return strconv.FormatFloat(math.Round(factor), 'f', -1, 64)
}

package charts

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"

	"ipcbench/results"
	"ipcbench/results/charts/internal/plot"
	"ipcbench/results/summary"
)

// A loadLine is a percentile over offered rates.
type loadLine struct {
	metric string
	name   string
	marker int
	width  vg.Length
}

// of is the look of the percentile of what is drawn in another look.
func (l loadLine) of(other look) look {
	return look{color: other.color, marker: l.marker, width: l.width, apart: other.apart}
}

// The percentiles that are drawn over offered rates, each with its marker and its
// line, in the transport's colour.
var loadLines = []loadLine{
	{results.OneWayP999, "p99.9", 2, 0.8},
	{results.OneWayP99, "p99", 1, 1.2},
	{results.OneWayP50, "p50", 0, 1.8},
}

// loads draws, for each transport, percentiles over the offered rate, to where it
// is no longer held and past that. It needs two rates.
func loads(p panel) (Chart, bool) {
	rates := p.rates()
	if p.workload.Over != results.RateColumn || len(rates) < 2 {
		return Chart{}, false
	}
	f := figure{
		title: fmt.Sprintf("%s, %s, %s", p.workload.Title, sizeName(p.cells[0].SizeBytes), p.settingName()),
		subtitle: p.subject() + " Points: percentiles of " + p.launchCount() + ", all of the same weight." +
			" Hollow: the rate was not held, and times grow for as long as it is offered. Grey: the p99 of the others.",
		above: "Time of a message, from when it was due · lower is better", below: "Offered messages per second",
		height: smallHeight, footer: p.footer(),
	}
	for _, l := range slices.Backward(loadLines) {
		f.key = append(f.key, entry{look: l.of(look{color: softInk}), line: true, text: l.name})
	}
	all := p.series()
	var values []float64
	var context []curve
	for _, s := range all {
		for _, l := range loadLines {
			for _, pt := range s.over(l.metric) {
				values = append(values, pt.y)
			}
		}
		context = append(context, curve{look: look{color: contextInk, apart: !dense(rates)}, points: s.over(results.OneWayP99)})
	}
	for _, s := range all {
		pl := newPlot()
		for _, axis := range []*plot.Axis{&pl.X, &pl.Y} {
			axis.Tick.Label.Font = smallTick.font()
		}
		xRates(pl, rates)
		yAxis(pl, nsTick, values, smallRoom)
		pl.Add(grid{x: true, y: true}, background(context))
		for _, l := range loadLines {
			held, beyond := s.split(l.metric)
			k := l.of(look{color: s.look.color, apart: !dense(rates)})
			past := k
			past.hollow, past.dashes = true, []vg.Length{2, 2}
			addCurves(pl, []curve{{look: past, points: beyond, marked: func(i int) bool { return i > 0 || len(held) == 0 }}, {look: k, points: held, marked: always}})
		}
		f.multiples = append(f.multiples, multiple{title: s.name, plot: pl, right: 8})
	}
	return Chart{
		Name: stem(p.workload.Name, sizeName(p.cells[0].SizeBytes), p.settingName()), Workload: p.workload.Name, Title: f.title, Caption: f.subtitle,
		Columns: []string{"transport", "offered", "achieved", "p50", "p99", "p99.9", "p99 from the actual send"}, Rows: p.loadRows(), figure: f,
	}, true
}

func always(int) bool { return true }

// rates are those that were offered, ascending.
func (p panel) rates() []float64 {
	var rates []float64
	for _, c := range p.cells {
		rates = append(rates, c.RatePerS)
	}
	slices.Sort(rates)
	return slices.Compact(rates)
}

// xRates makes the level axis logarithmic, with a little room at either end.
func xRates(p *plot.Plot, rates []float64) {
	lo, hi := rates[0], rates[len(rates)-1]
	room := math.Pow(hi/lo, 0.03)
	p.X.Min, p.X.Max = lo/room, hi*room
	p.X.Scale = plot.LogScale{}
	p.X.Tick.Marker = logTicks(tickOf(results.PerSecond), 4)
}

// over are the points of a series over the rates, of those that have the metric.
func (s series) over(metric string) []point {
	var points []point
	for _, c := range s.cells {
		if e := c.Metrics[metric]; usable(e.Median) {
			points = append(points, point{x: c.RatePerS, y: e.Median, lo: math.NaN(), hi: math.NaN()})
		}
	}
	return points
}

// split takes the rates that were held from those beyond, whose line begins where
// that of the others ends.
func (s series) split(metric string) (held, beyond []point) {
	end := slices.IndexFunc(s.cells, func(c summary.Summary) bool { return !c.Held() })
	if end < 0 {
		end = len(s.cells)
	}
	held = series{cells: s.cells[:end]}.over(metric)
	beyond = series{cells: s.cells[end:]}.over(metric)
	if len(held) > 0 && len(beyond) > 0 {
		beyond = slices.Insert(beyond, 0, held[len(held)-1])
	}
	return held, beyond
}

func (p panel) loadRows() [][]string {
	var rows [][]string
	for _, s := range p.series() {
		for _, c := range s.cells {
			row := []string{s.name, results.FormatRate(c.RatePerS)}
			for _, metric := range []string{results.AchievedPerS, results.OneWayP50, results.OneWayP99, results.OneWayP999, results.UncorrectedP99} {
				text := results.Nothing
				if e, has := c.Metrics[metric]; has && usable(e.Median) {
					text = results.LookupMetric(metric).Format(e.Median)
				}
				row = append(row, text)
			}
			rows = append(rows, row)
		}
	}
	return rows
}

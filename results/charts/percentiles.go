package charts

import (
	"math"
	"slices"

	"ipcbench/results"
	"ipcbench/results/charts/internal/plot"
	"ipcbench/results/summary"
)

// percentiles draws round-trip time by percentile, on an axis that gives each
// further nine the same room: a median says little about waiting, which shows
// in the tail.
func percentiles(p panel) (Chart, bool) {
	if p.workload.Of == "" || len(p.cells) == 0 {
		return Chart{}, false
	}
	size := sizeName(p.cells[0].SizeBytes)
	f := figure{
		title: p.workload.Title + " by percentile, " + size + ", " + p.settingName(),
		subtitle: p.subject() + " Line: the " + p.times() + " of " + p.launchCount() +
			", all launches of the same weight, up to the last percentile with 10 beyond it",
		above:  p.workload.Title + " · lower is better",
		below:  "Percentile",
		height: 250,
		footer: p.footer(),
	}
	var values []float64
	var drawn []series
	end := 1.0
	for _, s := range strata(p.series(), results.Mixed) {
		points := curveOf(p.distribution(s.cells[0]).Curve)
		if len(points) == 0 {
			continue
		}
		drawn = append(drawn, s)
		end = math.Max(end, points[len(points)-1].x)
		for _, pt := range points {
			values = append(values, pt.y)
		}
	}
	if len(drawn) == 0 {
		return Chart{}, false
	}
	line := func(s series) curve {
		points := curveOf(p.distribution(s.cells[0]).Curve)
		return curve{look: s.look, points: points, marked: atNines(points)}
	}
	f.key = linesKey(drawn)
	if p.isCrowded() {
		f.subtitle += "."
		f.addMultiples(p, drawn, line, func(pl *plot.Plot) {
			pl.X.Min, pl.X.Max = 0, end
			pl.X.Tick.Marker = thinned(ninesTicks)
			yAxis(pl, nsTick, values, smallRoom)
		})
	} else {
		f.subtitle += p.bandSaid()
		f.plot = newPlot()
		f.plot.Add(grid{x: true, y: true})
		var curves []curve
		for _, s := range drawn {
			b := band{look: s.look, points: p.launchBand(s.cells[0])}
			f.plot.Add(b)
			curves = append(curves, line(s))
			for _, pt := range b.points {
				values = append(values, pt.lo, pt.hi)
			}
		}
		f.addNamed(curves, namesOf(drawn))
		f.plot.X.Min, f.plot.X.Max = 0, end
		f.plot.X.Tick.Marker = plot.TickerFunc(ninesTicks)
		yAxis(f.plot, nsTick, values, 9)
	}
	f.subtitle += p.sizesDrawn()
	return Chart{
		Name: stem(p.percentilesName(), size, p.settingName()), Workload: p.workload.Name, Title: f.title, Caption: f.subtitle,
		Columns: p.percentileColumns(), Rows: p.percentileRows(), figure: f,
	}, true
}

// percentilesName begins the name of the chart's files: those of round trips
// came first, and need no word for that.
func (p panel) percentilesName() string {
	if p.workload.Of == results.RoundTrips {
		return "percentiles"
	}
	return "percentiles-" + p.workload.Name
}

// times says of what the distribution is: "round trips".
func (p panel) times() string { return p.workload.Unit + "s" }

func (p panel) distribution(c summary.Summary) summary.Distribution {
	return c.Distributions[p.workload.Of]
}

// nameLines puts the names of the lines beside the plot, and makes the plot
// high enough for them.
func (f *figure) nameLines(labels names) {
	f.plot.Add(labels)
	f.right = labels.width()
	f.height = max(f.height, labels.height())
}

// yAxis makes the upright axis logarithmic and wide enough for the values,
// with room for so many labels.
func yAxis(p *plot.Plot, label func(float64) string, values []float64, room int) {
	p.Y.Min, p.Y.Max = logRange(values...)
	p.Y.Scale = plot.LogScale{}
	p.Y.Tick.Marker = logTicks(label, room)
}

// curveOf puts a distribution's curve on the axis of nines.
func curveOf(curve []summary.Point) []point {
	var points []point
	for _, pt := range curve {
		if usable(pt.NS) {
			points = append(points, point{x: nines(pt.Q), y: pt.NS, lo: math.NaN(), hi: math.NaN()})
		}
	}
	return points
}

// atNines selects the first point of a curve at or beyond the median and each
// whole nine, or where it has none of them its end.
func atNines(points []point) func(int) bool {
	marked := map[int]bool{}
	for _, x := range []float64{nines(0.5), 1, 2, 3, 4, 5, 6} {
		if i := slices.IndexFunc(points, func(p point) bool { return p.x >= x-1e-9 }); i >= 0 {
			marked[i] = true
		}
	}
	if len(marked) == 0 {
		marked[len(points)-1] = true
	}
	return func(i int) bool { return marked[i] }
}

// leastForBand is of how many launches a half is worth drawing.
const leastForBand = 4

// bandSaid says what the bands are, where there are any.
func (p panel) bandSaid() string {
	if slices.ContainsFunc(p.cells, func(c summary.Summary) bool { return len(c.OK) >= leastForBand }) {
		return "; band: the middle half of the launches."
	}
	return "."
}

// launchBand is where the middle half of the launches' own curves lie, up to where
// the shortest of them ends. All of them would hide half the plot.
func (p panel) launchBand(cell summary.Summary) []point {
	var curves [][]point
	end := math.Inf(1)
	for _, l := range cell.OK {
		times, err := results.DecodeTimes(l.Histograms[p.workload.Of])
		if err != nil {
			continue // the summary warns of it
		}
		c := curveOf(summary.DistributionOf(times).Curve)
		if len(c) == 0 {
			return nil
		}
		curves = append(curves, c)
		end = math.Min(end, c[len(c)-1].x)
	}
	if len(curves) < leastForBand {
		return nil
	}
	const step = 0.04
	var points []point
	values := make([]float64, len(curves))
	for x := 0.0; x <= end; x += step {
		for i, c := range curves {
			values[i] = valueAt(c, x)
		}
		slices.Sort(values)
		quarter := len(values) / 4
		points = append(points, point{x: x, lo: values[quarter], hi: values[len(values)-1-quarter]})
	}
	return points
}

// valueAt reads a curve at x, which lies before its end: the last value told
// at or before x.
func valueAt(c []point, x float64) float64 {
	i, exact := slices.BinarySearchFunc(c, x, func(p point, x float64) int {
		switch {
		case p.x < x-1e-9:
			return -1
		case p.x > x+1e-9:
			return 1
		}
		return 0
	})
	if !exact && i > 0 {
		i--
	}
	return c[i].y
}

func (p panel) percentileColumns() []string {
	columns := []string{"transport", p.times(), "min"}
	for _, q := range summary.Quantiles {
		columns = append(columns, quantileName(q))
	}
	return append(columns, "max")
}

func (p panel) percentileRows() [][]string {
	var rows [][]string
	for _, c := range p.cells {
		d := p.distribution(c)
		if d.Count == 0 {
			continue
		}
		row := []string{p.nameOf(c.Cell), results.FormatCount(float64(d.Count)), results.FormatNS(float64(d.Min))}
		for _, q := range summary.Quantiles {
			row = append(row, results.FormatNS(d.Quantile(q)))
		}
		rows = append(rows, append(row, results.FormatNS(float64(d.Max))))
	}
	return rows
}

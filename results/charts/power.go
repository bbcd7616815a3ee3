package charts

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"

	"ipcbench/results"
	"ipcbench/results/charts/internal/plot"
)

// A Power is how often a change of known size was found in one cell.
type Power struct {
	Cell  string  // what the reader calls it: "pipe, same CPU"
	CV    float64 // standard deviation over mean of the cell's launches
	Added []float64
	Found []float64 // shares of the trials, with the interval of each in Lo and Hi
	Among []float64 // likewise, if it had been one of Cells
	Lo    []float64
	Hi    []float64
}

// PowerCurve draws how often changes were found by how large they were. Method
// says in a sentence how a trial was made. Its table also has how often they
// would have been found among so many cells.
func PowerCurve(cells []Power, among int, method, footer string) Chart {
	f := figure{
		title:    "How small a slowdown is found",
		subtitle: method,
		above:    "Trials that found it (%) · higher is better",
		below:    "Time added to each round trip (%)",
		height:   250,
		footer:   footer,
		plot:     newPlot(),
	}
	f.plot.Add(grid{x: true, y: true})
	chart := Chart{Name: "power", Title: f.title, Caption: method, Columns: []string{"cell", "CV"}}
	curves, called := make([]curve, len(cells)), make([]string, len(cells))
	for i, cell := range cells {
		k := curve{look: nthLook(i), marked: always}
		row := []string{cell.Cell, percent(cell.CV)}
		for j, added := range cell.Added {
			k.points = append(k.points, point{x: 100 * added, y: 100 * cell.Found[j], lo: 100 * cell.Lo[j], hi: 100 * cell.Hi[j]})
			row = append(row, percent(cell.Found[j]), percent(cell.Among[j]))
			if i == 0 {
				chart.Columns = append(chart.Columns, "+"+percent(added), "among "+strconv.Itoa(among))
			}
		}
		curves[i], called[i] = k, cell.Cell+", CV "+percent(cell.CV)
		chart.Rows = append(chart.Rows, row)
	}
	added := cells[0].Added
	most := 100 * added[len(added)-1]
	room := besides(curves, plotRoom*vg.Length(min(1, leastApart(added)/added[len(added)-1])))
	f.plot.X.Min, f.plot.X.Max = 0, most*(1+float64(room/2+2*markRadius)/plotRoom)
	f.plot.Y.Min, f.plot.Y.Max = -2, 102 // so that a marker at either end is whole
	f.plot.X.Tick.Marker = every(added...)
	f.plot.Y.Tick.Marker = every(0, 0.25, 0.5, 0.75, 0.9, 1)
	f.addNamed(curves, called)
	chart.figure = f
	return chart
}

// leastApart is the least from one value to the next.
func leastApart(values []float64) float64 {
	least := math.Inf(1)
	for i := 1; i < len(values); i++ {
		least = min(least, values[i]-values[i-1])
	}
	return least
}

// every labels an axis of percents at these shares.
func every(shares ...float64) plot.TickerFunc {
	return func(float64, float64) []plot.Tick {
		var ticks []plot.Tick
		for _, share := range shares {
			ticks = append(ticks, plot.Tick{Value: 100 * share, Label: strconv.FormatFloat(100*share, 'f', -1, 64)})
		}
		return ticks
	}
}

func percent(share float64) string {
	return strings.ReplaceAll(results.FormatPercentAsGiven(share), " ", "\u00a0")
}

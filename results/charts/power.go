package charts

import (
	"strconv"
	"strings"

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
		above:    "Trials that found it (%)",
		below:    "Time added to each round trip (%)",
		height:   250,
		footer:   footer,
		plot:     newPlot(),
	}
	f.plot.Add(grid{x: true, y: true})
	chart := Chart{Name: "power", Title: f.title, Caption: method, Columns: []string{"cell", "CV"}}
	var labels names
	var curves []curve
	for i, cell := range cells {
		k := curve{look: lookOf(i, 0), marked: func(int) bool { return true }}
		row := []string{cell.Cell, percent(cell.CV)}
		for j, added := range cell.Added {
			k.points = append(k.points, point{x: 100 * added, y: 100 * cell.Found[j], lo: 100 * cell.Lo[j], hi: 100 * cell.Hi[j]})
			row = append(row, percent(cell.Found[j]), percent(cell.Among[j]))
			if i == 0 {
				chart.Columns = append(chart.Columns, "+"+percent(added), "among "+strconv.Itoa(among))
			}
		}
		curves = append(curves, k)
		labels = append(labels, newName(k.look, cell.Cell+", CV "+percent(cell.CV), k.points[len(k.points)-1]))
		chart.Rows = append(chart.Rows, row)
	}
	addCurves(f.plot, curves)
	f.plot.X.Min, f.plot.X.Max = 0, 100*cells[0].Added[len(cells[0].Added)-1]
	f.plot.Y.Min, f.plot.Y.Max = 0, 100
	f.plot.X.Tick.Marker = every(cells[0].Added...)
	f.plot.Y.Tick.Marker = every(0, 0.25, 0.5, 0.75, 0.9, 1)
	f.nameLines(labels)
	chart.figure = f
	return chart
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

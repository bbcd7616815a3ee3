package charts

import (
	"strconv"

	"ipcbench/results"
	"ipcbench/results/charts/internal/plot"
)

// A Growth is what something takes for more and more of what it is given.
type Growth struct {
	Name  string
	Of    []float64 // how many there were
	Takes []float64
}

// GrowthCurve draws what things take, on two logarithmic scales: what grows as its input does
// goes up by a decade for each.
func GrowthCurve(name, title, method, takes, of string, format func(float64) string, grown []Growth, footer string) Chart {
	f := figure{title: title, subtitle: method, above: takes, below: of, height: 230, footer: footer, plot: newPlot()}
	f.plot.Add(grid{x: true, y: true})
	chart := Chart{Name: name, Title: title, Caption: method, Columns: []string{of}}
	curves, called := make([]curve, len(grown)), make([]string, len(grown))
	var values, inputs []float64
	for i, g := range grown {
		k := curve{look: nthLook(i), marked: always}
		for j, n := range g.Of {
			k.points = append(k.points, point{x: n, y: g.Takes[j]})
			if i == 0 {
				inputs = append(inputs, n)
				chart.Rows = append(chart.Rows, []string{strconv.FormatFloat(n, 'f', -1, 64)})
			}
			chart.Rows[j] = append(chart.Rows[j], format(g.Takes[j]))
			values = append(values, g.Takes[j])
		}
		curves[i], called[i] = k, g.Name
		chart.Columns = append(chart.Columns, g.Name)
	}
	f.plot.X.Scale, f.plot.Y.Scale = plot.LogScale{}, plot.LogScale{}
	f.plot.X.Min, f.plot.X.Max = logRange(inputs...)
	f.plot.Y.Min, f.plot.Y.Max = logRange(values...)
	f.plot.X.Tick.Marker = logTicks(results.FormatCount, smallRoom)
	f.plot.Y.Tick.Marker = logTicks(format, smallRoom)
	f.addNamed(curves, called)
	chart.figure = f
	return chart
}

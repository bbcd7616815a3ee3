package charts

import (
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"ipcbench/results"
	"ipcbench/results/charts/internal/plot"
	"ipcbench/results/summary"
)

// byBatch draws how many messages of one size are stored in a second, over how many
// share a sync: where syncing is all that takes time, a line rises as they do. It
// needs two batches.
func byBatch(p panel) (Chart, bool) {
	batches := p.batches()
	if len(batches) < 2 || p.metric.Unit != results.PerSecond {
		return Chart{}, false
	}
	size := sizeName(p.cells[0].SizeBytes)
	f := figure{
		title: "Durable messages by batch, " + size + ", " + p.settingName(),
		subtitle: p.subject() + " Grey: the time of a sync with its messages. What follows a grey line has larger batches at no " +
			"cost of time; where it goes flat, the messages take all of it, and a larger one gains nothing.",
		above: "Messages per second", below: "Messages that share a sync",
		height: 270, footer: p.footer(),
	}
	line := func(s series) curve {
		k := curve{look: s.look, marked: func(int) bool { return true }}
		for _, c := range s.cells {
			e := p.valueOf(c)
			k.points = append(k.points, point{x: float64(c.Batch), y: e.Median, lo: e.Lo, hi: e.Hi})
		}
		return k
	}
	behind := backdrop{marks: func(labelled bool) plot.Plotter { return equalTimes{labelled} }}
	f.addCourse(p, behind, line, levelAxis{asFloats(batches), func(pl *plot.Plot, apart float64) { xMarks(pl, batches, strconv.Itoa, apart) }, [2]float64{0.06, 0.12}})
	f.subtitle += p.sizesDrawn()
	return Chart{
		Name: stem("batch", p.workload.Name, size, p.settingName()), Workload: p.workload.Name, Title: f.title, Caption: f.subtitle,
		Columns: batchColumns(batches), Rows: p.batchRows(batches), figure: f,
	}, true
}

// batches lists how many messages share a sync, ascending.
func (p panel) batches() []int {
	var all []int
	for _, c := range p.cells {
		all = append(all, c.Batch)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func batchColumns(batches []int) []string {
	columns := []string{"transport"}
	for _, batch := range batches {
		columns = append(columns, strconv.Itoa(batch)+" to a sync", "time of a sync")
	}
	return columns
}

func (p panel) batchRows(batches []int) [][]string {
	sync := results.LookupMetric(results.SyncNS)
	var rows [][]string
	for _, s := range p.series() {
		row := []string{s.name}
		for _, batch := range batches {
			i := slices.IndexFunc(s.cells, func(c summary.Summary) bool { return c.Batch == batch })
			if i < 0 {
				row = append(row, "", "")
				continue
			}
			row = append(row, withInterval(p.valueOf(s.cells[i]), p.metric.Format), sync.Format(s.cells[i].Metrics[sync.Name].Median))
		}
		rows = append(rows, row)
	}
	return rows
}

// equalTimes are the lines along which a sync takes the same time, a power of ten of
// ns each: rate is batch over time.
type equalTimes struct{ labelled bool }

var equalTimeType = lettering{size: 7.5, ink: faintInk}

func (e equalTimes) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	style := draw.LineStyle{Color: alpha(axisInk, 0x90), Width: 0.7, Dashes: []vg.Length{6, 3}}
	for ns := 1.0; ns <= 1e12; ns *= 10 {
		from := math.Max(p.X.Min, p.Y.Min*ns/1e9)
		to := math.Min(p.X.Max, p.Y.Max*ns/1e9)
		if from >= to {
			continue
		}
		start, end := vg.Point{X: x(from), Y: y(from / ns * 1e9)}, vg.Point{X: x(to), Y: y(to / ns * 1e9)}
		label := nsTick(ns)
		width := equalTimeType.width(label)
		if !e.labelled || end.X-start.X < 2*width {
			c.StrokeLine2(style, start.X, start.Y, end.X, end.Y)
			continue
		}
		// The line ends with its label.
		steep := (end.Y - start.Y) / (end.X - start.X)
		stop := end.X - width - 8
		c.StrokeLine2(style, start.X, start.Y, stop, end.Y-steep*(end.X-stop))
		middle := min(end.Y-steep*(width/2+4), c.Max.Y-equalTimeType.size*0.7)
		c.SetColor(paper)
		c.Fill(vg.Rectangle{Min: vg.Point{X: stop + 2, Y: middle - equalTimeType.size/2}, Max: vg.Point{X: end.X - 2, Y: middle + equalTimeType.size/2}}.Path())
		equalTimeType.writeMid(c, end.X-4, middle, toRight, label)
	}
}

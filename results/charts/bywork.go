package charts

import (
	"fmt"
	"math"
	"slices"
	"time"

	"gonum.org/v1/plot/vg"

	"ipcbench/results"
	"ipcbench/results/charts/internal/plot"
	"ipcbench/results/summary"
)

// byWork draws what says most of a workload over the time that the consumer works on
// each message, a line for each series, and what the work alone would come to: where
// the lines meet it and each other, transports have stopped to matter. It needs two
// amounts of work.
func byWork(p panel) (Chart, bool) {
	amounts := p.amounts()
	if len(amounts) < 2 {
		return Chart{}, false
	}
	size := sizeName(p.cells[0].SizeBytes)
	f := figure{
		title:    p.workload.Title + " by work on each message, " + size + ", " + p.settingName(),
		subtitle: p.subject() + p.meeting(amounts),
		above:    results.Capital(p.metric.Words),
		below:    "Work on each message",
		height:   250, footer: p.footer(),
	}
	x := workAxis(amounts)
	at := func(c summary.Summary) point {
		e := p.valueOf(c)
		return point{x: x.at(c.WorkNS), y: e.Median, lo: e.Lo, hi: e.Hi}
	}
	line := func(s series) curve {
		k := curve{look: s.look, marked: func(int) bool { return true }}
		for _, c := range s.cells {
			k.points = append(k.points, at(c))
		}
		for _, c := range s.far() {
			k.aside = append(k.aside, at(c))
		}
		return k
	}
	behind := backdrop{line: p.workAlone(x), name: "the work alone"}
	f.addCourse(p, behind, line, levelAxis{x.values(), x.put, [2]float64{0.09, 0.215}})
	columns, rows := p.workTable(amounts)
	return Chart{
		Name: stem("work", p.workload.Name, size, p.settingName()), Workload: p.workload.Name, Title: f.title, Caption: f.subtitle,
		Columns: columns, Rows: rows, figure: f,
	}, true
}

// amounts are those of work that were measured, in ns, ascending.
func (p panel) amounts() []int64 {
	var amounts []int64
	for _, c := range p.cells {
		amounts = append(amounts, c.WorkNS)
	}
	slices.Sort(amounts)
	return slices.Compact(amounts)
}

// alike is up to how many times the best the worst of transports is that no longer
// matter.
const alike = 1.1

// meeting says from how much work on that is so.
func (p panel) meeting(amounts []int64) string {
	if len(p.series()) < 2 {
		return ""
	}
	from := len(amounts)
	for from > 0 && p.apart(amounts[from-1]) <= alike {
		from--
	}
	switch most := amounts[len(amounts)-1]; {
	case from == len(amounts):
		return fmt.Sprintf(" With %s of work, the best is still %.2f times as good as the worst.", workName(most), p.apart(most))
	case amounts[from] == 0:
		return " All are within 10 % of each other, with or without work."
	default:
		return fmt.Sprintf(" From %s of work on, all are within 10 %% of each other.", workName(amounts[from]))
	}
}

// apart is how many times the best the worst is with so much work.
func (p panel) apart(work int64) float64 {
	var values []float64
	for _, s := range p.series() {
		for _, c := range s.cells {
			if c.WorkNS == work {
				values = append(values, p.valueOf(c).Median)
			}
		}
	}
	return slices.Max(values) / slices.Min(values)
}

// workAlone is the line that no series can cross: a message takes its work. There is
// none where that does not follow from what is shown.
func (p panel) workAlone(x workScale) curve {
	k := curve{look: look{color: axisInk, dashes: []vg.Length{4, 3}, marker: -1}, marked: func(int) bool { return false }}
	for _, work := range x.amounts {
		bound := math.NaN()
		switch s := p.setting; {
		case work == 0 || s.RatePerS > 0 || s.FanIn+s.FanOut > 0:
		case p.workload.Exchange == results.Answered && p.metric.Unit == results.Nanoseconds:
			bound = float64(work)
		case p.workload.Exchange == results.OneWay && p.metric.Unit == results.PerSecond:
			bound = float64(max(1, s.Pairs)) * float64(time.Second) / float64(work)
		}
		if usable(bound) {
			k.points = append(k.points, point{x: x.at(work), y: bound, lo: math.NaN(), hi: math.NaN()})
		}
	}
	return k
}

// A workScale is a logarithmic axis of amounts of work. That of none stands at its
// left, where it has a place.
type workScale struct {
	amounts []int64
	none    float64
}

func workAxis(amounts []int64) workScale {
	least := float64(amounts[0])
	if least == 0 {
		least = float64(amounts[1])
	}
	return workScale{amounts, least / max(3, math.Pow(float64(amounts[len(amounts)-1])/least, 0.2))}
}

// at is where an amount stands.
func (x workScale) at(work int64) float64 {
	if work == 0 {
		return x.none
	}
	return float64(work)
}

// values are where the amounts stand.
func (x workScale) values() []float64 {
	var all []float64
	for _, work := range x.amounts {
		all = append(all, x.at(work))
	}
	return all
}

// put makes it the level axis, with labels so far apart as a share of it.
func (x workScale) put(p *plot.Plot, apart float64) {
	lo, hi := x.at(x.amounts[0]), x.at(x.amounts[len(x.amounts)-1])
	room := math.Pow(hi/lo, 0.03)
	p.X.Min, p.X.Max = lo/room, hi*room
	p.X.Scale = plot.LogScale{}
	p.X.Tick.Marker = plot.TickerFunc(func(lo, hi float64) []plot.Tick {
		var ticks []plot.Tick
		last := math.Inf(-1)
		for _, work := range x.amounts {
			t := plot.Tick{Value: x.at(work)}
			if at := math.Log(t.Value/lo) / math.Log(hi/lo); at-last >= apart {
				t.Label, last = workName(work), at
			}
			ticks = append(ticks, t)
		}
		return ticks
	})
}

func workName(work int64) string {
	if work == 0 {
		return "none"
	}
	return nsTick(float64(work))
}

// workTable is a row for each series, and how far apart they are.
func (p panel) workTable(amounts []int64) (columns []string, rows [][]string) {
	columns = []string{"transport"}
	apart := []string{"worst ÷ best"}
	for _, work := range amounts {
		columns = append(columns, workName(work))
		apart = append(apart, fmt.Sprintf("%.2f", p.apart(work)))
	}
	for _, s := range strata(p.series()) {
		i := slices.IndexFunc(rows, func(row []string) bool { return row[0] == s.name })
		if i < 0 {
			i = len(rows)
			rows = append(rows, append([]string{s.name}, make([]string, len(amounts))...))
		}
		rows[i][1+slices.Index(amounts, s.cells[0].WorkNS)] = withInterval(p.valueOf(s.cells[0]), p.metric.Format)
	}
	return columns, append(rows, apart)
}

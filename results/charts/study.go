package charts

import (
	"fmt"
	"slices"

	"ipcbench/results"
)

// A study is one run, ordered for drawing. What was not measured is not in
// it: a skipped or failed cell has no place in a chart.
type study struct {
	run        results.Run
	cells      []results.Summary
	launches   map[results.Cell][]results.Launch
	transports []string          // their order decides on their looks, the same in all charts
	dirs       []string          // likewise
	places     map[string]string // directory → what a chart calls it
}

func newStudy(run results.Run, launches []results.Launch) study {
	s := study{run: run, launches: map[results.Cell][]results.Launch{}, places: map[string]string{}}
	for _, cell := range results.InReadingOrder(results.Summarize(launches)) {
		// A logarithmic axis has no place for anything else.
		if cell.Launches > 0 && cell.SizeBytes > 0 && usable(cell.Metrics[metricOf(cell.Workload)].Median) {
			s.cells = append(s.cells, cell)
		}
	}
	for _, l := range launches {
		if l.Status == results.OK {
			s.launches[l.Cell] = append(s.launches[l.Cell], l)
		}
	}
	s.transports = s.inOrder(run.Plan.Specs, func(c results.Cell) string { return c.Transport })
	s.dirs = s.inOrder(run.Plan.Dirs, func(c results.Cell) string { return c.Dir })
	s.namePlaces()
	return s
}

// inOrder lists the distinct values that the cells have, those of the plan
// first and in its order.
func (s study) inOrder(planned []string, of func(results.Cell) string) []string {
	var rest []string
	for _, c := range s.cells {
		if v := of(c.Cell); v != "" && !slices.Contains(planned, v) {
			rest = append(rest, v)
		}
	}
	slices.Sort(rest)
	measured := func(v string) bool {
		return slices.ContainsFunc(s.cells, func(c results.Summary) bool { return of(c.Cell) == v })
	}
	var all []string
	for _, v := range append(slices.Clone(planned), slices.Compact(rest)...) {
		if measured(v) && !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	return all
}

// namePlaces calls each directory by its filesystem, or by its path where
// several directories have the same one. A single directory needs no name.
func (s study) namePlaces() {
	if len(s.dirs) < 2 {
		return
	}
	fstype, shared := map[string]string{}, map[string]int{}
	for _, c := range s.cells {
		if c.Dir != "" && fstype[c.Dir] == "" {
			fstype[c.Dir] = c.FSType
			shared[c.FSType]++
		}
	}
	for dir, fs := range fstype {
		s.places[dir] = fs
		if fs == "" || shared[fs] > 1 {
			s.places[dir] = dir
		}
	}
}

// metricOf is what a chart of a workload shows.
func metricOf(workload string) string {
	if workload == "throughput" {
		return results.BytesPerS
	}
	return results.RTTP50
}

// A series is what one line, or one row, of a chart is about: a transport in
// a place.
type series struct {
	look  look
	name  string
	cells []results.Summary // by size
}

// A panel is the cells that may stand in one chart: one workload, and one way
// of running it.
type panel struct {
	study
	workload string
	setting
	cells []results.Summary
	all   []int // every size measured in this setting, ascending
	drawn []int // of those, the ones that are drawn one by one
}

// A setting is what must never be mixed in one chart, because it changes a
// result more than most transports do.
type setting struct {
	Placement string
	Pairs     int
	RatePerS  float64
}

func settingOf(c results.Cell) setting {
	return setting{Placement: c.Placement, Pairs: c.Pairs, RatePerS: c.RatePerS}
}

func (s setting) String() string {
	text := s.Placement
	if s.Pairs > 1 {
		text += fmt.Sprintf(", %d pairs", s.Pairs)
	}
	if s.RatePerS > 0 {
		text += ", " + results.FormatRate(s.RatePerS) + " offered"
	}
	return text
}

// panels splits a workload's cells by setting, near placements first.
func (s study) panels(workload string) []panel {
	var all []panel
	for _, c := range s.cells {
		if c.Workload != workload {
			continue
		}
		i := slices.IndexFunc(all, func(p panel) bool { return p.setting == settingOf(c.Cell) })
		if i < 0 {
			i = len(all)
			all = append(all, panel{study: s, workload: workload, setting: settingOf(c.Cell)})
		}
		all[i].cells = append(all[i].cells, c)
	}
	for i := range all {
		all[i].all = all[i].sizes()
		all[i].drawn = all[i].choose()
	}
	return all
}

// sizes lists the message sizes measured, ascending.
func (p panel) sizes() []int {
	var sizes []int
	for _, c := range p.cells {
		sizes = append(sizes, c.SizeBytes)
	}
	slices.Sort(sizes)
	return slices.Compact(sizes)
}

// only returns the panel with the cells that keep selects.
func (p panel) only(keep func(results.Cell) bool) panel {
	cells := p.cells
	p.cells = nil
	for _, c := range cells {
		if keep(c.Cell) {
			p.cells = append(p.cells, c)
		}
	}
	return p
}

func (p panel) ofSize(size int) panel {
	return p.only(func(c results.Cell) bool { return c.SizeBytes == size })
}

// What can be told apart in one plot: so many transports, by their colours,
// and so many lines in all, of those that are drawn for each filesystem.
const (
	maxTransports = 8
	maxSeries     = 12
)

// series groups the panel's cells by transport and place.
func (p panel) series() []series {
	var all []series
	for _, transport := range p.transports {
		all = append(all, p.ofTransport(transport)...)
	}
	return all
}

// isCrowded says whether one plot has no room for the panel's series.
func (p panel) isCrowded() bool {
	var transports []string
	all := p.series()
	for _, s := range all {
		transports = append(transports, s.cells[0].Transport)
	}
	return len(slices.Compact(transports)) > maxTransports || len(all) > maxSeries
}

// ofTransport returns a transport's series, one for each place.
func (p panel) ofTransport(transport string) []series {
	var group []series
	for _, dir := range append([]string{""}, p.dirs...) {
		of := p.only(func(c results.Cell) bool { return c.Transport == transport && c.Dir == dir }).cells
		if len(of) > 0 {
			slices.SortFunc(of, func(a, b results.Summary) int { return a.SizeBytes - b.SizeBytes })
			group = append(group, series{look: p.lookOf(of[0].Cell), name: p.nameOf(of[0].Cell), cells: of})
		}
	}
	return group
}

// speed ranks a series by what the chart shows at its smallest size.
func (p panel) speed(s series) float64 {
	v := s.cells[0].Metrics[metricOf(p.workload)].Median
	if p.workload == "throughput" {
		return v
	}
	return 1 / v
}

func (s study) lookOf(c results.Cell) look {
	return lookOf(slices.Index(s.transports, c.Transport), max(0, slices.Index(s.dirs, c.Dir)))
}

func (s study) nameOf(c results.Cell) string {
	if place := s.places[c.Dir]; place != "" {
		return c.Transport + " · " + place
	}
	return c.Transport
}

// choose picks at most three of the sizes to draw one by one: the smallest, the
// middle one and the largest of those that are common.
func (p panel) choose() []int {
	if len(p.all) <= 3 {
		return p.all
	}
	common := p.common()
	if n := len(common); n > 3 {
		return []int{common[0], common[n/2], common[n-1]}
	}
	return common
}

// common lists the sizes that many transports have. Few have one that stands
// for sizes which they cannot carry.
func (p panel) common() []int {
	series, most := map[int]int{}, 0
	for _, size := range p.sizes() {
		series[size] = len(p.ofSize(size).series())
		most = max(most, series[size])
	}
	return slices.DeleteFunc(p.sizes(), func(size int) bool { return 2*series[size] < most })
}

package charts

import (
	"slices"

	"ipcbench/results"
	"ipcbench/results/summary"
)

// A study is one run, ordered for drawing. What was not measured is not in
// it: a skipped or failed cell has no place in a chart.
type study struct {
	run        results.Run
	cells      []summary.Summary
	transports []string          // in the order of the plan
	dirs       []string          // likewise
	places     map[string]string // directory → what a chart calls it
	kins       map[tintKind][]kin
}

func newStudy(run summary.Analysis) study {
	s := study{run: run.Run, places: map[string]string{}}
	for _, cell := range run.Cells {
		drawn := results.LookupWorkload(cell.Workload).Drawn
		// A logarithmic axis has no place for anything else, and no chart is of a
		// mix, whose mean is no message's size.
		if cell.Launches > 0 && cell.SizeBytes > 0 && cell.SizeMix == "" && usable(cell.Metrics[drawn].Median) {
			s.cells = append(s.cells, cell)
		}
	}
	s.transports = s.inOrder(run.Plan.Specs, transportOf)
	s.dirs = s.inOrder(run.Plan.Dirs, func(c results.Cell) string { return c.Dir })
	s.namePlaces()
	s.addKins()
	return s
}

// workloads lists those of the cells, in the order of tables.
func (s study) workloads() []results.Workload {
	var all []results.Workload
	for _, c := range s.cells { // which are in reading order
		if len(all) == 0 || all[len(all)-1].Name != c.Workload {
			all = append(all, results.LookupWorkload(c.Workload))
		}
	}
	return all
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
		return slices.ContainsFunc(s.cells, func(c summary.Summary) bool { return of(c.Cell) == v })
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

// A series is what one line, or one row, of a chart is about: a transport in
// a place.
type series struct {
	look  look
	name  string
	cells []summary.Summary // by size, or by work: where launches were divided, those that were near
	aside []summary.Summary // the others: far, and mixed
}

// far are those of the others that are of one kind.
func (s series) far() []summary.Summary {
	return slices.DeleteFunc(slices.Clone(s.aside), func(c summary.Summary) bool { return c.Stratum == results.Mixed })
}

// A panel is the cells that may stand in one chart: one workload, and one
// setting, which must never be mixed because it changes a result more than most
// transports do.
type panel struct {
	study
	workload results.Workload
	metric   results.Metric // that is drawn
	setting  results.Cell
	cells    []summary.Summary
	all      []int // every size measured in this setting, ascending
	drawn    []int // of those, the ones that are drawn one by one
}

// settingName says a setting in a few words: "same-llc, 4 pairs".
func settingName(c results.Cell) string { return c.Setting().Describe(", ") }

func (p panel) settingName() string { return settingName(p.setting) }

// newPanel is a panel of a workload, without cells.
func (s study) newPanel(w results.Workload, setting results.Cell) panel {
	return panel{study: s, workload: w, metric: results.LookupMetric(w.Drawn), setting: setting}
}

// panels splits a workload's cells by setting, near placements first.
func (s study) panels(w results.Workload) []panel {
	var all []panel
	for _, c := range s.cells {
		if c.Workload != w.Name {
			continue
		}
		setting := c.Course().Setting()
		i := slices.IndexFunc(all, func(p panel) bool { return p.setting == setting })
		if i < 0 {
			i = len(all)
			all = append(all, s.newPanel(w, setting))
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
		transports = append(transports, transportOf(s.cells[0].Cell))
	}
	return len(slices.Compact(transports)) > maxTransports || len(all) > maxSeries
}

// ofTransport returns a transport's series, one for each place.
func (p panel) ofTransport(transport string) []series {
	var group []series
	p = p.only(func(c results.Cell) bool { return transportOf(c) == transport })
	for _, dir := range append([]string{""}, p.dirs...) {
		of := p.only(func(c results.Cell) bool { return c.Dir == dir }).cells
		if len(of) > 0 {
			slices.SortFunc(of, func(a, b summary.Summary) int { return results.CompareCells(a.Cell, b.Cell) })
			s := series{look: p.lookOf(of[0].Cell), name: p.nameOf(of[0].Undivided())}
			for _, c := range of {
				if n := len(s.cells); n > 0 && s.cells[n-1].Undivided() == c.Undivided() {
					s.aside = append(s.aside, c)
				} else {
					s.cells = append(s.cells, c)
				}
			}
			group = append(group, s)
		}
	}
	return group
}

// strata are the series of one size with one for each of its strata, but for
// those without.
func strata(all []series, without ...string) []series {
	var each []series
	for _, s := range all {
		for _, c := range append(slices.Clone(s.cells), s.aside...) {
			if !slices.Contains(without, c.Stratum) {
				l := s.look
				l.thin = c.Stratum == results.Far || c.Stratum == results.Mixed
				each = append(each, series{look: l, name: withStratum(s.name, c.Cell), cells: []summary.Summary{c}})
			}
		}
	}
	return each
}

func withStratum(name string, c results.Cell) string {
	if c.Stratum == "" {
		return name
	}
	return name + ", " + c.Stratum
}

// speed ranks a series by what the chart shows at its smallest size.
func (p panel) speed(s series) float64 {
	v := p.valueOf(s.cells[0]).Median
	if p.metric.More {
		return v
	}
	return 1 / v
}

// valueOf is what the panel shows of a cell.
func (p panel) valueOf(c summary.Summary) summary.Estimate { return c.Metrics[p.metric.Name] }

// transportOf names what a cell measures wherever it lives: the transport and, of
// variants, which it is.
func transportOf(c results.Cell) string {
	if c.Variant == "" {
		return c.Transport
	}
	return c.Transport + " · " + c.Variant
}

func (s study) nameOf(c results.Cell) string {
	name := transportOf(c)
	if place := s.places[c.Dir]; place != "" {
		name += " · " + place
	}
	return withStratum(name, c)
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

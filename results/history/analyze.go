package history

import (
	"cmp"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"

	"ipcbench/results"
	"ipcbench/results/compare"
	"ipcbench/results/effect"
)

// History works out what the runs say together. It is an error where there are
// fewer than two or no series, or, unless that is forced, where they are of
// different machines or placements.
func (b *Builder) History() (History, error) {
	h := History{Options: b.options}
	if len(b.runs) < 2 {
		return h, fmt.Errorf("history: %s given: name the runs of a machine over time, or the directory that they are in", countOf(len(b.runs), "run is", "runs are"))
	}
	var all []*results.Run
	for i := range b.runs {
		all = append(all, &b.runs[i].Run)
	}
	results.TellApart(all...)
	order := b.sorted()
	sorted := make([]compare.Run, len(order))
	around := make([]map[string]string, len(order))
	places := make([]int, len(order))
	for place, i := range order {
		sorted[place], around[place], places[i] = b.runs[i], b.around[i], place
		h.Runs = append(h.Runs, Run{b.runs[i].Name, b.runs[i].Started})
	}
	gathered := b.kept()
	if len(gathered) == 0 {
		return h, fmt.Errorf("history: none of the %d runs has a result that is asked for", len(b.runs))
	}
	if err := h.refuse(append(compare.Hardware(sorted), placements(gathered)...)); err != nil {
		return h, err
	}
	for _, s := range gathered {
		s.sort(places)
		h.Series = append(h.Series, s.Series)
	}
	slices.SortStableFunc(h.Series, func(a, b Series) int { return results.CompareCells(a.Cell, b.Cell) })
	for _, name := range b.ofFloor {
		f := b.floors[name]
		f.sort(places)
		h.Floors = append(h.Floors, *f)
	}
	h.find()
	h.judge(newSurroundings(around))
	h.warn()
	h.Setting = setting(around)
	h.Headline = h.headline()
	return h, nil
}

// kept are the series that were asked for: where no metric was, of each cell that
// of the two which decides on it in all of its runs.
func (b *Builder) kept() []*gathered {
	var list []*gathered
	for _, k := range b.order {
		s := b.series[k]
		w := results.LookupWorkload(k.cell.Workload)
		fine := b.series[key{k.cell, w.Fine}]
		main := b.series[key{k.cell, w.Main}]
		deciding := w.Main
		if main != nil && fine != nil && main.short && len(fine.Points) == len(main.Points) {
			deciding = w.Fine
		}
		s.Deciding = k.metric == deciding
		if s.Deciding || b.options.Metrics != nil {
			list = append(list, s)
		}
	}
	return list
}

// refuse returns an error that wraps a [compare.Refusal]'s reasons, or warns of
// them where it is forced.
func (h *History) refuse(reasons []string) error {
	switch n := len(reasons); {
	case n == 0:
		return nil
	case h.Options.Force:
		h.Warnings = append(h.Warnings, inShort(reasons)+": followed all the same")
		return nil
	}
	return &Refusal{reasons}
}

// A Refusal is the error where the runs are not of one machine or placement.
// Options.Force makes a warning of it.
type Refusal struct{ Reasons []string }

func (r *Refusal) Error() string {
	return "history: " + inShort(r.Reasons) + ": name the runs of one machine and placement"
}

func inShort(reasons []string) string {
	if n := len(reasons); n > 1 {
		return fmt.Sprintf("%s (and %d more)", reasons[0], n-1)
	}
	return reasons[0]
}

func placements(all []*gathered) []string {
	var reasons []string
	for _, s := range all {
		if s.others != "" && !slices.Contains(reasons, s.others) {
			reasons = append(reasons, s.others)
		}
	}
	return reasons
}

// sort puts the points in the order of the runs, of which the new places are
// given.
func (c *Course) sort(places []int) {
	for i := range c.Points {
		c.Points[i].Run = places[c.Points[i].Run]
	}
	slices.SortFunc(c.Points, func(a, b Point) int { return cmp.Compare(a.Run, b.Run) })
}

// find finds the changes of all series, each at a level of Alpha divided by the
// places that all of them are looked at in. Those of a floor are for itself: one
// found by chance only makes a verdict more careful.
func (h *History) find() {
	for _, s := range h.Series {
		h.Looks += looks(len(s.Points))
	}
	var all []func()
	for i := range h.Series {
		all = append(all, func() { h.Series[i].find(h.Options.Alpha, h.Looks) })
	}
	for i := range h.Floors {
		all = append(all, func() { h.Floors[i].find(h.Options.Alpha, looks(len(h.Floors[i].Points))) })
	}
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wait sync.WaitGroup
	for _, find := range all {
		slots <- struct{}{}
		wait.Go(func() {
			find()
			<-slots
		})
	}
	wait.Wait()
}

// most is how many runs of a segment, those nearest to the change, say how large
// it is: what lies far back says less, and all pairs of two sides are compared.
const most = 250

// find divides the course where its level changes.
func (c *Course) find(alpha float64, looks int) {
	values := c.values()
	found := changes(inLogarithms(values), alpha/float64(max(1, looks)))
	from := 0
	for _, s := range found {
		c.Segments = append(c.Segments, Segment{from, s.at, results.Median(values[from:s.at])})
		change := Change{At: s.at, Before: c.Points[s.at-1].Run, After: c.Points[s.at].Run}
		old, new := values[s.from:s.at], values[s.at:s.to]
		change.Old, change.New = results.Median(old), results.Median(new)
		change.Effect = effect.OfRanks(old[max(0, len(old)-most):], new[:min(len(new), most)])
		change.P, change.Corrected = s.p, min(1, s.p*float64(looks))
		c.Changes = append(c.Changes, change)
		from = s.at
	}
	c.Segments = append(c.Segments, Segment{from, len(values), results.Median(values[from:])})
}

// inLogarithms is where differences are ratios, as they are where a value is 0.
func inLogarithms(values []float64) []float64 {
	if len(values) == 0 || slices.Min(values) <= 0 {
		return values
	}
	logs := make([]float64, len(values))
	for i, value := range values {
		logs[i] = math.Log(value)
	}
	return logs
}

// warn says of which series no change could be told, whatever it were.
func (h *History) warn() {
	var mute []string
	for _, s := range h.Series {
		n := len(s.Points)
		if n < 2*LeastSegment || math.Ln2-orders(n/2, n-n/2) > math.Log(h.Options.Alpha/float64(h.Looks)) {
			mute = append(mute, s.Name())
		}
	}
	if n := len(mute); n > 0 {
		text := strings.Join(mute[:min(n, 3)], ", ")
		if n > 3 {
			text += ", …"
		}
		h.Warnings = append(h.Warnings, fmt.Sprintf("%d of %d cells have too few runs to tell any change (%s): it takes %d on either side, and more where many cells are looked at", n, len(h.Series), text, LeastSegment))
	}
	undated := 0
	for _, run := range h.Runs {
		if run.Started.IsZero() {
			undated++
		}
	}
	if undated > 0 {
		h.Warnings = append(h.Warnings, fmt.Sprintf("%s not say when they started: they come first, by their names", countOf(undated, "run does", "runs do")))
	}
}

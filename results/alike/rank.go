package alike

import (
	"cmp"
	"fmt"
	"slices"

	"ipcbench/results"
	"ipcbench/results/effect"
	"ipcbench/results/table"
)

// A ranked is an ask's answers of some cells, the best first, each tested
// against the best.
type ranked struct {
	*ask
	order   []results.Cell
	effects []effect.Effect // of all but the best
}

func (a *ask) rank(cells []results.Cell) ranked {
	a = a.of(cells)
	r := ranked{ask: a}
	for _, cell := range cells {
		if _, has := a.found[cell]; has {
			r.order = append(r.order, cell)
		}
	}
	slices.SortStableFunc(r.order, func(x, y results.Cell) int {
		if a.metric.More {
			x, y = y, x
		}
		return cmp.Compare(a.median(x), a.median(y))
	})
	var ps []float64
	for _, cell := range r.order[min(1, len(r.order)):] {
		r.effects = append(r.effects, effect.OfRanks(a.values(r.order[0]), a.values(cell)))
		ps = append(ps, r.effects[len(r.effects)-1].P)
	}
	for i, p := range effect.Holm(ps) {
		r.effects[i].Corrected = p
	}
	return r
}

func (a *ask) median(cell results.Cell) float64 { return a.found[cell].Metrics[a.metric.Name].Median }

// values are those of the launches, or that of all together where some launches
// were too short to have any.
func (a *ask) values(cell results.Cell) []float64 {
	s := a.found[cell]
	if values := s.Values(a.metric.Name); len(values) == s.Launches {
		return values
	}
	return []float64{a.median(cell)}
}

// place is a cell's rank, those without a result last.
func (r ranked) place(cell results.Cell) int {
	if i := slices.Index(r.order, cell); i >= 0 {
		return i
	}
	return len(r.order)
}

// isApart says whether the cell of that rank was told apart from the best.
func (r ranked) isApart(rank int) bool {
	return rank > 0 && r.effects[rank-1].Corrected <= alpha
}

// A Median is that of a cell's launches, or of one of the modes that they fall into: no
// launch had what is between.
type Median struct {
	Value float64 // in the metric's unit
	Text  string  // with its unit, and of a mode with how many launches had it: "111 ns ×3"
}

// modes are the medians of those that a cell's launches fall into; nil: they do not.
func (r ranked) modes(rank int) (all []Median) {
	for _, m := range r.found[r.order[rank]].Modes {
		e, has := m.Metrics[r.metric.Name]
		if !has {
			return nil
		}
		all = append(all, Median{e.Median, fmt.Sprintf("%s ×%d", r.metric.Format(e.Median), m.Launches)})
	}
	return all
}

// couldTell says whether so many launches could tell the cell of that rank apart from
// the best at all, however far they are from each other.
func (r ranked) couldTell(rank int) bool {
	n := func(rank int) int { return len(r.values(r.order[rank])) }
	return rank == 0 || effect.CanTell(n(0), n(rank), alpha, len(r.effects))
}

// change is how far the median of that rank is from the best.
func (r ranked) change(rank int) float64 { return r.median(r.order[rank])/r.median(r.order[0]) - 1 }

// cells are what is said of the cell of that rank.
func (r ranked) cells(rank int) []string {
	e := r.found[r.order[rank]].Metrics[r.metric.Name]
	to := "best"
	switch {
	case len(r.order) == 1:
		to = "alone"
	case rank > 0:
		to = effect.FormatChange(r.change(rank))
		switch {
		case r.isApart(rank):
		case r.couldTell(rank):
			to = notApart
		default:
			to += tooFew
		}
	}
	return []string{r.metric.Format(e.Median), table.FormatMargin(e), to}
}

// notApart stands where a distance to the best would be one that this run does not
// show.
const notApart = "not told apart"

// tooFew is said of a change that has too few launches behind it to be told.
const tooFew = ", too few"

// alpha is the chance of telling any of several apart when none is.
const alpha = 0.05

package history

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"ipcbench/results"
	"ipcbench/results/compare"
	"ipcbench/results/effect"
)

// judge says of each change which way it goes, what else changed there, and whether
// it is the machine's.
func (h *History) judge(around surroundings) {
	h.eachChange(func(s *Series, c *Change) {
		c.Verdict = compare.Slower
		if s.metric().IsBetter(c.New, c.Old) {
			c.Verdict = compare.Faster
		}
	})
	h.eachChange(func(s *Series, c *Change) {
		before, after := s.around(c.At)
		c.Environment = around.differences(s.Points[before:c.At], s.Points[c.At:after])
		h.suspect(s, c)
	})
	h.findTogether()
}

func (h *History) eachChange(do func(*Series, *Change)) {
	for i := range h.Series {
		for j := range h.Series[i].Changes {
			do(&h.Series[i], &h.Series[i].Changes[j])
		}
	}
}

// around is from where to where the segments on both sides of a change reach.
func (c Course) around(at int) (from, to int) {
	i := slices.IndexFunc(c.Segments, func(s Segment) bool { return s.From == at })
	return c.Segments[i-1].From, c.Segments[i].To
}

// isNear reports whether two changes may be at the same place.
func isNear(a, b Change) bool {
	return a.Before-near <= b.After && b.Before-near <= a.After
}

// suspect blames the machine for a change where a floor that concerns the cell
// changed at the same place, to the same side, and about as far: the intervals
// meet. One that did not reach as far is told.
func (h *History) suspect(s *Series, c *Change) {
	if !s.metric().TellsTime() {
		return
	}
	var taken []results.Floor
	for _, f := range h.Floors {
		taken = append(taken, f.Floor)
	}
	slowdown, lo, hi := c.slowdown(s.metric())
	for _, f := range h.Floors {
		if !f.Concerns(s.Cell, taken) {
			continue
		}
		for _, moved := range f.Changes {
			if !isNear(*c, moved) || moved.Change*slowdown <= 0 {
				continue
			}
			way := way(moved.Change)
			reaches := slowdown > 0 && moved.Own.Hi >= lo || slowdown < 0 && moved.Own.Lo <= hi
			text := fmt.Sprintf("%s became %s %s at the same place", f.What(), results.FormatPercent(moved.Change), way)
			switch {
			case reaches:
				c.Verdict, c.Because = compare.MachineChanged, text
				return
			case c.Because == "":
				c.Because = text + ", which is not as much"
			}
		}
	}
}

func way(slowdown float64) compare.Verdict {
	if slowdown < 0 {
		return compare.Faster
	}
	return compare.Slower
}

// To change together takes leastTogether cells, and four in five of those that
// have runs enough on both sides there.
const (
	leastTogether = 5
	mostOfThem    = 0.8
)

// findTogether blames the machine for what most cells share at one place: to the
// same side, and within half as much and half as much again. What makes all of
// them slower alike is first of all the machine, or what all of them go through.
func (h *History) findTogether() {
	type one struct {
		of       int
		change   *Change
		slowdown float64 // as a logarithm
	}
	var all []one
	for i := range h.Series {
		s := &h.Series[i]
		if !s.Deciding || !s.metric().TellsTime() {
			continue
		}
		for j := range s.Changes {
			slowdown, _, _ := s.Changes[j].slowdown(s.metric())
			if log := math.Log1p(slowdown); !math.IsNaN(log) && !math.IsInf(log, 0) {
				all = append(all, one{i, &s.Changes[j], log})
			}
		}
	}
	slices.SortFunc(all, func(a, b one) int { return a.change.After - b.change.After })
	for _, a := range all {
		cells := map[int]bool{}
		var slowdowns []float64
		first := sort.Search(len(all), func(i int) bool { return all[i].change.After >= a.change.Before-near })
		for _, b := range all[first:] {
			if b.change.Before-near > a.change.After {
				break
			}
			if ratio := b.slowdown / a.slowdown; isNear(*a.change, *b.change) && ratio >= 0.5 && ratio <= 2 && !cells[b.of] {
				cells[b.of] = true
				slowdowns = append(slowdowns, b.slowdown)
			}
		}
		could := h.couldChange(*a.change)
		if n := len(cells); n >= leastTogether && float64(n) >= mostOfThem*float64(could) {
			shared := math.Expm1(results.Median(slowdowns))
			text := fmt.Sprintf("%d of %s changed together here, about %s %s", n, countOf(could, "cell", "cells"), results.FormatPercent(shared), way(shared))
			if a.change.Verdict == compare.MachineChanged {
				text = a.change.Because + "; " + text
			}
			a.change.Verdict, a.change.Because = compare.MachineChanged, text
		}
	}
}

// couldChange counts the cells whose decisive series has runs enough on both sides
// of a change to have one there.
func (h *History) couldChange(c Change) int {
	n := 0
	for _, s := range h.Series {
		after := sort.Search(len(s.Points), func(i int) bool { return s.Points[i].Run >= c.After })
		if s.Deciding && s.metric().TellsTime() && after >= LeastSegment && len(s.Points)-after >= LeastSegment {
			n++
		}
	}
	return n
}

// Words says a change in short: "5.1 % slower", "2.2× faster".
func (c Change) Words(m results.Metric) string {
	verdict := compare.Slower
	if m.IsBetter(c.New, c.Old) {
		verdict = compare.Faster
	}
	return compare.Magnitude(c.Change, verdict)
}

// Interval writes it with its interval: "+5.1 %", "[+4.2 %, +6.0 %]".
func (c Change) Interval() (change, interval string) {
	own := c.Effect
	own.Lo, own.Hi = c.Own.Lo, c.Own.Hi
	return effect.FormatChange(c.Change), effect.FormatInterval(own)
}

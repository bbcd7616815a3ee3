package history

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"ipcbench/results"
	"ipcbench/results/compare"
)

// A Finding is a change with the series that it is of.
type Finding struct {
	*Series
	Change
}

// Findings are all changes, in the order of the runs; those at one run in that of
// the cells.
func (h History) Findings() []Finding {
	var all []Finding
	for i := range h.Series {
		for _, c := range h.Series[i].Changes {
			all = append(all, Finding{&h.Series[i], c})
		}
	}
	slices.SortStableFunc(all, func(a, b Finding) int { return a.After - b.After })
	return all
}

// headline says how many changes there are, the largest, and how many are the
// machine's: "3 changes in 2 of 12 cells over 200 runs: ...".
func (h History) headline() string {
	findings := h.Findings()
	text := h.count()
	if len(findings) == 0 {
		return text
	}
	ours := slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool { return f.Verdict == compare.MachineChanged })
	switch n := len(findings) - len(ours); {
	case len(ours) == 0:
		return text + ": the machine changed, and no result without it"
	case n > 0:
		text += fmt.Sprintf(", %d of them with the machine", n)
	}
	size := func(f Finding) float64 { return math.Abs(math.Log1p(f.Change.Change)) }
	most := slices.MaxFunc(ours, func(a, b Finding) int { return cmp.Compare(size(a), size(b)) })
	which := "; the largest is "
	if len(ours) == 1 {
		which = ": "
	}
	m := most.metric()
	return fmt.Sprintf("%s%s%s %s (%s → %s) from run %s on", text, which, most.Name(), most.Words(m), m.Format(most.Old), m.Format(most.New), h.Runs[most.After].Name)
}

// unit is what the series are: of a metric each, or of the one that decides on
// their cells.
func (h History) unit() string {
	if h.Options.Metrics != nil {
		return "result"
	}
	return "cell"
}

func (h History) changed() int {
	n := 0
	for _, s := range h.Series {
		if len(s.Changes) > 0 {
			n++
		}
	}
	return n
}

// Title says the result in a few words, for a picture.
func (h History) Title() string { return results.Capital(h.count()) }

// count counts the changes: "3 changes in 2 of 12 cells over 200 runs".
func (h History) count() string {
	of, over := countOf(len(h.Series), h.unit(), h.unit()+"s"), countOf(len(h.Runs), "run", "runs")
	if n := len(h.Findings()); n > 0 {
		return fmt.Sprintf("%s in %d of %s over %s", countOf(n, "change", "changes"), h.changed(), of, over)
	}
	return "no change is shown in " + of + " over " + over
}

// Span says from when to when the runs are.
func (h History) Span() string {
	first, last := h.Runs[0], h.Runs[len(h.Runs)-1]
	text := first.Name + " … " + last.Name
	if !first.Started.IsZero() && !last.Started.IsZero() {
		text += fmt.Sprintf(" (%s … %s)", first.Day(), last.Day())
	}
	return text
}

// Day is when the run started, "" where it does not say.
func (r Run) Day() string {
	if r.Started.IsZero() {
		return ""
	}
	return r.Started.UTC().Format("2006-01-02")
}

// Definitions says how changes were found, and what is promised of them.
func (h History) Definitions() string {
	return fmt.Sprintf("A run counts by the median of its launches. Changes: seeded binary segmentation (Kovács et al. 2023), "+
		"in each interval the Mann-Whitney U test where the ranks differ most, the narrowest interval first, corrected for the %d places looked at: "+
		"the chance of any false change in the whole history is %s at most. That holds where runs depend on each other in nothing but their level: a slow drift is found as steps. "+
		"Two changes are %d runs apart at least; a change that is no larger than the runs differ can be placed some runs too early or too late. "+
		"change: the median of all ratios of a run after to one before (Hodges-Lehmann), with its own interval of 95 %%. "+
		"differs: what no run before has in common with one after, those within %d runs of the change left out.",
		h.Looks, results.FormatPercentAsGiven(h.Options.Alpha), LeastSegment, near) + machineMeans
}

const machineMeans = " the machine changed: so did a floor that bounds the cell, at the same place, to the same side and about as far, or four in five cells alike."

// differs names what differs at a change, what explains most first.
func (c Change) differs() string {
	const few = 3
	var parts []string
	for _, d := range c.Environment[:min(few, len(c.Environment))] {
		old, new := d.Terse()
		text := d.Key + " " + old + " → " + new
		if d.Varies {
			text += " (varies)"
		}
		parts = append(parts, text)
	}
	if n := len(c.Environment); n > few {
		parts = append(parts, fmt.Sprintf("and %d more", n-few))
	}
	return strings.Join(parts, "; ")
}

func countOf(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

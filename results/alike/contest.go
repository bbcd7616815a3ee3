package alike

import (
	"math"
	"strings"

	"ipcbench/results"
	"ipcbench/results/effect"
	"ipcbench/results/summary"
	"ipcbench/results/table"
)

// A Contest is one number of cells that may be compared, the best of them first,
// and each told apart from the best or not.
type Contest struct{ ranked }

// ContestOf compares the cells that keep selects by the metric that a workload has
// for that, at the one size that most of them were asked it of. The contest is
// empty where there are none.
func ContestOf(summaries []summary.Summary, w results.Workload, keep func(results.Cell) bool) Contest {
	var kept []summary.Summary
	for _, s := range summaries {
		if keep(s.Cell) {
			kept = append(kept, s)
		}
	}
	asks := asksOf(kept, w)
	if len(asks) == 0 {
		return Contest{}
	}
	var cells []results.Cell
	for _, s := range kept { // in reading order, and not in that of a map
		if cell := whatever(s.Cell); s.Workload == w.Name && s.SizeBytes == asks[0].size {
			cells = append(cells, cell)
		}
	}
	return Contest{asks[0].rank(cells)}
}

// Cells are those of the contest, the best first, without their workload and size.
func (c Contest) Cells() []results.Cell { return c.order }

// Size is that of the messages, in bytes.
func (c Contest) Size() int { return c.size }

// Metric is what they are compared by.
func (c Contest) Metric() results.Metric { return c.metric }

// Median is that of the cell of a rank, 0 the best, in the unit of the metric.
func (c Contest) Median(rank int) float64 { return c.median(c.order[rank]) }

// Summary is what else is known of the cell of a rank.
func (c Contest) Summary(rank int) summary.Summary { return c.found[c.order[rank]] }

// IsApart says whether the launches tell the cell of a rank apart from the best.
func (c Contest) IsApart(rank int) bool { return c.isApart(rank) }

// CouldTell says whether there are launches enough to tell the cell of a rank apart from
// the best, however far they are from each other.
func (c Contest) CouldTell(rank int) bool { return c.couldTell(rank) }

// Medians are that of a rank, or those of the modes that its launches fall into.
func (c Contest) Medians(rank int) []Median {
	if modes := c.modes(rank); modes != nil {
		return modes
	}
	return []Median{{c.Median(rank), c.metric.Format(c.Median(rank))}}
}

// Change is how far the median of a rank is from that of the best, as a ratio
// minus 1.
func (c Contest) Change(rank int) float64 { return c.change(rank) }

// Figure is the median of a rank with its unit and how far its interval reaches, or that
// of each mode its launches fall into: "6.76 µs ± 12 %", "111 ns ×3, 195 ns ×7".
func (c Contest) Figure(rank int) string {
	if modes := c.modes(rank); modes != nil {
		var texts []string
		for _, m := range modes {
			texts = append(texts, m.Text)
		}
		return strings.Join(texts, ", ")
	}
	text := c.metric.Format(c.Median(rank))
	if margin := table.FormatMargin(c.found[c.order[rank]].Metrics[c.metric.Name]); margin != results.Nothing {
		text += " ± " + margin
	}
	return text
}

// Name is the transport of a rank, with where it lives where there are several of
// that name.
func (c Contest) Name(rank int) string { return placed(c.order[rank], c.order) }

// Launches are the fewest and the most of any of its cells.
func (c Contest) Launches() (least, most int) {
	least = math.MaxInt
	for _, cell := range c.order {
		least, most = min(least, c.found[cell].Launches), max(most, c.found[cell].Launches)
	}
	return least, most
}

// Needs is how many launches each cell needs for any to be told apart from the
// best at all; 0: there is nothing to be told apart.
func (c Contest) Needs() int {
	if len(c.order) < 2 {
		return 0
	}
	return effect.LeastReplicates(alpha, len(c.effects))
}

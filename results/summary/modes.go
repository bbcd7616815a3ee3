package summary

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"ipcbench/results"
)

// A Mode is a value around which several launches of a cell lie, clear of the
// others. Where a cell has more than one, something that was not asked for
// decides on each launch anew: where the scheduler puts the ends, whether a CPU
// idles deeply, how far apart two virtual CPUs are. The median over all of them
// is then a value of one mode, or of none.
type Mode struct {
	Value    float64 `json:"value"`    // median of its launches, of the cell's results.Deciding
	Launches int     `json:"launches"` // at least 2: one alone is no mode

	Metrics map[string]Estimate `json:"-"` // of its launches; nil: not asked for

	least, most float64 // of its launches
}

const (
	fewestForModes = 6
	leastModeRatio = 1.2 // of the values on either side of the gap between two modes
)

// clearOf returns how many times the spread within modes, a standard deviation,
// the gap between them has to be: of n values, with m in the smallest group.
// Chance makes wider gaps where there are few values, and at the ends. The
// numbers are from simulation, see TestNoModesWhereThereAreNone.
func clearOf(n, m int) float64 { return 0.9 + 28/float64(n-2) + 1.6/float64(m) }

// modal is of launches that fall into modes.
var modal = results.Cautions(results.Caution{
	ID: "modes",
	Words: func(w results.Warning) string {
		return "launches fall into modes, " + w.Text("modes") + whyModes(w, w.Text("lines")) + pinning(w)
	},
	Brief: func(w results.Warning) string {
		return "launches fall into modes" + whyModes(w, "now short, now long") + pinning(w)
	},
})

// whyModes is what was watched that tells modes apart.
func whyModes(w results.Warning, lines string) string {
	if w.Text("lines") == "" {
		return ": each has a line of its own, and nothing that was watched tells why"
	}
	return ": each has a line of its own, and a cache line between the two CPUs took " + lines
}

func pinning(w results.Warning) string {
	if w.Text("placement") == results.Free {
		return ": pin the ends with --placement"
	}
	return ""
}

// findModes looks for modes and warns of them.
func (s *Summary) findModes() {
	s.Modes = ModesOf(s.Values(s.Main().Name))
	for i := range s.Modes {
		s.Modes[i].Metrics = s.estimatesOf(s.Modes[i])
	}
	if s.Modes != nil {
		values := []any{"modes", s.ModesText(), "placement", s.Placement}
		if lines := s.linesText(); lines != "" {
			values = append(values, "lines", lines)
		}
		s.warn(modal.With(values...))
	}
}

// linesText lists how long cache lines took between the ends' CPUs in each mode, as "74.0 ns
// to 239 ns, 484 ns to 529 ns", if that tells the modes apart: if no two have any in common.
func (s Summary) linesText() string {
	var texts []string
	var ranges [][2]float64
	for _, m := range s.Modes {
		var ns []float64
		for _, l := range s.launchesOf(m) {
			if len(l.CacheLineNS) == 0 {
				return ""
			}
			ns = append(ns, l.CacheLineNS...)
		}
		is := [2]float64{slices.Min(ns), slices.Max(ns)}
		for _, other := range ranges {
			if is[0] <= other[1] && other[0] <= is[1] {
				return ""
			}
		}
		ranges = append(ranges, is)
		texts = append(texts, results.FormatNS(is[0])+" to "+results.FormatNS(is[1]))
	}
	return strings.Join(texts, ", ")
}

// launchesOf are those of a mode.
func (s Summary) launchesOf(m Mode) (launches []results.Launch) {
	for _, l := range s.OK {
		if value, has := l.Metrics[s.Main().Name]; has && value >= m.least && value <= m.most {
			launches = append(launches, l)
		}
	}
	return launches
}

// estimatesOf are those of a mode's launches.
func (s Summary) estimatesOf(m Mode) map[string]Estimate {
	launches := s.launchesOf(m)
	estimates := map[string]Estimate{}
	for _, metric := range results.MetricsOf(launches) {
		if e, has := EstimateFor(metric, launches); has {
			e.Lo, e.Hi = math.NaN(), math.NaN() // they were chosen by what came of them
			estimates[metric.Name] = e
		}
	}
	return estimates
}

// ModesText lists the modes as "5.10 µs ×7, 36.0 µs ×3"; "" where there are
// none to tell apart.
func (s Summary) ModesText() string {
	var modes []string
	for _, mode := range s.Modes {
		modes = append(modes, fmt.Sprintf("%s ×%d", s.Main().Format(mode.Value), mode.Launches))
	}
	return strings.Join(modes, ", ")
}

// ModesOf returns the modes of positive values, the least first; nil where
// there is only one, or too little to tell.
func ModesOf(values []float64) []Mode {
	var modes []Mode
	for _, group := range groupsOf(values) {
		if len(group) > 1 {
			middle := results.Median(group)
			modes = append(modes, Mode{Value: middle, Launches: len(group), least: group[0], most: group[len(group)-1]})
		}
	}
	return modes
}

// groupsOf sorts positive values and cuts them into two or three groups that
// lie clear of each other, two of them or all modes; a group of one is an
// outlier. It returns nil where no cut does that. What counts is the ratio of
// values, so it goes by their logarithms.
func groupsOf(values []float64) [][]float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n < fewestForModes || sorted[0] <= 0 {
		return nil
	}
	s := newSpreads(sorted)
	var best [][]float64
	most, clearest := 1, 0.0 // modes, and how clear of each other they are
	for i := 1; i < n; i++ {
		for j := i + 1; j <= n; j++ {
			gap, spread := s.gap(i, j), s.within(i, j)
			if gap < math.Log(leastModeRatio) {
				continue
			}
			groups := [][]float64{sorted[:i], sorted[i:j], sorted[j:]}
			if j == n {
				groups = groups[:2]
			}
			modes, fewest := sizes(groups)
			if modes < 2 || gap < spread*clearOf(n, fewest) {
				continue
			}
			if clear := gap / spread; modes > most || modes == most && clear > clearest {
				best, most, clearest = groups, modes, clear
			}
		}
	}
	return best
}

// sizes returns how many of the groups are modes, and the size of the smallest.
func sizes(groups [][]float64) (modes, fewest int) {
	fewest = len(groups[0])
	for _, group := range groups {
		fewest = min(fewest, len(group))
		if len(group) > 1 {
			modes++
		}
	}
	return modes, fewest
}

// spreads knows the logarithms of ascending values by their running sums. Where
// it is asked about groups, they begin at 0, i and j; from j = n on there is
// none.
type spreads struct{ logs, sums, squares []float64 }

func newSpreads(sorted []float64) spreads {
	s := spreads{sums: []float64{0}, squares: []float64{0}}
	for i, value := range sorted {
		x := math.Log(value / sorted[0])
		s.logs = append(s.logs, x)
		s.sums = append(s.sums, s.sums[i]+x)
		s.squares = append(s.squares, s.squares[i]+x*x)
	}
	return s
}

// gap is the narrowest between neighbouring groups.
func (s spreads) gap(i, j int) float64 {
	gap := s.logs[i] - s.logs[i-1]
	if j < len(s.logs) {
		gap = min(gap, s.logs[j]-s.logs[j-1])
	}
	return gap
}

// within is the standard deviation from the groups' own means.
func (s spreads) within(i, j int) float64 {
	n := len(s.logs)
	free := n - 2
	if j < n {
		free--
	}
	return math.Sqrt((s.deviance(0, i) + s.deviance(i, j) + s.deviance(j, n)) / float64(free))
}

// mean is that of those from i up to j.
func (s spreads) mean(i, j int) float64 { return (s.sums[j] - s.sums[i]) / float64(j-i) }

// deviance is the sum of squared distances from their mean, of those from i up
// to j.
func (s spreads) deviance(i, j int) float64 {
	if i == j {
		return 0
	}
	sum := s.sums[j] - s.sums[i]
	return max(0, s.squares[j]-s.squares[i]-sum*sum/float64(j-i))
}

package charts

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ipcbench/results"
)

// Cores draws what every two CPUs take to hand each other a cache line: a square for
// the way there and back and, where it was told, one for each way.
func Cores(c results.Cores) Chart {
	chart := Chart{
		Name: "cores", Title: "How long a cache line takes from CPU to CPU",
		Columns: []string{"CPUs", "relation", "there and back", "of passes", "one way", "of passes", "and back", "of passes"},
	}
	for _, p := range c.Pairs {
		row := []string{fmt.Sprintf("%d, %d", p.A, p.B), p.Relation}
		for _, passes := range []results.Passes{p.RTT, p.AB, p.BA} {
			least, most := passes.Range()
			row = append(row, results.FormatNS(passes.Median()), results.FormatNS(least)+" to "+results.FormatNS(most))
		}
		chart.Rows = append(chart.Rows, row)
	}
	h := heatMaps{levels: levelsOf(c.CPUs), gaps: gapsOf(c)}
	for _, core := range c.CPUs {
		h.names = append(h.names, strconv.Itoa(core.CPU))
	}
	h.add("There and back", c, func(p results.CorePair, _ int) results.Passes { return p.RTT })
	if c.HasOneWay() {
		h.add("One way, from row to column", c, results.CorePair.OneWay)
	}
	said := append(c.Method(), "Lower is better.")
	if words := h.explain(); words != "" {
		said = append(said, words)
	}
	chart.Caption = strings.Join(said, " ")
	chart.figure = figure{title: chart.Title, subtitle: chart.Caption, height: h.height(), footer: coresFooter(c), plot: newPlot()}
	chart.figure.plot.HideAxes()
	chart.figure.plot.X.Max, chart.figure.plot.Y.Max = 1, 1
	chart.figure.plot.Add(h)
	return chart
}

// coresFooter says where the numbers come from.
func coresFooter(c results.Cores) string {
	facts := []string{strings.TrimSpace("ipcbench " + c.Version)}
	if cpu := c.Host["cpu"]; cpu != "" {
		facts = append(facts, cpu)
	}
	if kernel := c.Host["kernel"]; kernel != "" {
		facts = append(facts, "Linux "+kernel)
	}
	return strings.Join(append(facts, c.Started.UTC().Format(time.RFC3339)), " · ")
}

// A level is a way in which CPUs are grouped.
type level struct {
	words  string   // what its brackets are, for the caption
	groups []string // of each CPU: the next one with another begins a group
	label  func(group string) string
}

// levelsOf are the levels on which there is more than one group, the widest first.
func levelsOf(cpus []results.Core) []level {
	of := func(words string, label func(string) string, group func(results.Core) string) level {
		l := level{words: words, label: label}
		for _, c := range cpus {
			l.groups = append(l.groups, group(c))
		}
		return l
	}
	as := func(word string) func(string) string { return func(group string) string { return word + group } }
	none := func(string) string { return "" }
	all := []level{
		of("NUMA node", as("node "), func(c results.Core) string { return strconv.Itoa(c.Node) }),
		of("last-level cache (LLC)", func(string) string { return "LLC" }, func(c results.Core) string { return fmt.Sprint(c.Node, c.Package, c.LLC) }),
		of("kind of core", as(""), func(c results.Core) string { return c.Kind }),
		of("core with its hardware threads (SMT)", none, func(c results.Core) string { return strconv.Itoa(c.Core) }),
	}
	return slices.DeleteFunc(all, func(l level) bool {
		if l.words == all[len(all)-1].words { // a core is a group where it has several threads
			return len(slices.Compact(slices.Clone(l.groups))) == len(l.groups)
		}
		return len(slices.Compact(slices.Clone(l.groups))) < 2
	})
}

// The room between two CPUs that are beside each other, by what they share.
const (
	nodeGap  = 6
	groupGap = 3
	coreGap  = 1
)

// gapsOf is how much room there is before each CPU.
func gapsOf(c results.Cores) []float64 {
	gaps := make([]float64, len(c.CPUs))
	for i := 1; i < len(gaps); i++ {
		before, cpu := c.CPUs[i-1], c.CPUs[i]
		switch {
		case before.Node != cpu.Node:
			gaps[i] = nodeGap
		case c.Parts(i-1, i):
			gaps[i] = groupGap
		case before.Core != cpu.Core:
			gaps[i] = coreGap
		}
	}
	return gaps
}

// add adds the square of what is shown of each pair.
func (h *heatMaps) add(title string, c results.Cores, of func(p results.CorePair, from int) results.Passes) {
	m := heatMap{title: title, cells: make([][]results.Passes, len(c.CPUs))}
	pairs := c.ByCPUs()
	var values []float64
	for i, from := range c.CPUs {
		m.cells[i] = make([]results.Passes, len(c.CPUs))
		for j, to := range c.CPUs {
			if i != j {
				m.cells[i][j] = of(pairs[[2]int{from.CPU, to.CPU}], from.CPU)
				values = append(values, m.cells[i][j].Median())
			}
		}
	}
	m.least, m.most = logRange(values...)
	h.maps = append(h.maps, m)
}

// explain says what there is to be seen beside the colours.
func (h heatMaps) explain() string {
	var words []string
	if len(h.levels) > 0 {
		var brackets []string
		for _, l := range h.levels {
			brackets = append(brackets, l.words)
		}
		words = append(words, "Brackets, from the outside: "+strings.Join(brackets, ", ")+".")
	}
	if _, cell := h.beside(); cell >= spanCell && slices.ContainsFunc(h.maps, heatMap.hasSpans) {
		words = append(words, "In small: the least and the most of the passes.")
	}
	if slices.ContainsFunc(h.maps, heatMap.wanders) {
		words = append(words, "A square with a dark or light corner: its passes differ by half or more.")
	}
	return strings.Join(words, " ")
}

func (m heatMap) wanders() bool { return m.any(results.Passes.Wander) }

// hasSpans says whether a pair was measured more than once.
func (m heatMap) hasSpans() bool { return m.any(func(p results.Passes) bool { return len(p) > 1 }) }

func (m heatMap) any(holds func(results.Passes) bool) bool {
	return slices.ContainsFunc(m.cells, func(row []results.Passes) bool { return slices.ContainsFunc(row, holds) })
}

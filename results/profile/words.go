package profile

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/aclements/go-moremath/stats"

	"ipcbench/results"
	"ipcbench/results/effect"
	"ipcbench/results/summary"
	"ipcbench/results/table"
)

// Notable is the least share that a sentence names.
const notable = 0.05

// Write writes each of the profiles with what is missing of them: a sentence, and what
// its time is made of at each end.
func Write(w io.Writer, all []Profile, cells []summary.Summary, columns int) error {
	if _, err := fmt.Fprintf(w, "\n%s\n", table.Wrapped("Where the time goes. "+Definitions, columns)); err != nil {
		return err
	}
	for _, p := range all {
		if len(p.Launches) == 0 {
			continue
		}
		t := p.Table()
		t.Title = p.Describe(" ") + ": " + p.Sentence()
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
		if err := t.Render(w, table.Text(columns)); err != nil {
			return err
		}
		if text := p.Beside(cells); text != "" {
			if _, err := fmt.Fprintln(w, table.Wrapped(text, columns)); err != nil {
				return err
			}
		}
	}
	for _, reason := range Reasons(all) {
		if _, err := fmt.Fprintln(w, table.Wrapped("Profile: "+reason, columns)); err != nil {
			return err
		}
	}
	return nil
}

// How far clocks may be from each other without a word.
const (
	agreeing = 0.05 // samples from the CPU clock
	together = 0.1  // the time on and off a CPU from what a message took
)

// Beside says what sampling cost, and where its clocks do not agree.
func (p Profile) Beside(cells []summary.Summary) string {
	var parts []string
	if cost := p.cost(cells); cost != "" {
		parts = append(parts, "Against the cell's other launches, a message took "+cost+".")
	}
	for _, e := range p.Ends() {
		if ratio := e.Agreement(); math.Abs(ratio-1) > agreeing {
			parts = append(parts, fmt.Sprintf("The %s's samples come to %s of its CPU time, which they share.", e.Side, results.FormatPercent(ratio)))
		}
	}
	for _, e := range p.Ends() {
		if e.WholeNS == 0 || math.Abs(e.TogetherNS()/e.WholeNS-1) <= together {
			continue
		}
		why := "as where a hypervisor had the CPU for the rest"
		if e.TogetherNS() > e.WholeNS {
			why = "as where its CPU clock begins before it is switched to"
		}
		parts = append(parts, fmt.Sprintf("On its CPU and off it, the %s comes to %s of what a message took, %s.", e.Side, results.FormatPercent(e.TogetherNS()/e.WholeNS), why))
	}
	return strings.Join(parts, " ")
}

// Sentence says what most of the time on CPUs goes to: "scheduler 45 %, mechanism 22 %",
// and in which functions.
func (p Profile) Sentence() string {
	subsystems := p.BySubsystem("")
	slices.SortStableFunc(subsystems, func(a, b Share) int { return -compare(a.Mean(), b.Mean()) })
	if len(subsystems) == 0 {
		return "nothing was sampled"
	}
	text := named(subsystems, len(subsystems))
	if functions := named(p.ByFunction(""), 3); functions != "" {
		text += "; in itself " + functions
	}
	return text
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// named are the first shares that are notable.
func named(sorted []Share, most int) string {
	var parts []string
	for _, s := range sorted[:min(most, len(sorted))] {
		if s.Mean() >= notable {
			parts = append(parts, s.Name+" "+s.words())
		}
	}
	return strings.Join(parts, ", ")
}

// words is the share with, of several launches, its interval.
func (s Share) words() string {
	if half, known := halfWidth(s.Of); known {
		decimals := 0 // as many for both, so that the interval has two digits
		if half < 0.0995 {
			decimals = 1
		}
		return fmt.Sprintf("%.*f ± %.*f %%", decimals, 100*s.Mean(), decimals, 100*half)
	}
	return results.FormatPercent(s.Mean())
}

// halfWidth is that of the interval of a mean, of 95 %, by Student's t.
func halfWidth(values []float64) (half float64, known bool) {
	n := float64(len(values))
	if n < 2 {
		return 0, false
	}
	s := stats.Sample{Xs: values}
	return s.StdDev() / math.Sqrt(n) * stats.InvCDF(stats.TDist{V: n - 1})(1-(1-results.Confidence)/2), true
}

// Table shows what a message costs each end, on its CPU and off it, and what subsystems
// have of the time on it. It has no title.
func (p Profile) Table() table.Table {
	t := table.Table{Workload: p.Workload, Columns: []table.Column{{Name: "of a message"}}}
	ends := p.Ends()
	row := func(name string, value func(End) string) {
		cells := []string{name}
		for _, e := range ends {
			cells = append(cells, value(e))
		}
		t.Rows = append(t.Rows, table.Row{Cells: cells})
	}
	for _, e := range ends {
		t.Columns = append(t.Columns, table.Column{Name: e.Side, Numeric: true})
	}
	for _, part := range []struct {
		name string
		ns   func(End) float64
	}{
		{"on its CPU", func(e End) float64 { return e.OnNS }},
		{"asleep", func(e End) float64 { return e.AsleepNS }},
		{"pushed off by another", func(e End) float64 { return e.PreemptedNS }},
		{"together", End.TogetherNS},
		{"and it took", func(e End) float64 { return e.WholeNS }},
	} {
		if len(p.of(results.OffCPU)) > 0 {
			row(part.name, func(e End) string { return results.FormatNS(part.ns(e)) })
		}
	}
	of := map[string][]Share{}
	for _, e := range ends {
		of[e.Side] = p.BySubsystem(e.Side)
	}
	for _, is := range p.shown() {
		row(string(is), func(e End) string {
			for _, s := range of[e.Side] {
				if s.Subsystem == is {
					return s.words()
				}
			}
			return results.Nothing
		})
	}
	return t
}

// shown are the subsystems that have a share worth a row.
func (p Profile) shown() (all []Subsystem) {
	for _, s := range p.BySubsystem("") {
		if s.Mean() >= 0.005 {
			all = append(all, s.Subsystem)
		}
	}
	return all
}

// Functions shows the functions with the largest shares. It has no title.
func (p Profile) Functions(most int) table.Table {
	t := table.Table{Workload: p.Workload, Columns: []table.Column{
		{Name: "function"}, {Name: "subsystem"}, {Name: "share", Numeric: true}, {Name: "of a message", Numeric: true},
	}}
	all := p.ByFunction("")
	for _, s := range all[:min(most, len(all))] {
		t.Rows = append(t.Rows, table.Row{Cells: []string{s.Name, string(s.Subsystem), s.words(), results.FormatNS(mean(s.NS))}})
	}
	return t
}

// cost says how much slower its launches were for being sampled, on their CPUs and off
// them, held against the others of its cell; "" where there is nothing to hold against.
func (p Profile) cost(cells []summary.Summary) string {
	var parts []string
	for _, kind := range []results.ProfileOf{results.OnCPU, results.OffCPU} {
		var sampled []float64
		for _, l := range p.of(kind) {
			sampled = append(sampled, l.NSPerOp())
		}
		var others []float64
		for _, s := range cells {
			if s.Undivided() != p.Cell {
				continue
			}
			for _, l := range s.OK {
				others = append(others, l.NSPerOp())
			}
		}
		if len(sampled) > 0 && len(others) > 0 {
			parts = append(parts, effect.FormatChange(results.Median(sampled)/results.Median(others)-1)+" in those sampled "+map[results.ProfileOf]string{results.OnCPU: "on CPUs", results.OffCPU: "off CPUs"}[kind])
		}
	}
	return strings.Join(parts, ", ")
}

// Agreement is what the samples of an end come to by themselves, as a ratio to the CPU
// clock of the same launches; 1: there are none of a clock.
func (e End) Agreement() float64 {
	if e.CPUNS == 0 {
		return 1
	}
	return e.SampledNS / e.CPUNS
}

// Definitions say how a profile is to be read.
const Definitions = "Shares are of the time on CPUs, by samples of it, in launches that are no result. Where interrupts are off no clock can sample: that time is told of the function that lets them in again. On CPU, asleep and pushed off are of a message at one end, by its CPU clock and by the times of its switches, in launches of their own; together they are about what it took: the CPU clock of an end begins before it is switched to, and what a hypervisor had of the CPU is in none."

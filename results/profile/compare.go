package profile

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/aclements/go-moremath/stats"

	"ipcbench/results"
	"ipcbench/results/effect"
	"ipcbench/results/table"
)

// A Change is what the time on CPUs of a message is more or less for, from one profile
// of a cell to another.
type Change struct {
	Old, New              Profile
	OldNS, NewNS          float64 // of a message, both ends
	Subsystems, Functions []Part  // the largest change first
}

// A Part is what one subsystem or function has of a change.
type Part struct {
	Name         string
	OldNS, NewNS float64 // of a message, as means over launches
	HalfNS       float64 // the difference is known to this, by an interval of 95 %; NaN: of one launch
}

// Points is the change as a share of what all of a message took before.
func (c Change) Points(p Part) float64 { return (p.NewNS - p.OldNS) / c.OldNS }

// isUncertain says whether there may be no difference, by its interval alone. Of one
// launch nothing is known of that.
func (p Part) isUncertain() bool { return math.Abs(p.NewNS-p.OldNS) <= p.HalfNS }

// Compare compares profiles of the same cells, in the order of the new ones. The CPUs of
// a placement may be others. Several runs of a side are taken together.
func Compare(old, new []Profile) []Change {
	before := merge(old)
	var all []Change
	for _, n := range merge(new) {
		i := slices.IndexFunc(before, func(o Profile) bool { return identity(o.Cell) == identity(n.Cell) })
		if i < 0 || len(before[i].OnCPU()) == 0 || len(n.OnCPU()) == 0 {
			continue
		}
		o := before[i]
		c := Change{Old: o, New: n,
			Subsystems: parts(o.BySubsystem(""), n.BySubsystem("")),
			Functions:  parts(o.ByFunction(""), n.ByFunction("")),
		}
		for _, p := range c.Subsystems {
			c.OldNS += p.OldNS
			c.NewNS += p.NewNS
		}
		if c.OldNS > 0 {
			all = append(all, c)
		}
	}
	return all
}

// identity is what tells a cell from others, whatever machine it ran on.
func identity(c results.Cell) string {
	var parts []string
	for _, d := range results.Dimensions() {
		if d.Role != results.Environment {
			parts = append(parts, d.Plain(c))
		}
	}
	return strings.Join(parts, "\x00")
}

// merge takes the launches of several runs for those of one.
func merge(all []Profile) []Profile {
	var merged []Profile
	for _, p := range all {
		i := slices.IndexFunc(merged, func(m Profile) bool { return identity(m.Cell) == identity(p.Cell) })
		if i < 0 {
			merged = append(merged, p)
			continue
		}
		m := &merged[i]
		above := 0
		for _, l := range m.Launches {
			above = max(above, l.Launch)
		}
		m.Launches, m.samples = slices.Clone(m.Launches), slices.Clone(m.samples)
		for _, l := range p.Launches {
			l.Launch += above
			m.Launches = append(m.Launches, l)
		}
		for _, s := range p.samples {
			s.launch += above
			m.samples = append(m.samples, s)
		}
	}
	return merged
}

// parts holds the shares of two profiles against each other.
func parts(old, new []Share) []Part {
	of := map[string][2][]float64{}
	for _, s := range old {
		of[s.Name] = [2][]float64{s.NS, nil}
	}
	for _, s := range new {
		of[s.Name] = [2][]float64{of[s.Name][0], s.NS}
	}
	launches := [2]int{launchesIn(old), launchesIn(new)}
	var all []Part
	for name, ns := range of {
		for side := range ns {
			if ns[side] == nil {
				ns[side] = make([]float64, launches[side])
			}
		}
		all = append(all, Part{name, mean(ns[0]), mean(ns[1]), halfDifference(ns[0], ns[1])})
	}
	slices.SortFunc(all, func(a, b Part) int {
		return cmp.Or(cmp.Compare(math.Abs(b.NewNS-b.OldNS), math.Abs(a.NewNS-a.OldNS)), cmp.Compare(a.Name, b.Name))
	})
	return all
}

func launchesIn(shares []Share) int {
	if len(shares) == 0 {
		return 1
	}
	return len(shares[0].NS)
}

// halfDifference is the half width of the interval of a difference of means, of 95 %, by
// Welch's t test, which takes the times of launches for normal; NaN with one launch.
func halfDifference(a, b []float64) float64 {
	if len(a) < 2 || len(b) < 2 {
		return math.NaN()
	}
	x, y := stats.Sample{Xs: a}, stats.Sample{Xs: b}
	va, vb := x.Variance()/float64(len(a)), y.Variance()/float64(len(b))
	if va+vb == 0 {
		return 0
	}
	freedom := (va + vb) * (va + vb) / (va*va/float64(len(a)-1) + vb*vb/float64(len(b)-1))
	return math.Sqrt(va+vb) * stats.InvCDF(stats.TDist{V: freedom})(1-(1-results.Confidence)/2)
}

// Headline says what the change of a message's time on CPUs is made of.
func (c Change) Headline() string {
	text := fmt.Sprintf("%s: the time on CPUs of a message went from %s to %s (%s)",
		c.New.Describe(" "), results.FormatNS(c.OldNS), results.FormatNS(c.NewNS), effect.FormatChange(c.NewNS/c.OldNS-1))
	var parts []string
	for _, p := range c.Functions[:min(3, len(c.Functions))] {
		if math.Abs(c.Points(p)) >= 0.01 && !p.isUncertain() {
			parts = append(parts, c.points(p)+" in "+p.Name)
		}
	}
	if len(parts) == 0 {
		return text + ": no function changed for certain by a point or more"
	}
	return text + ": of that " + strings.Join(parts, ", ")
}

// points is the change of a part in words, with its interval.
func (c Change) points(p Part) string {
	text := strings.Replace(fmt.Sprintf("%+.1f", 100*c.Points(p)), "-", "−", 1)
	if !math.IsNaN(p.HalfNS) {
		text += fmt.Sprintf(" ± %.1f", 100*p.HalfNS/c.OldNS)
	}
	return text + " points"
}

// Cause says in which function a message's time on CPUs changed most, the way that all of
// it did: "+9.0 points in schedule"; "" where none is certain to have by a point.
func (c Change) Cause() string {
	for _, p := range c.Functions {
		if isAlike := (p.NewNS > p.OldNS) == (c.NewNS > c.OldNS); isAlike && math.Abs(c.Points(p)) >= 0.01 && !p.isUncertain() {
			return c.points(p) + " in " + p.Name
		}
	}
	return ""
}

// CauseIn is that of a cell among changes, whatever its stratum; "": there is none.
func CauseIn(all []Change, cell results.Cell) string {
	for _, c := range all {
		if identity(c.New.Cell) == identity(cell.Undivided()) {
			return c.Cause()
		}
	}
	return ""
}

// Table shows the parts that changed most, subsystems first. It has no title.
func (c Change) Table(most int) table.Table {
	t := table.Table{Workload: c.New.Workload, Columns: []table.Column{
		{Name: "where"}, {Name: "old", Numeric: true}, {Name: "new", Numeric: true}, {Name: "of all before", Numeric: true},
	}}
	add := func(parts []Part) {
		for _, p := range parts[:min(most, len(parts))] {
			if math.Abs(c.Points(p)) >= 0.002 {
				t.Rows = append(t.Rows, table.Row{Cells: []string{p.Name, results.FormatNS(p.OldNS), results.FormatNS(p.NewNS), c.points(p)}})
			}
		}
	}
	add(c.Subsystems)
	first := len(t.Rows)
	add(c.Functions)
	if first < len(t.Rows) {
		t.Rows[first].First = true
	}
	return t
}

// ChangeDefinitions say how a change is to be read.
const ChangeDefinitions = "What the time on CPUs of a message went to, both ends, from launches that were sampled; points are percent of all of it on the old side. " +
	"Of two launches and more a side, ± is an interval of 95 % of that part alone (Welch), which takes launches for normal."

// WriteChanges writes of each cell what its change is made of.
func WriteChanges(w io.Writer, all []Change, columns int) error {
	about := ChangeDefinitions
	if len(all) == 0 {
		about = "No cell has a profile on both sides: ipcbench run --profile=5 makes them."
	}
	if _, err := fmt.Fprintf(w, "\n%s\n", table.Wrapped(about, columns)); err != nil {
		return err
	}
	for _, c := range all {
		t := c.Table(mostParts)
		t.Title = c.Headline()
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
		if err := t.Render(w, table.Text(columns)); err != nil {
			return err
		}
	}
	return nil
}

// mostParts is how many subsystems and how many functions are told of a change.
const mostParts = 8

package fleet

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"ipcbench/results"
	"ipcbench/results/compare"
	"ipcbench/results/effect"
)

// Options say what is compared and when a difference counts.
type Options struct {
	Metrics   []string // names of results.Metrics; nil: the one that decides on each cell
	Alpha     float64  // chance that anything is called changed, on all hosts or on one, when nothing is; 0: 0.05
	Same      float64  // widest interval around no change that is still called the same, as a ratio; 0: 0.05
	Threshold float64  // how much worse, as a ratio, the new side may be; 0: nothing is said of that
}

// A Comparison is all that two sides of a fleet say together.
type Comparison struct {
	Old, New    string // how the sides were selected
	OldRuns     int
	NewRuns     int
	Classes     []Class // of two hosts or more with runs on both sides, those of most hosts first
	Alone       []Class // of one such host or none: of those nothing is said
	Environment []compare.Difference
	Gate        *compare.Gate // nil: none was asked for
	Warnings    []string
	Options     Options // complete
}

// A Row is one metric of one cell on the hosts of a class.
type Row struct {
	Cell     results.Cell
	Metric   string
	Old, New float64 // medians over hosts
	On       []OnHost

	// The effect is of the hosts but those that stand alone, see [effect.OfHosts].
	effect.Pool
	Verdict compare.Verdict
	Within  float64 // of Same
}

// OnHost is a row on one host.
type OnHost struct {
	Host     int     // its place in Class.Hosts
	Dir      string  // where its files lie; "": it has none
	Old, New float64 // the geometric means of its runs
	OldRuns  int
	NewRuns  int
	Change   float64 // as a ratio minus 1
	Own      effect.Interval

	Alone     bool            // it is none of the others
	Verdict   compare.Verdict // of Alone: against the others
	Beyond    float64         // how far from what the others have in common, as a ratio minus 1
	Corrected float64         // of that: the chance of any such host anywhere, if there is none; 1 where it was not looked at

	ratio effect.Ratio
}

// Sides says which of runs are wanted on either side.
func Sides(old, new Selection) func(*Run) bool {
	return func(r *Run) bool { return old.Takes(r) || new.Takes(r) }
}

// Compare compares two sides of a fleet. It is an error where a run is on both, or one side
// has none.
func Compare(x *Index, old, new Selection, o Options) (Comparison, error) {
	o.Alpha, o.Same = cmp.Or(o.Alpha, 0.05), cmp.Or(o.Same, 0.05)
	c := Comparison{Old: old.Text, New: new.Text, Options: o}
	var runs []*Run
	for _, r := range x.Runs {
		isOld, isNew := old.Takes(r), new.Takes(r)
		switch {
		case isOld && isNew:
			return c, fmt.Errorf("compare: run %s is on both sides, by %q and by %q: make them exclude each other", r.Place, old.Text, new.Text)
		case isOld:
			c.OldRuns++
		case isNew:
			c.NewRuns++
		default:
			continue
		}
		runs = append(runs, r)
	}
	if c.OldRuns == 0 || c.NewRuns == 0 {
		return c, fmt.Errorf("compare: of %d runs, %d are old by %q and %d are new by %q: %s", x.seen, c.OldRuns, old.Text, c.NewRuns, new.Text, x.hint())
	}
	slices.SortFunc(runs, func(a, b *Run) int {
		return cmp.Or(naturally(a.Host, b.Host), strings.Compare(a.Started, b.Started), strings.Compare(a.Place, b.Place))
	})
	c.classes(runs, old, new)
	if len(c.Classes) == 0 {
		return c, fmt.Errorf("compare: no two hosts of the same hardware have runs of both sides: measure both on each host, and say which it is with --label host=NAME")
	}
	c.conclude()
	return c, nil
}

// hint names kernels that there are, of which one is asked for most often.
func (x *Index) hint() string {
	list := sortedKeys(x.kernels)
	if len(list) == 0 || len(list) == 1 && list[0] == "" {
		return "select them by key=value, of a label or a fact"
	}
	const few = 4
	return fmt.Sprintf("there are kernels %s", strings.Join(list[:min(few, len(list))], ", "))
}

func (c *Comparison) classes(runs []*Run, old, new Selection) {
	divided := classify(runs)
	names := nameClasses(divided)
	for i, runs := range divided {
		class := Class{Name: names[i]}
		class.Hosts, class.OneSided = hostsOf(runs, old, new)
		if len(class.Hosts) < 2 {
			c.Alone = append(c.Alone, class)
			continue
		}
		class.fill(c.Options)
		c.Classes = append(c.Classes, class)
	}
	slices.SortStableFunc(c.Classes, func(a, b Class) int {
		return cmp.Or(len(b.Hosts)-len(a.Hosts), strings.Compare(a.Name, b.Name))
	})
}

// conclude corrects all that is said together: half of the chance of a false change goes to
// changes of all hosts, over all rows of all classes, and half to hosts alone, over all rows
// and hosts. Which hosts those are is found first, and what the others share is theirs alone.
func (c *Comparison) conclude() {
	var rows []*Row
	for i := range c.Classes {
		for j := range c.Classes[i].Rows {
			rows = append(rows, &c.Classes[i].Rows[j])
		}
	}
	half := c.Options.Alpha / 2
	setApart(rows, half)
	var pools []*effect.Effect
	for _, row := range rows {
		var shared []effect.Ratio
		for _, on := range row.On {
			if !on.Alone {
				shared = append(shared, on.ratio)
			}
		}
		row.Pool = effect.OfHosts(shared)
		pools = append(pools, &row.Pool.Effect)
	}
	effect.Correct(pools, half)
	judged := compare.Options{Alpha: half, Same: c.Options.Same}
	for _, row := range rows {
		row.Verdict, row.Within = compare.Judge(row.Pool.Effect, row.Metric, judged)
		for i := range row.On {
			row.On[i].hold(row.Metric, row.Pool, judged)
		}
	}
	c.Environment = c.differences()
	c.Warnings = c.warnings()
	if c.Options.Threshold > 0 {
		c.Gate = c.gate()
	}
}

// setApart finds the hosts that are none of the others, corrected for all rows by Holm's
// method and within a row for its hosts.
func setApart(rows []*Row, alpha float64) {
	outliers := make([][]effect.Outlier, len(rows))
	var firsts []*effect.Effect
	for i, row := range rows {
		var ratios []effect.Ratio
		for _, on := range row.On {
			ratios = append(ratios, on.ratio)
		}
		outliers[i] = effect.Outliers(ratios)
		first := &effect.Effect{P: math.NaN()}
		if len(outliers[i]) > 0 {
			first.P = outliers[i][0].P
		}
		firsts = append(firsts, first)
	}
	effect.Correct(firsts, alpha)
	for i, row := range rows {
		for _, o := range outliers[i] {
			on := &row.On[o.Host]
			on.Corrected = max(firsts[i].Corrected, min(1, o.P*float64(firsts[i].Among)))
			on.Alone = on.Corrected <= alpha
		}
	}
}

// hold holds the host against what the others share.
func (on *OnHost) hold(metric string, shared effect.Pool, o compare.Options) {
	on.Beyond = (1+on.Change)/(1+shared.Change) - 1
	on.Verdict = compare.Noisy
	if on.Alone {
		e := effect.Effect{Change: on.Beyond, P: on.Corrected, Corrected: on.Corrected, Lo: on.Beyond, Hi: on.Beyond}
		on.Verdict, _ = compare.Judge(e, metric, compare.Options{Alpha: o.Alpha})
	}
}

// IsBetter says whether a change of the row's metric is for the better.
func (r Row) IsBetter(change float64) bool { return worsening(r.Metric, change) < 0 }

// Telling are the rows of a class, where there are more than so many first those that changed,
// or in which a host stands alone, in reading order all the same.
func (c Class) Telling(most int) []Row {
	tells := func(r Row) bool { return r.Verdict.IsChange() || len(r.Shown()) > 0 }
	room := most
	for _, row := range c.Rows {
		if tells(row) {
			room--
		}
	}
	var list []Row
	for _, row := range c.Rows {
		switch {
		case len(list) == most:
			return list
		case tells(row):
			list = append(list, row)
		case room > 0:
			room--
			list = append(list, row)
		}
	}
	return list
}

// Shown are the hosts that stand alone in the row.
func (r Row) Shown() []OnHost {
	var list []OnHost
	for _, on := range r.On {
		if on.Alone {
			list = append(list, on)
		}
	}
	return list
}

package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ipcbench/internal/near"
	"ipcbench/results"
)

// A column is what tells the parts of runs from each other.
type column struct {
	value    func(Run, results.Launch) string       // of a launch; "": it is in no part
	identity func(Run, results.Launch) results.Cell // what makes its cell the same one in another part
	place    func(Run, results.Launch) int          // of its value in the plan: the first one is the baseline
}

// labelColumn precedes a label's key in the name of its column.
const labelColumn = "label."

// fstype stands for dir where each directory is on a filesystem of its own.
const fstype = "fstype"

// lookupColumn returns the column of that name: a dimension whose values a plan
// names, or a label.
func lookupColumn(name string) (column, error) {
	if key, isLabel := strings.CutPrefix(name, labelColumn); isLabel && key != "" {
		return column{value: labelled(key), identity: identityWithout(), place: func(_ Run, l results.Launch) int { return l.Order }}, nil
	}
	shown, planned := name, name
	if name == fstype {
		planned = "dir"
	}
	d, known := results.LookupDimension(shown)
	plan, _ := results.LookupDimension(planned)
	if !known || plan.Plan == nil || d.Role == results.Question {
		return column{}, fmt.Errorf("compare by %q: there is no such column: %s", name, near.Hint(name, "it is one of", near.Words(Columns()...)))
	}
	by := column{
		value:    func(_ Run, l results.Launch) string { return d.Plain(l.Cell) },
		identity: identityWithout(planned),
		place:    func(r Run, l results.Launch) int { return slices.Index(plan.Plan(r.Plan), plan.Plain(l.Cell)) },
	}
	if name == results.VariantColumn {
		by.identity = func(r Run, l results.Launch) results.Cell { return r.Plan.Counterpart(l.Cell) }
	}
	return by, nil
}

// identityWithout is that of cells whose parts do not share these dimensions.
func identityWithout(dimensions ...string) func(Run, results.Launch) results.Cell {
	return func(_ Run, l results.Launch) results.Cell { return l.Identity(dimensions...) }
}

// Columns lists those that parts of runs can be compared by; the last stands for any
// label.
func Columns() []string {
	var names []string
	for _, d := range results.Dimensions() {
		if d.Name == fstype || d.Plan != nil && d.Role != results.Question {
			names = append(names, d.Name)
		}
	}
	return append(names, labelColumn+"KEY")
}

func labelled(key string) func(Run, results.Launch) string {
	return func(run Run, launch results.Launch) string {
		if value, has := launch.Labels[key]; has {
			return value
		}
		return run.Labels[key]
	}
}

// By compares the parts of runs that a column tells apart: each of its values
// with the first one in the plan. The column is one of [Columns]. Launches of several runs come together. It is an
// error where the column has no two values, or the parts have nothing in
// common.
func By(runs []Run, name string, o Options) (Comparison, error) {
	asked := o.Metrics != nil
	o, err := o.complete()
	if err != nil {
		return Comparison{}, err
	}
	by, err := lookupColumn(name)
	if err != nil {
		return Comparison{}, err
	}
	if err := eachOnce(runs); err != nil {
		return Comparison{}, err
	}
	runs = slices.Clone(runs)
	tellApart(runs)
	runs = divided(runs, by.identity)
	values := by.values(runs)
	if err := checkValues(runs, name, values); err != nil {
		return Comparison{}, err
	}
	contests, reasons := by.contests(runs, name, values)
	c := Comparison{By: name, Old: values[0], New: strings.Join(values[1:], ", "), asked: asked}
	if name == results.VariantColumn {
		c.texts = textsOf(runs[0].Plan.Variants)
	}
	if err := c.refuse(runs, reasons, o); err != nil {
		return Comparison{}, err
	}
	if !slices.ContainsFunc(contests, func(c contest) bool { return len(c.pairs) > 0 }) {
		return Comparison{}, fmt.Errorf("compare by %s: %s and %s have nothing else in common: %s has %s; %s has %s", name,
			c.Old, c.New, c.Old, contests[0].old.extent(), values[1], contests[0].new.extent())
	}
	c.conclude(contests, o)
	return c, nil
}

// values returns the column's values in the order of the plans; those that no
// plan names follow as a reader looks them up.
func (by column) values(runs []Run) []string {
	var list []string
	for _, run := range runs {
		inOrder := slices.SortedStableFunc(slices.Values(run.Launches), func(a, b results.Launch) int {
			return cmp.Or(cmp.Compare(by.place(run, a), by.place(run, b)), results.CompareCells(a.Cell, b.Cell))
		})
		for _, launch := range inOrder {
			if value := by.value(run, launch); value != "" && !slices.Contains(list, value) {
				list = append(list, value)
			}
		}
	}
	return list
}

// checkValues refuses a column without two values, and one of which a value
// stands for two things.
func checkValues(runs []Run, name string, values []string) error {
	switch len(values) {
	case 0:
		return fmt.Errorf("compare by %s: no launch of %s has one", name, names(runs))
	case 1:
		return fmt.Errorf("compare by %s: it is %s in all launches of %s: two values are needed", name, values[0], names(runs))
	}
	switch name {
	case results.VariantColumn:
		return sameVariants(runs)
	case fstype:
		return oneDirEach(runs)
	}
	return nil
}

// oneDirEach refuses a type of filesystem that stands for two directories.
func oneDirEach(runs []Run) error {
	dirs := map[string]string{}
	for _, run := range runs {
		for _, launch := range run.Launches {
			first, seen := dirs[launch.FSType]
			if seen && first != launch.Dir {
				return fmt.Errorf("compare by fstype: %s and %s are both on %s: compare by dir", first, launch.Dir, launch.FSType)
			}
			dirs[launch.FSType] = launch.Dir
		}
	}
	return nil
}

// contests sets each value against the first. The reasons are against it.
func (by column) contests(runs []Run, name string, values []string) (contests []contest, reasons []string) {
	baseline := by.side(runs, values[0])
	for _, value := range values[1:] {
		c := match(baseline, by.side(runs, value))
		switch {
		case name == results.VariantColumn:
			c.whole = true
			c.matchAnyDir()
		case name == "transport":
			c.matchLone(results.VariantColumn)
			c.matchAnyDir()
		case strings.HasPrefix(name, labelColumn):
			c.matchLone(results.VariantColumn)
			c.matchLone("dir")
		default:
			c.matchLone(results.VariantColumn)
		}
		if name != "placement" && !(name == results.VariantColumn && slices.ContainsFunc(runs, variesPlacement)) {
			reasons = append(reasons, placements(&c)...)
		}
		contests = append(contests, c)
	}
	return contests, reasons
}

// side is the launches of the runs with one value.
func (by column) side(runs []Run, value string) side {
	var parts []Run
	for _, run := range runs {
		var part []results.Launch
		for _, launch := range run.Launches {
			if by.value(run, launch) == value {
				part = append(part, launch)
			}
		}
		if len(part) > 0 {
			run.Launches = part
			parts = append(parts, run)
		}
	}
	return newSide(value, parts, by.identity)
}

// Package experiment says what an experiment showed: how each of its variants compares
// with the first, in a line, in a table of all of them, and as Markdown.
//
// It knows the record of an experiment and how runs are compared. It must not know how
// an experiment is carried out (that is internal/experiment), nor how a page is drawn.
package experiment

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ipcbench/results"
	"ipcbench/results/compare"
)

// An Outcome is what an experiment showed.
type Outcome struct {
	Record
	Against []Against   // the first variant: each other one, in their order
	Basis   results.Run // the first run of the first variant; zero: there is none
}

// Against is a variant held against the first.
type Against struct {
	Variant    string
	Without    string             // why there is no comparison; "": there is
	Comparison compare.Comparison // of what the headline counts
}

// Compare compares the runs of each variant with those of the first, the runs as
// replicates. It is told how the run of a directory's name is read.
func Compare(r Record, open func(run string) (compare.Run, error)) (Outcome, error) {
	all := func(variant string) (runs []compare.Run, err error) {
		for _, name := range r.Runs(variant) {
			run, err := open(name)
			if err != nil {
				return nil, err
			}
			runs = append(runs, run)
		}
		return runs, nil
	}
	o := Outcome{Record: r}
	first, err := all(o.First())
	if err != nil {
		return o, err
	}
	if len(first) > 0 {
		o.Basis = first[0].Run
	}
	for _, v := range r.Variants[1:] {
		runs, err := all(v.Name)
		if err != nil {
			return o, err
		}
		against := Against{Variant: v.Name}
		switch {
		case v.Skipped != "":
			against.Without = "cannot be made here: " + oneLine(v.Skipped)
		case len(first) == 0 || len(runs) == 0:
			against.Without = "not compared: no run of it, or of " + o.First() + ", has ended well"
		default:
			c, err := compare.Runs(first, runs, compare.Options{InTurn: min(len(first), len(runs)) > 1})
			if err != nil {
				against.Without = "not compared: " + oneLine(err.Error())
			}
			against.Comparison = c.Primary()
		}
		o.Against = append(o.Against, against)
	}
	return o, nil
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// First is the variant with which the others are compared.
func (r Record) First() string { return r.Variants[0].Name }

// Title is what the experiment asks or, where it does not say, what it is called.
func (r Record) Title() string { return cmp.Or(r.Question, r.Name) }

// Command repeats the experiment, from where its file is.
func (o Outcome) Command() string {
	return o.Basis.Typed("experiment", cmp.Or(o.File, o.Name+".toml"))
}

// Line says in one line what came of the variant.
func (a Against) Line(first string) string {
	if a.Without != "" {
		return a.Variant + ": " + a.Without
	}
	return a.Variant + ", with " + first + ": " + a.Comparison.Headline
}

// Answer is the whole in a sentence: which variants differ from the first, and of which
// no difference is shown.
func (o Outcome) Answer() string {
	var parts []string
	for _, group := range []struct {
		of    func(Against) bool
		words func(names string, several bool) string
	}{
		{Against.differs, func(names string, several bool) string {
			return names + verb(several, " differs", " differ") + " from " + o.First()
		}},
		{Against.differsWithin, func(names string, several bool) string {
			return names + verb(several, " differs", " differ") + " from " + o.First() + " in these few runs, which tell nothing of others"
		}},
		{Against.isOpen, func(names string, several bool) string {
			return names + verb(several, " is", " are") + " not told apart from " + o.First()
		}},
		{func(a Against) bool { return a.Without != "" }, func(names string, several bool) string {
			return names + verb(several, " is", " are") + " not compared"
		}},
	} {
		var names []string
		for _, a := range o.Against {
			if group.of(a) {
				names = append(names, a.Variant)
			}
		}
		if len(names) > 0 {
			parts = append(parts, group.words(listed(names), len(names) > 1))
		}
	}
	return strings.Join(parts, "; ") // which begins with a name
}

func (a Against) changed() bool {
	return a.Without == "" && slices.ContainsFunc(a.Comparison.Rows, func(r compare.Row) bool { return r.Verdict.IsChange() })
}

func (a Against) differs() bool { return a.changed() && a.Comparison.OfRuns() }

// differsWithin is of too few runs to be the replicates.
func (a Against) differsWithin() bool { return a.changed() && !a.Comparison.OfRuns() }

func (a Against) isOpen() bool { return a.Without == "" && !a.changed() }

func verb(several bool, one, many string) string {
	if several {
		return many
	}
	return one
}

// listed joins names as a sentence has them: "a, b and c".
func listed(names []string) string {
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// HowSure says what the answer rests on, and how often it is wrong.
func (o Outcome) HowSure() string {
	for _, a := range o.Against {
		switch c := a.Comparison; {
		case a.Without != "":
		case !c.OfRuns():
			return fmt.Sprintf("Each variant was made afresh and measured in %s, of which too few went well for runs to be the replicates: "+
				"launches are, and tell nothing of what differs from one making to the next.", rounds(o.Rounds))
		default:
			return fmt.Sprintf("Each variant was made afresh and measured in %s, and its runs are the replicates. "+
				"Were a variant the same as %s, it would be called different in at most %s of such experiments: that is for all cells of a variant together, and for each variant by itself. "+
				"What is too noisy to tell may differ all the same.",
				rounds(o.Rounds), o.First(), results.FormatPercentAsGiven(c.Options.Alpha))
		}
	}
	return ""
}

func rounds(n int) string { return fmt.Sprintf("%d rounds", n) }

// Machine is what it was measured on, in a line.
func (o Outcome) Machine() string {
	var parts []string
	for _, part := range []struct{ fact, words string }{
		{"cpu", "%s"}, {"cpus", "CPUs %s"}, {"kernel", "Linux %s"},
	} {
		if says := o.Basis.Host[part.fact]; says != "" {
			parts = append(parts, fmt.Sprintf(part.words, says))
		}
	}
	if id := o.Basis.Host["hypervisor-id"]; id != "" {
		parts = append(parts, fmt.Sprintf("in a virtual machine (%s)", results.Hypervisor(id)))
	}
	return strings.Join(parts, " · ")
}

// Warnings are what a reader should know before believing the answer: what became of
// turns, and what the comparisons say, each once.
func (o Outcome) Warnings() []string {
	var all []string
	switch {
	case o.CutShort != "":
		all = append(all, "it was ended before all of its turns: "+oneLine(o.CutShort))
	case o.Ended.IsZero():
		all = append(all, "it has not ended, or was killed: it lacks turns")
	}
	for _, t := range o.Turns {
		if t.Failed != "" {
			all = append(all, fmt.Sprintf("round %d of %s failed and is left out: %s", t.Round, t.Variant, oneLine(t.Failed)))
		}
	}
	for _, a := range o.Against {
		for _, warning := range a.Comparison.Warnings {
			if !slices.Contains(all, warning) {
				all = append(all, warning)
			}
		}
	}
	return all
}

// PutBack says whether this machine is as it was before.
func (o Outcome) PutBack() string {
	for _, t := range append([]TurnRecord{{Failed: o.CutShort}}, o.Turns...) {
		if strings.Contains(t.Failed, "put back: ") {
			return "Not all of it was put back: " + oneLine(t.Failed)
		}
	}
	return "All of it was put back after each run."
}

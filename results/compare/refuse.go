package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ipcbench/internal/facts"
	"ipcbench/results"
)

// A Refusal is the error where the sides are not of the same machine or
// placement, so that no difference between them says anything of what is
// compared. Options.Force makes warnings of its reasons, but where one side is
// emulated: its times are no processor's.
type Refusal struct {
	Old, New string
	Reasons  []string
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("compare %s with %s: %s: compare runs of one machine and placement", r.Old, r.New, strings.Join(r.Reasons, "; "))
}

// refuse returns a Refusal if there is a reason, of the runs' hardware or another, or
// warns where it is forced.
func (c *Comparison) refuse(runs []Run, reasons []string, o Options) error {
	reasons = append(Hardware(runs), reasons...)
	if len(reasons) > 0 && (!o.Force || areEmulatedInPart(runs)) {
		return &Refusal{c.Old, c.New, reasons}
	}
	for _, reason := range reasons {
		c.Warnings = append(c.Warnings, reason+": compared all the same")
	}
	return nil
}

// Hardware returns what tells that the runs are not all of one machine. A fact
// that a run does not have is no difference.
func Hardware(runs []Run) []string {
	var reasons []string
	for _, known := range facts.All {
		if !known.Hardware {
			continue
		}
		fact := known.Name
		var first *Run
		for i, run := range runs {
			switch {
			case run.Host[fact] == "":
			case first == nil:
				first = &runs[i]
			case run.Host[fact] != first.Host[fact] && !IsAboutTheSame(fact, run.Host[fact], first.Host[fact]):
				reasons = append(reasons, fmt.Sprintf("different hardware: %s is %s in %s and %s in %s", fact, first.Host[fact], first.Name, run.Host[fact], run.Name))
				first = &runs[i]
			}
		}
	}
	return reasons
}

// areEmulatedInPart says whether some of the runs are of a processor and some of a
// program that plays one.
func areEmulatedInPart(runs []Run) bool {
	var real, played bool
	for _, run := range runs {
		emulated := run.Host[facts.Emulated]
		real = real || emulated == facts.No
		played = played || emulated != facts.No && emulated != ""
	}
	return real && played
}

// IsAboutTheSame compares amounts as "24684096 kB" of a fact that need not be
// equal to be the same.
func IsAboutTheSame(fact, a, b string) bool {
	x, errX := strconv.ParseFloat(strings.TrimSuffix(a, " kB"), 64)
	y, errY := strconv.ParseFloat(strings.TrimSuffix(b, " kB"), 64)
	within := facts.Lookup(fact).Within
	return within > 0 && errX == nil && errY == nil && max(x, y) <= (1+within)*min(x, y)
}

// placements returns what tells that the two sides were not in the same places:
// a placement that means other CPUs, or none that both have. In that case the
// cells that are alike but for it are paired, to be compared by force.
func placements(c *contest) []string {
	old, new := placementNames(c.old), placementNames(c.new)
	if !slices.ContainsFunc(old, func(name string) bool { return slices.Contains(new, name) }) {
		c.matchLone("placement")
		return []string{fmt.Sprintf("different placement: the old side has %s and the new side %s", strings.Join(old, ", "), strings.Join(new, ", "))}
	}
	var reasons []string
	for _, p := range c.pairs {
		all := slices.Concat(p.old.cpus, p.new.cpus)
		for _, cpus := range all {
			reason := fmt.Sprintf("different placement: %s is CPUs %s and CPUs %s", p.old.cell.Placement, pairOf(all[0]), pairOf(cpus))
			if cpus != all[0] && !slices.Contains(reasons, reason) {
				reasons = append(reasons, reason)
			}
		}
	}
	return reasons
}

func pairOf(cpus [2]int) string { return fmt.Sprintf("%d-%d", cpus[0], cpus[1]) }

func placementNames(s side) []string {
	return s.distinct(func(c results.Cell) string { return c.Placement })
}

// distinct returns what the side's cells say, each thing once.
func (s side) distinct(of func(results.Cell) string) []string {
	var list []string
	for _, g := range s.groups {
		if word := of(g.cell); word != "" && !slices.Contains(list, word) {
			list = append(list, word)
		}
	}
	return list
}

// extent says in a few words what a side has: "latency of pipe with 64 B on
// same-llc".
func (s side) extent() string {
	all := func(of func(results.Cell) string) string { return strings.Join(s.distinct(of), ", ") }
	text := fmt.Sprintf("%s of %s with %s on %s",
		all(func(c results.Cell) string { return c.Workload }),
		all(func(c results.Cell) string { return c.Transport }),
		all(func(c results.Cell) string { return cmp.Or(c.SizeMix, results.FormatSize(c.SizeBytes)) }),
		all(func(c results.Cell) string { return c.Placement }))
	if dirs := all(func(c results.Cell) string { return c.Dir }); dirs != "" {
		text += " in " + dirs
	}
	return text
}

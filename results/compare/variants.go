package compare

import (
	"fmt"

	"ipcbench/results"
)

// Variants compares the variants of one run, in the way of [By]. It has nothing
// to say of a run without any: has is false.
func Variants(run results.Run, launches []results.Launch) (c Comparison, has bool, err error) {
	if len(run.Plan.Variants) == 0 {
		return Comparison{}, false, nil
	}
	c, err = By([]Run{Of(run, launches)}, results.VariantColumn, Options{})
	return c, true, err
}

// sameVariants refuses runs in which a name stands for two variants.
func sameVariants(runs []Run) error {
	first := map[string]string{}
	for _, run := range runs {
		for _, v := range run.Plan.Variants {
			text, seen := first[v.Name]
			if seen && text != v.Text {
				return fmt.Errorf("compare by variant: %s is %q in %s and %q in %s: compare runs of the same variants", v.Name, text, runs[0].Name, v.Text, run.Name)
			}
			first[v.Name] = v.Text
		}
	}
	return nil
}

func variesPlacement(run Run) bool { return run.Plan.VariesPlacement() }

func textsOf(variants []results.Variant) map[string]string {
	texts := map[string]string{}
	for _, v := range variants {
		texts[v.Name] = v.Text
	}
	return texts
}

// OldSide says what the old side is: the names of its runs, the value of By, or
// the variant with what it is.
func (c Comparison) OldSide() string { return c.sideOf(c.Old) }

// NewSide is OldSide for the new side.
func (c Comparison) NewSide() string { return c.sideOf(c.New) }

func (c Comparison) sideOf(value string) string {
	if text := c.texts[value]; text != "" {
		return value + ": " + text
	}
	return value
}

// both is the row's cell as the two variants have it: "pipe → unix" where they
// differ in that.
func (r Row) both() results.Cell {
	cell, old := r.Cell, r.OldCell
	cell.Variant = ""
	cell.Transport, cell.Placement = fromTo(old.Transport, cell.Transport), fromTo(old.Placement, cell.Placement)
	if old.Dir != "" && cell.Dir != "" && old.Dir != cell.Dir {
		cell.Dir, cell.FSType, cell.Mount = fromTo(old.Dir, cell.Dir), "", ""
	}
	return cell
}

func fromTo(old, new string) string {
	if old == new {
		return new
	}
	return old + " → " + new
}

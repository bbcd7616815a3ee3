package results

import "slices"

// A Variant is one of the things that a run measured in turn, to be compared:
// what differs of it, in the place of the plan's.
type Variant struct {
	Name       string            `json:"name"` // "A"
	Text       string            `json:"text"` // what was asked for: "mmap -d /mnt/ext4"
	Specs      []string          `json:"specs"`
	Placements []string          `json:"placements"`
	Dirs       []string          `json:"dirs"`
	Labels     map[string]string `json:"labels,omitempty"` // beside those of the run
	Switch     string            `json:"switch,omitempty"` // the shell command that was run before its launches
}

// VariantColumn is the name of the dimension that tells variants apart.
const VariantColumn = "variant"

// axes are those of a variant's values that tell its cells from another's.
var axes = []struct {
	of func(Variant) []string
	in func(*Cell) *string
}{
	{func(v Variant) []string { return v.Specs }, func(c *Cell) *string { return &c.Transport }},
	{func(v Variant) []string { return v.Placements }, func(c *Cell) *string { return &c.Placement }},
	{func(v Variant) []string { return v.Dirs }, func(c *Cell) *string { return &c.Dir }},
}

// Counterpart is what a cell has in common with the one of the other variants
// that it is to be compared with: all that makes it the same cell, where of an
// axis that the variants vary, the first value of one stands for the first of
// the other, the second for the second and so on. Lists of values that are not
// equally long, or that leave the choice to the placement [Auto], have nothing
// in common but the values that are in both.
func (p Plan) Counterpart(c Cell) Cell {
	common := c.Identity(VariantColumn)
	i := slices.Index(variantNames(p.Variants), c.Variant)
	if i <= 0 {
		return common
	}
	for _, axis := range axes {
		first, own, value := axis.of(p.Variants[0]), axis.of(p.Variants[i]), axis.in(&common)
		if place := slices.Index(own, *value); place >= 0 && inStep(first, own) {
			*value = first[place]
		}
	}
	return common
}

// inStep says whether the values of two variants go with each other by their
// places, and not by what they are.
func inStep(a, b []string) bool {
	isNotIn := func(list []string) func(string) bool {
		return func(value string) bool { return !slices.Contains(list, value) }
	}
	same := !slices.ContainsFunc(a, isNotIn(b)) && !slices.ContainsFunc(b, isNotIn(a))
	return len(a) == len(b) && !same && !slices.Contains(a, Auto) && !slices.Contains(b, Auto)
}

// VariesPlacement says whether the variants differ in where their ends run.
func (p Plan) VariesPlacement() bool {
	return slices.ContainsFunc(p.Variants, func(v Variant) bool { return !slices.Equal(v.Placements, p.Variants[0].Placements) })
}

func variantNames(variants []Variant) []string {
	var names []string
	for _, v := range variants {
		names = append(names, v.Name)
	}
	return names
}

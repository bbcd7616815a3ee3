package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"ipcbench/results"
	"ipcbench/transports"
)

// A Variant is one of the things that a run measures in turn, to be compared:
// what differs of it. An axis that it leaves out is the plan's.
type Variant struct {
	Text       string // what it is, in the words of whoever asked for it: only for the record
	Specs      []transports.Spec
	Placements []string
	Dirs       []string
	Labels     map[string]string // beside the plan's, and before one of the same key

	// Switch is a command for sh -c, run before launches of this variant that
	// follow those of another, to turn what both cannot have at once: a sysctl.
	// It is not put back. See [switcher].
	Switch string
}

// variantName is what the variant of that place is called: "A".
func variantName(place int) string { return string(rune('A' + place)) }

// variant is the one that a cell belongs to; of a plan without any, one that
// leaves all to the plan.
func (p Plan) variant(c results.Cell) Variant {
	for i, v := range p.Variants {
		if variantName(i) == c.Variant {
			return v
		}
	}
	return Variant{}
}

// switches says whether a command has to be run between variants.
func (p Plan) switches() bool {
	return slices.ContainsFunc(p.Variants, func(v Variant) bool { return v.Switch != "" })
}

// labels are those of a cell's launches.
func (p Plan) labels(c results.Cell) map[string]string {
	own := p.variant(c).Labels
	if len(own) == 0 {
		return p.Labels
	}
	all := maps.Clone(p.Labels)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, own)
	return all
}

// only is the plan with nothing but this variant of it.
func (p Plan) only(v Variant) Plan {
	or := func(own, plan []string) []string {
		if len(own) > 0 {
			return own
		}
		return plan
	}
	if len(v.Specs) > 0 {
		p.Specs = v.Specs
	}
	p.Placements, p.Dirs, p.Variants = or(v.Placements, p.Placements), or(v.Dirs, p.Dirs), nil
	return p
}

// cellsOfAll crosses the axes of each variant, and refuses variants that are
// not to be compared.
func (p Plan) cellsOfAll(ctx context.Context, tried *Trials) ([]Cell, error) {
	if err := p.checkVariants(); err != nil {
		return nil, err
	}
	var cells []Cell
	for i, v := range p.Variants {
		of, err := p.only(v).CellsTried(ctx, tried)
		if err != nil {
			return nil, fmt.Errorf("variant %s: %w", variantName(i), err)
		}
		for _, c := range of {
			c.Variant = variantName(i)
			cells = append(cells, c)
		}
	}
	return cells, p.checkCounterparts(cells)
}

func (p Plan) checkVariants() error {
	if len(p.Variants) < 2 {
		return errors.New("plan: one variant alone: there is nothing to compare it with")
	}
	with := slices.IndexFunc(p.Variants, func(v Variant) bool { return v.Switch != "" })
	without := slices.IndexFunc(p.Variants, func(v Variant) bool { return v.Switch == "" })
	if with >= 0 && without >= 0 {
		return fmt.Errorf("variant %s has a --switch and variant %s has none: its launches would be measured as the other left the machine: give both one",
			variantName(with), variantName(without))
	}
	return nil
}

// checkCounterparts refuses variants of which no cell has a counterpart, or none
// that this machine can run.
func (p Plan) checkCounterparts(cells []Cell) error {
	counterparts := p.counterparts(cells)
	variants, runnable, reason := map[results.Cell][]string{}, map[results.Cell][]string{}, ""
	paired := false
	for _, c := range cells {
		key := counterparts(c)
		variants[key] = union(variants[key], []string{c.Variant})
		paired = paired || len(variants[key]) > 1
		if !c.Runnable() {
			reason = cmp.Or(reason, c.Describe(" ")+": "+c.Skip+c.Fail)
			continue
		}
		runnable[key] = union(runnable[key], []string{c.Variant})
		if len(runnable[key]) > 1 {
			return nil
		}
	}
	if paired {
		return fmt.Errorf("the variants cannot be compared here: %s", reason)
	}
	return errors.New("the variants have no cell in common: where they differ in transports, directories or placements, the first of one is compared with the first of the other and so on: name as many in each")
}

// recordVariants are those of the plan as run.json keeps them: complete.
func (p Plan) recordVariants() []results.Variant {
	var all []results.Variant
	for i, v := range p.Variants {
		of := p.only(v)
		all = append(all, results.Variant{
			Name: variantName(i), Text: v.Text, Specs: specNames(of.Specs), Placements: of.Placements, Dirs: of.Dirs,
			Labels: v.Labels, Switch: v.Switch,
		})
	}
	return all
}

// union are the values of all lists, each once.
func union(lists ...[]string) []string {
	var all []string
	for _, value := range slices.Concat(lists...) {
		if !slices.Contains(all, value) {
			all = append(all, value)
		}
	}
	return all
}

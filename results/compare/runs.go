package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ipcbench/results"
)

// Runs compares two sides of one or more runs each. It is an error where they
// have nothing in common, where a run stands on a side twice, or, as a
// [Refusal], where they are of different machines or placements.
func Runs(old, new []Run, o Options) (Comparison, error) {
	asked := o.Metrics != nil
	o, err := o.complete()
	if err != nil {
		return Comparison{}, err
	}
	if err := cmp.Or(eachOnce(old), eachOnce(new)); err != nil {
		return Comparison{}, err
	}
	old, new = slices.Clone(old), slices.Clone(new)
	tellApart(old, new)
	copies, err := areCopies(old, new)
	if err != nil {
		return Comparison{}, err
	}
	both := divided(slices.Concat(old, new), identityWithout())
	old, new = both[:len(old)], both[len(old):]
	between := contestOf(newSide("", old, identityWithout()), newSide("", new, identityWithout()))
	between.whole = true
	between.pair(Counterparts)
	c := Comparison{Old: names(old), New: names(new), asked: asked}
	if err := c.refuse(slices.Concat(old, new), placements(&between), o); err != nil {
		return Comparison{}, err
	}
	if len(between.pairs) == 0 {
		return Comparison{}, fmt.Errorf("compare %s with %s: no cell is in both: the old side has %s; the new side has %s: name runs of the same cells", c.Old, c.New, between.old.extent(), between.new.extent())
	}
	c.conclude([]contest{between}, o)
	if copies {
		c.sameEverywhere([]contest{between})
	}
	return c, nil
}

// eachOnce refuses a run that is there twice: it would be counted as two
// replicates that agree perfectly.
func eachOnce(runs []Run) error {
	for i, run := range runs {
		if slices.ContainsFunc(runs[:i], func(other Run) bool { return other.ID() == run.ID() }) {
			return fmt.Errorf("compare: run %s is given twice on one side: name each run once", run.Name)
		}
	}
	return nil
}

// tellApart has each run of all sides be called by a name of its own.
func tellApart(sides ...[]Run) {
	var all []*results.Run
	for _, side := range sides {
		for i := range side {
			all = append(all, &side[i].Run)
		}
	}
	results.TellApart(all...)
}

func names(runs []Run) string {
	var list []string
	for _, run := range runs {
		list = append(list, run.Name)
	}
	return strings.Join(list, ", ")
}

// someNames are a few of them, and how many there are beyond.
func someNames(runs []Run) string {
	const few = 3
	if len(runs) <= few {
		return names(runs)
	}
	return fmt.Sprintf("%s and %d more runs", names(runs[:few-1]), len(runs)-few+1)
}

// compared are the metrics of all cells, each once.
func compared(contests []contest, o Options) []string {
	var all []string
	for _, c := range contests {
		for _, p := range c.pairs {
			for _, metric := range o.metricsOf(p) {
				if !slices.Contains(all, metric) {
					all = append(all, metric)
				}
			}
		}
	}
	return all
}

// conclude fills in what the contests say.
func (c *Comparison) conclude(contests []contest, o Options) {
	c.Replicate = replicateOf(contests)
	c.Scope = scope(contests, c.Replicate, c.By)
	c.Environment, c.Known = differences(around(contests, c.By))
	c.Setting = setting(contests, c.By)
	c.Options = o
	for i := range contests {
		contests[i].control(c.Replicate)
		c.Controls = append(c.Controls, contests[i].controls...)
		c.Missing = append(c.Missing, contests[i].missing(c.By)...)
	}
	c.Rows = rows(contests, c.Replicate, o)
	for _, family := range families(c.Rows, c.counted()) {
		judge(family, c.Replicate, o)
	}
	c.Warnings = append(c.Warnings, warnings(contests, c.Replicate)...)
	c.tooShort = map[string]string{}
	for _, metric := range compared(contests, o) {
		if warning := tooShort(contests, metric, c.Replicate); warning != "" {
			c.Warnings = append(c.Warnings, warning)
			c.tooShort[metric] = warning
		}
	}
	if c.Replicate == byLaunch && len(contests) == 1 && !contests[0].sharesRun() {
		c.between = whichRuns(contests)
		c.findTogether()
	}
	if o.Threshold > 0 {
		c.Gate = c.gate(contests)
	}
	c.Finding = finding(*c, whichRuns(contests))
	c.Headline = c.Finding + whatDiffers(c.Environment)
}

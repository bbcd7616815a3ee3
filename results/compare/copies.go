package compare

import (
	"fmt"
	"reflect"
	"slices"

	"ipcbench/results/effect"
)

// areCopies says whether both sides are the same runs, which have the same
// launches: one of them is a copy. It is an error where a run of one name has
// others on each side, or where some runs are on both and others are not.
func areCopies(old, new []Run) (bool, error) {
	shared := 0
	for _, run := range new {
		i := slices.IndexFunc(old, func(other Run) bool { return other.Name == run.Name })
		if i < 0 {
			continue
		}
		if !reflect.DeepEqual(old[i].Launches, run.Launches) {
			return false, fmt.Errorf("compare: run %s is on both sides with other launches: one of the two was changed after it was measured: name another run", run.Name)
		}
		shared++
	}
	switch shared {
	case 0:
		return false, nil
	case max(len(old), len(new)):
		return true, nil
	}
	return false, fmt.Errorf("compare: %d runs are on both sides, or copies of them, and others are not: name each on one side", shared)
}

// sameEverywhere says of what was compared with itself that it is the same: how
// far its launches lie from each other has no part in that.
func (c *Comparison) sameEverywhere(contests []contest) {
	for i := range c.Rows {
		r := &c.Rows[i]
		r.Effect = effect.Effect{P: 1, Corrected: 1}
		r.Verdict, r.Within, r.Needed, r.Because, r.together = Same, 0, 0, "", false
	}
	c.Together, c.Warnings = nil, nil
	c.Scope = "without statistics: both sides are the same launches"
	if c.Gate != nil {
		c.Gate = c.gate(contests)
	}
	c.Headline = fmt.Sprintf("same everywhere: both sides are %s, one of them a copy: %s", c.Old, tally(c.Primary().Rows))
}

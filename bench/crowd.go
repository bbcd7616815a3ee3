package bench

import (
	"ipcbench/results"
)

// crowd settles where the ends of a cell with more than two of them are, and how
// they are joined.
func (c *Cell) crowd() {
	if m, err := theMachine(); err == nil {
		c.spread(m)
	}
}

// crowded says where a cell has more ends than CPUs for them. Two on one CPU are
// what a placement is called after, and say so.
func (c Cell) crowded() (results.Warning, bool) {
	m, err := theMachine()
	if err != nil || !c.IsCrowd() {
		return results.Warning{}, false
	}
	ends, cpus := len(c.seats()), len(m.of(c))
	return results.Crowded.With("ends", ends, "cpus", cpus, "spin", c.Spec.Waits().KeepsCPU), ends > cpus
}

// crowding is the same behind the reason of a launch that was not done in time.
func (c Cell) crowding() string {
	if w, crowded := c.crowded(); crowded {
		return ": " + w.Brief()
	}
	return ""
}

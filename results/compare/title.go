package compare

import (
	"fmt"

	"ipcbench/results"
)

// Title says the result in a few words, for a picture: what changed most, and
// what else there is.
func (c Comparison) Title() string {
	rows := c.Primary().Rows
	changed, suspicious := changes(rows), withVerdict(rows, MachineChanged)
	switch {
	case len(rows) == 0:
		return "Nothing can be compared"
	case len(suspicious) > len(changed):
		return fmt.Sprintf("The machine changed, and %d of %s with it", len(suspicious), numberOf(len(rows), "cell"))
	case c.Together != nil:
		return results.Capital(c.Together.sentence()) + ": the machine, until more runs say otherwise"
	case len(changed) == 0:
		return "No change shown in " + numberOf(len(rows), "cell")
	}
	most := largest(changed)
	text := c.nameOf(most) + " " + most.metric().Quantity() + " " + most.magnitude() + c.than(most)
	return fmt.Sprintf("%s; %d of %s changed", text, len(changed), numberOf(len(rows), "cell"))
}

package bench

import (
	"fmt"
	"strings"

	"ipcbench/bench/internal/message"
	"ipcbench/bench/workload"
	"ipcbench/transports"
)

// beyondPrograms is why no program that exchanges its messages itself is asked for
// this cell; "" where that is no matter. See [workload.Program].
func (c Cell) beyondPrograms() string {
	if !c.Spec.Caps().Has(transports.OwnLoop) {
		return ""
	}
	w, err := workload.Lookup(c.Workload)
	switch {
	case err != nil:
		return err.Error()
	case w.Looped == nil:
		return fmt.Sprintf("the programs of %s exchange messages in a loop of their own, and know %s: -w %[2]s", c.Family, strings.Join(looped(), ","))
	case c.IsCrowd():
		return "the programs of " + c.Family + " are two: leave out --pairs, --fan-in and --fan-out"
	case c.WorkNS > 0 || c.ThinkNS > 0 || c.Batch > 0 || len(c.lengths) > 0:
		return "the programs of " + c.Family + " do nothing but exchange messages of one size: leave out --work, --think, --batch and mixes of sizes"
	case c.SizeBytes < message.Smallest:
		return fmt.Sprintf("its ends prove by the first words of messages that they read them: give these at least %d bytes", message.Smallest)
	}
	return ""
}

// looped are the workloads that a program can be asked for.
func looped() (names []string) {
	for _, w := range workload.All() {
		if w.Looped != nil {
			names = append(names, w.Name)
		}
	}
	return names
}

package summary

import (
	"fmt"

	"ipcbench/results"
)

// steady is how wide a floor's range may be, as a ratio to its median.
const steady = 0.2

// unsteady is of a machine that changed in the course of a run. The floor that
// moved most is named.
var unsteady = results.Cautions(results.Caution{ID: "unsteady", Words: func(w results.Warning) string {
	text := fmt.Sprintf("the machine was not steady: %s took %s to %s during the run", w.Text("floor"),
		results.FormatNS(w.Number("lo_ns")), results.FormatNS(w.Number("hi_ns")))
	if w.Number("moved") > 1 {
		text += fmt.Sprintf(", and %s of %s floors moved by more than %s", w.Text("moved"), w.Text("floors"), results.FormatPercent(steady))
	}
	return text
}})

// Unsteady says of a run's floors that the machine changed in its course, where
// it did.
func Unsteady(floors []results.Floor) []results.Warning {
	var most results.Floor
	widest, moved := 0.0, 0
	for _, floor := range floors {
		lo, hi := floor.Range()
		width := (hi - lo) / floor.NS
		if width > steady {
			moved++
		}
		if width > widest {
			most, widest = floor, width
		}
	}
	if moved == 0 {
		return nil
	}
	lo, hi := most.Range()
	return []results.Warning{unsteady.With("floor", most.What(), "lo_ns", lo, "hi_ns", hi, "moved", moved, "floors", len(floors))}
}

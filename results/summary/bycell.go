package summary

import (
	"slices"

	"ipcbench/results"
)

// ByCell brings the launches that ended ok together by their cells, in the order in which
// these appear, for who looks at one value a cell and run. Of a cell whose launches the run
// divides by how near each other the machine had the CPUs, those are taken that had them
// near.
func ByCell(launches []results.Launch) [][]results.Launch {
	byCell := map[results.Cell][]results.Launch{}
	divided := map[results.Cell]bool{}
	var order []results.Cell
	for _, l := range Stratify(launches) {
		if l.Status != results.OK {
			continue
		}
		cell := l.Identity("stratum")
		divided[cell] = divided[cell] || l.Stratum != ""
		if _, seen := byCell[cell]; !seen {
			order = append(order, cell)
		}
		byCell[cell] = append(byCell[cell], l)
	}
	var all [][]results.Launch
	for _, cell := range order {
		ofCell := byCell[cell]
		if divided[cell] {
			ofCell = slices.DeleteFunc(ofCell, func(l results.Launch) bool { return l.Stratum != results.Near })
		}
		if len(ofCell) > 0 {
			all = append(all, ofCell)
		}
	}
	return all
}

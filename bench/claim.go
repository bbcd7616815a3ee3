package bench

import (
	"maps"
	"slices"

	"ipcbench/internal/cpulist"
	"ipcbench/internal/host"
	"ipcbench/results"
)

// claimed are the CPUs on which the cells' ends run, or may.
func claimed(cells []Cell) []int {
	m, err := theMachine()
	if err != nil {
		return nil
	}
	var cpus []int
	for _, c := range cells {
		if c.Runnable() {
			cpus = append(cpus, m.of(c)...)
		}
	}
	slices.Sort(cpus)
	return slices.Compact(cpus)
}

// othersOn warns of each process that has claimed some of the CPUs before.
func othersOn(claim *host.Claim) []results.Warning {
	by := map[int][]int{}
	for _, cpu := range slices.Sorted(maps.Keys(claim.Others)) {
		pid := claim.Others[cpu]
		by[pid] = append(by[pid], cpu)
	}
	var warnings []results.Warning
	for _, pid := range slices.Sorted(maps.Keys(by)) {
		warnings = append(warnings, results.NotAlone.With("pid", pid, "cpus", cpulist.Format(by[pid])))
	}
	return warnings
}

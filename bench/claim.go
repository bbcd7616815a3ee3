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
	others := map[int][]int{}
	for cpu, pid := range claim.Others {
		others[cpu] = []int{pid}
	}
	return each(results.NotAlone, others)
}

// newOn warns of each that has come to some of them since it was last asked.
func newOn(claim *host.Claim) []results.Warning { return each(results.Joined, claim.Newcomers()) }

// each is a warning of that kind for each process, of those on the CPUs.
func each(kind results.Caution, on map[int][]int) []results.Warning {
	by := map[int][]int{}
	for _, cpu := range slices.Sorted(maps.Keys(on)) {
		for _, pid := range on[cpu] {
			by[pid] = append(by[pid], cpu)
		}
	}
	var warnings []results.Warning
	for _, pid := range slices.Sorted(maps.Keys(by)) {
		warnings = append(warnings, kind.With("pid", pid, "cpus", cpulist.Format(by[pid])))
	}
	return warnings
}

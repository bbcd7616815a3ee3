package host

import (
	"fmt"

	"golang.org/x/sys/unix"

	"ipcbench/internal/cpulist"
)

// Affinity lists the CPUs that the calling thread may use: those online and in
// the process's cpuset, less what taskset(1) or Pin took away.
func Affinity() ([]int, error) {
	set := unix.NewCPUSet(cpulist.Max)
	if err := unix.SchedGetaffinityDynamic(0, set); err != nil {
		return nil, fmt.Errorf("sched_getaffinity: %w", err)
	}
	var cpus []int
	for id := range cpulist.Max {
		if set.IsSet(id) {
			cpus = append(cpus, id)
		}
	}
	return cpus, nil
}

// Pin keeps the calling thread on one CPU from now on; see
// sched_setaffinity(2). The caller has locked its goroutine to the thread.
func Pin(cpu int) error {
	set := unix.NewCPUSet(cpulist.Max)
	set.Set(cpu)
	if err := unix.SchedSetaffinityDynamic(0, set); err != nil {
		return fmt.Errorf("sched_setaffinity: pin to CPU %d: %w: is it online, and in this process's cpuset?", cpu, err)
	}
	return nil
}

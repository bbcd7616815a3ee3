package host

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"ipcbench/internal/cpulist"
	"ipcbench/internal/program"
)

// Affinity lists the CPUs that the calling thread may use: those online and in
// the process's cpuset, less what taskset(1) or Pin took away.
func Affinity() ([]int, error) { return AffinityOf(0) }

// AffinityOf is the same of another process's first thread.
func AffinityOf(pid int) ([]int, error) {
	set := unix.NewCPUSet(cpulist.Max)
	if err := unix.SchedGetaffinityDynamic(pid, set); err != nil {
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
	err := PinTo([]int{cpu})
	switch {
	case errors.Is(err, unix.EINVAL):
		return fmt.Errorf("%w: it is not online, or the control group or container has no such CPU: choose among those that %s shows", err, program.Typed("list"))
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES), errors.Is(err, unix.ENOSYS):
		return fmt.Errorf("%w: a sandbox (seccomp) forbids it", err)
	}
	return err
}

// PinTo is Pin to several CPUs, as [Affinity] lists them.
func PinTo(cpus []int) error {
	set := unix.NewCPUSet(cpulist.Max)
	for _, cpu := range cpus {
		set.Set(cpu)
	}
	if err := unix.SchedSetaffinityDynamic(0, set); err != nil {
		return fmt.Errorf("sched_setaffinity: pin to CPU %s: %w", cpulist.Format(cpus), err)
	}
	return nil
}

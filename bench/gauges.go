package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"ipcbench/bench/internal/clock"
	"ipcbench/bench/workload"
	"ipcbench/internal/host"
	"ipcbench/internal/peer"
	"ipcbench/results"
	"ipcbench/transports"
)

// gauges returns what reads the floors below the plan and its cells, in the
// order in which they are read.
func (p Plan) gauges(cells []Cell) []*gauge {
	all := []*gauge{{
		floor: results.NewFloor(results.ClockFloor),
		read:  func(context.Context) (float64, error) { return onFirstCPU(clockFloor) },
	}}
	all = append(all, ofCPUs(results.CacheLineFloor, cpusOf(cells, onTwo), func(ctx context.Context, cpus []int) (float64, error) {
		return cacheLine(ctx, cpus[0], cpus[1], rallyTime)
	})...)
	all = append(all, ofCPUs(results.WakeUpFloor, cpusOf(cells, wakes), func(ctx context.Context, cpus []int) (float64, error) {
		return wakeUp(ctx, cpus[0], cpus[len(cpus)-1])
	})...)
	sizes := slices.DeleteFunc(slices.Clone(p.Sizes), func(size int) bool {
		return !slices.ContainsFunc(cells, func(c Cell) bool { return c.SizeBytes == size })
	})
	all = append(all, ofEach(results.CopyFloor, sizes, copyFloor)...)
	return append(all, ofEach(results.NullFloor, sizes, nullFloor)...)
}

// ofCPUs returns what reads a floor on or between the CPUs of each pair.
func ofCPUs(name string, cpus [][]int, read func(context.Context, []int) (float64, error)) []*gauge {
	floor := results.NewFloor(name)
	if len(cpus) > mostPairs {
		floor.Doc += fmt.Sprintf(" (%d of the %d pairs in use)", mostPairs, len(cpus))
		cpus = cpus[:mostPairs]
	}
	var all []*gauge
	for _, pair := range cpus {
		floor.CPUs = pair
		all = append(all, &gauge{floor, func(ctx context.Context) (float64, error) { return read(ctx, pair) }})
	}
	return all
}

// mostPairs is between how many pairs of CPUs a round trip is read.
const mostPairs = 4

// ofEach returns what reads a floor of each size.
func ofEach(name string, sizes []int, read func(context.Context, int) (float64, error)) []*gauge {
	floor := results.NewFloor(name)
	var all []*gauge
	for _, size := range sizes {
		floor.SizeBytes = size
		all = append(all, &gauge{floor, func(ctx context.Context) (float64, error) { return read(ctx, size) }})
	}
	return all
}

// cpusOf returns the CPUs of each cell that is meant, can run and is pinned:
// those of a pair once, whichever end is where.
func cpusOf(cells []Cell, meant func(Cell) bool) [][]int {
	var all [][]int
	for _, c := range cells {
		cpus := c.CPUs()
		known := slices.ContainsFunc(all, func(other []int) bool { return slices.Equal(other, cpus) })
		if c.Runnable() && cpus != nil && meant(c) && !known {
			all = append(all, cpus)
		}
	}
	return all
}

func onTwo(c Cell) bool { return len(c.CPUs()) == 2 }

// wakes says whether an end of the cell has to be woken.
func wakes(c Cell) bool { return c.Way().Woken() }

// onFirstCPU calls read pinned to the CPU that the null transport runs on.
func onFirstCPU(read func() (float64, error)) (ns float64, err error) {
	cpus, err := host.Affinity()
	if err != nil {
		return 0, err
	}
	if pinned := <-onCPU(cpus[0], func() { ns, err = read() }); pinned != nil {
		return 0, pinned
	}
	return ns, err
}

// clockFloor is the time of one reading of the clock, in ns.
func clockFloor() (float64, error) {
	return clock.Cost(), nil
}

// copyRole is the process that copies: one that the kernel may end, where there is
// no memory for that.
const copyRole = "copy"

// copyFloor is the time to copy size bytes once, in ns, on the CPU that the null
// transport runs on.
func copyFloor(ctx context.Context, size int) (ns float64, err error) {
	cpus, err := host.Affinity()
	if err != nil {
		return 0, err
	}
	if err := askProcess(ctx, peer.Options{Role: copyRole, CPU: cpus[0], Env: undisturbed}, size, &ns); err != nil {
		return 0, fmt.Errorf("copy %d bytes: %w", size, err)
	}
	return ns, nil
}

func tellCopy(c *peer.Control) error {
	var size int
	if err := c.Hear(&size); err != nil {
		return err
	}
	ns, err := timeCopy(size)
	return errors.Join(err, c.Tell(ns))
}

// timeCopy copies from and to pages that are new to this process: how they share
// the caches is another matter each time.
func timeCopy(size int) (float64, error) {
	pages, err := unix.Mmap(-1, 0, 2*size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return 0, fmt.Errorf("mmap %d bytes: %w", 2*size, err)
	}
	clear(pages) // faults them in
	from, to := pages[:size], pages[size:]
	const step = 64 << 10 // some 10 µs
	return clock.PerCall(max(5, 200*step/max(step, size)), max(1, step/size), func(calls int) {
		for range calls {
			copy(to, from)
		}
	}), nil
}

// nullFloor is the time of the null transport's round trip of size bytes, in
// ns, in a process of its own.
func nullFloor(ctx context.Context, size int) (float64, error) {
	spec, err := transports.Parse("null")
	if err != nil {
		return 0, err
	}
	m, err := theMachine()
	if err != nil {
		return 0, err
	}
	together := m.together()
	null := Plan{
		Specs: []transports.Spec{spec}, Workloads: []string{workload.Latency.Name}, Sizes: []int{size}, Placements: []string{"auto"},
		Launches: 1, Time: 5 * time.Millisecond, Warmup: Warmup{Messages: 100}, Verify: "header", Timeout: 10 * time.Second,
	}
	spec.Size, spec.Uniform = size, true
	cell := newCell(workload.Latency.Name, spec, together, &identity{})
	launches, err := null.Run(ctx, []Cell{cell}, func(results.Launch) error { return nil })
	switch {
	case err != nil:
		return 0, err
	case launches[0].Status != results.OK:
		return 0, fmt.Errorf("null transport: %s", launches[0].Reason)
	case launches[0].SlicesNS == nil:
		return launches[0].Metrics[results.RTTMean], nil
	}
	// Untouched by a stall, unlike the mean; less what its stamps took.
	w := launches[0].Workers[0]
	return results.Median(launches[0].SlicesNS) - w.StampNS/float64(w.StampEvery), nil
}

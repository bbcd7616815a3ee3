package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"ipcbench/bench/internal/clock"
	"ipcbench/bench/workload"
	"ipcbench/internal/host"
	"ipcbench/results"
	"ipcbench/transports"
)

// gauges returns what reads the floors below the plan and its cells, in the
// order in which they are read.
func (p Plan) gauges(cells []Cell) []*gauge {
	all := []*gauge{{
		floor: results.Floor{Name: "clock", Doc: "reading the clock once, which is subtracted from every stamped time"},
		read:  func(context.Context) (float64, error) { return onFirstCPU(clockFloor) },
	}}
	pairs := pairsOf(cells)
	doc := "the round trip of a cache line between two CPUs that wait for it in turn"
	if len(pairs) > mostPairs {
		doc += fmt.Sprintf(" (%d of the %d pairs in use)", mostPairs, len(pairs))
		pairs = pairs[:mostPairs]
	}
	for _, cpus := range pairs {
		all = append(all, &gauge{
			floor: results.Floor{Name: "cacheline", CPUs: cpus, Doc: doc},
			read:  func(context.Context) (float64, error) { return cacheLine(cpus[0], cpus[1]) },
		})
	}
	for _, size := range p.Sizes {
		all = append(all, &gauge{
			floor: results.Floor{Name: "copy", SizeBytes: size, Doc: "copying a message once, both buffers in cache"},
			read: func(context.Context) (float64, error) {
				return onFirstCPU(func() (float64, error) { return copyFloor(size) })
			},
		})
	}
	for _, size := range p.Sizes {
		all = append(all, &gauge{
			floor: results.Floor{Name: "null", SizeBytes: size, Doc: "a round trip that goes nowhere: make, copy in, copy out and check a message in one process"},
			read:  func(ctx context.Context) (float64, error) { return nullFloor(ctx, size) },
		})
	}
	return all
}

// mostPairs is between how many pairs of CPUs a cache line's round trip is
// read.
const mostPairs = 4

// pairsOf returns the two CPUs of each cell that has its ends on two, each pair
// once, whichever end is where.
func pairsOf(cells []Cell) [][]int {
	var pairs [][]int
	for _, c := range cells {
		pair := []int{min(c.ProducerCPU, c.ConsumerCPU), max(c.ProducerCPU, c.ConsumerCPU)}
		known := slices.ContainsFunc(pairs, func(other []int) bool { return slices.Equal(other, pair) })
		if c.Runnable() && pair[0] >= 0 && pair[0] != pair[1] && !known {
			pairs = append(pairs, pair)
		}
	}
	return pairs
}

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

// copyFloor is the time to copy size bytes once, in ns, from and to pages that
// are new to this process: how they share the caches is another matter each
// time.
func copyFloor(size int) (float64, error) {
	pages, err := unix.Mmap(-1, 0, 2*size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return 0, fmt.Errorf("copy: mmap %d bytes: %w", 2*size, err)
	}
	clear(pages) // faults them in
	from, to := pages[:size], pages[size:]
	const step = 64 << 10 // some 10 µs
	ns := clock.PerCall(max(5, 200*step/max(step, size)), max(1, step/size), func(calls int) {
		for range calls {
			copy(to, from)
		}
	})
	return ns, unix.Munmap(pages)
}

// nullFloor is the time of the null transport's round trip of size bytes, in
// ns, in a process of its own.
func nullFloor(ctx context.Context, size int) (float64, error) {
	spec, err := transports.Parse("null")
	if err != nil {
		return 0, err
	}
	null := Plan{
		Specs: []transports.Spec{spec}, Workloads: []string{workload.Latency.Name}, Sizes: []int{size}, Placements: []string{"auto"},
		Launches: 1, Time: 5 * time.Millisecond, Warmup: Warmup{Messages: 100}, Verify: "header", Timeout: 10 * time.Second,
	}
	cells, err := null.Cells()
	if err != nil {
		return 0, err
	}
	launches, err := null.Run(ctx, cells, func(results.Launch) error { return nil })
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

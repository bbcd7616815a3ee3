package bench

import (
	"context"
	"errors"
	"slices"
	"time"

	"ipcbench/results"
	"ipcbench/transports"
)

// Floors measures what the harness itself costs: reading the clock, copying
// each of the sizes within a cache, and the null transport's round trip of
// each size. It takes some 50 ms a size.
func Floors(ctx context.Context, sizes []int) ([]results.Floor, error) {
	floors := []results.Floor{{Name: "clock", NS: float64(clockCost()), Doc: "reading the clock twice with nothing between, subtracted from every stamped time"}}
	for _, size := range sizes {
		floors = append(floors, results.Floor{Name: "copy", SizeBytes: size, NS: copyCost(size), Doc: "copying a message once, both buffers in cache"})
	}
	spec, err := transports.Parse("null")
	if err != nil {
		return nil, err
	}
	null := Plan{
		Specs: []transports.Spec{spec}, Workloads: []string{latency.Name}, Sizes: sizes, Placements: []string{"auto"},
		Launches: 1, Time: 20 * time.Millisecond, Warmup: Warmup{Messages: 100}, Verify: "header", Timeout: 10 * time.Second,
	}
	cells, err := null.Cells()
	if err != nil {
		return nil, err
	}
	_, err = null.Run(ctx, cells, func(l results.Launch) error {
		if l.Status != results.OK {
			return errors.New("null transport: " + l.Reason)
		}
		floors = append(floors, results.Floor{Name: "null", SizeBytes: l.SizeBytes, NS: l.Metrics[results.RTTMean], Doc: "a round trip that goes nowhere: make, copy in, copy out and check a message in one process"})
		return nil
	})
	slices.SortStableFunc(floors, func(a, b results.Floor) int { return a.SizeBytes - b.SizeBytes })
	return floors, err
}

// copyCost is the median time of copying size bytes once, in nanoseconds.
func copyCost(size int) float64 {
	const rounds = 51
	from, to := make([]byte, size), make([]byte, size)
	copies := max(1, 1<<20/size)
	var took []float64
	for range rounds {
		start := now()
		for range copies {
			copy(to, from)
		}
		took = append(took, float64(now()-start)/float64(copies))
	}
	slices.Sort(took)
	return took[rounds/2]
}

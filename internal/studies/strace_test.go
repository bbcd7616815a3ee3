package main

import (
	"fmt"
	"os"
	"testing"

	"ipcbench/results"
)

// TestSetUpIsJudgedByOrdersOfMagnitude, and by exact faults. What is not of the ring,
// or was interrupted in the trace, does not count.
func TestSetUpIsJudgedByOrdersOfMagnitude(t *testing.T) {
	size := 10 * os.Getpagesize()
	trace := fmt.Sprintf(`7 fallocate(14, 0, 0, %[1]d)      = 0 <0.000100>
8 mmap(NULL, %[1]d, PROT_READ|PROT_WRITE, MAP_SHARED, 4, 0) = 0x7f62beade000 <0.000010>
8 mmap(NULL, 1048576, PROT_READ|PROT_WRITE, MAP_SHARED, 4, 0) = 0x7f62beade000 <0.500000>
9 mmap(NULL, %[1]d, PROT_READ|PROT_WRITE, MAP_SHARED, 4, 0 <unfinished ...>
8 madvise(0x7f4859b3e000, %[1]d, MADV_POPULATE_WRITE) = 0 <0.000400>
8 madvise(0x7f4859b3e000, %[1]d, MADV_POPULATE_WRITE) = -1 EINVAL (Invalid argument) <0.900000>
`, size)
	for _, c := range []struct {
		extend, touch, faults float64
		missed                int
	}{
		{100e3, 400e3, 10, 0},
		{900e3, 41e3, 10, 0},
		{1100e3, 400e3, 10, 1},
		{100e3, 39e3, 10, 1},
		{100e3, 400e3, 11, 1},
	} {
		stages := tracedStages()
		launch := results.Launch{Metrics: map[string]float64{
			results.StageNS("extend"): c.extend, results.StageNS("map"): 20e3, results.StageNS("touch"): c.touch, "setup_touch_faults": c.faults,
		}}
		missed := read(stages, trace, []results.Launch{launch})
		if missed = append(missed, apart(stages)...); len(missed) != c.missed {
			t.Errorf("%+v: missed %q", c, missed)
		}
	}
}

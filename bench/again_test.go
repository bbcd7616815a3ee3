package bench

import (
	"testing"

	"ipcbench/results"
)

// Of a cell that is divided, neither kind may be left with too few launches for
// an interval; what is not divided has as many as were asked for.
func TestCellsWithFewLaunchesOfAKindAreLaunchedAgain(t *testing.T) {
	cell := func(transport string) results.Cell {
		return results.Cell{Transport: transport, Workload: "latency", SizeBytes: 64, Placement: "same-llc", ConsumerCPU: 1, Pairs: 1}
	}
	s := series{Plan: Plan{Launches: 10}}
	add := func(transport string, line, ns float64, launches int) {
		for range launches {
			vary := 1 + 0.01*float64(len(s.records)%5)
			s.records = append(s.records, results.Launch{
				Cell: cell(transport), Status: results.OK, CacheLineNS: []float64{line * vary, line * vary},
				Metrics: map[string]float64{results.RTTP50: ns * vary},
			})
		}
	}
	add("few-far", 50, 110, 7)
	add("few-far", 300, 570, 3)
	add("enough", 50, 110, 10)
	add("enough", 300, 570, 6)
	add("does-not-matter", 50, 5000, 7)
	add("does-not-matter", 300, 5000, 3)
	add("all-near", 50, 110, 10)
	few := s.tooFew()
	for _, transport := range []string{"few-far", "enough", "does-not-matter", "all-near"} {
		if few[cell(transport)] != (transport == "few-far") {
			t.Errorf("%s is launched again: %v", transport, few[cell(transport)])
		}
	}
}

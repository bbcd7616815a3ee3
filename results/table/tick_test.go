package table

import (
	"strings"
	"testing"

	"ipcbench/results"
	"ipcbench/results/resultstest"
	"ipcbench/results/summary"
)

// TestNoMarginIsFinerThanTheClock: where a tick is 4 % of a round trip, ten
// launches that agree do not tell it to 0 %. One of eleven ticks shows the means
// of batches.
func TestNoMarginIsFinerThanTheClock(t *testing.T) {
	var launches []results.Launch
	for transport, p50 := range map[string]float64{"mmap": 110, "pipe": 250} {
		of := resultstest.Of(resultstest.Cell(transport, "latency", 64, "same-llc"), results.RTTP50, p50, p50, p50, p50, p50, p50)
		for i := range of {
			of[i].Metrics[results.RTTBatchP50] = p50 + 2 + 0.3*float64(i)
			of[i].Workers = []results.Worker{{TickNS: 10, StampEvery: 20}}
		}
		launches = append(launches, of...)
	}
	var out strings.Builder
	if err := Write(&out, summary.Of(launches), Text(120)); err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{
		"p50  batches       ±", "110 ns   113 ns  0.57 %", "250 ns        —  <4.0 %",
		"Batches: where a round trip takes less than 20 ticks", "± with <: the launches are nearer to each other",
	} {
		if !strings.Contains(out.String(), words) {
			t.Errorf("the table does not say %q:\n%s", words, out.String())
		}
	}
}

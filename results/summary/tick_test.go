package summary

import (
	"math"
	"testing"

	"ipcbench/results"
	"ipcbench/results/resultstest"
)

// TestWhatIsShortForTheClockIsDecidedByBatches: sorted, narrowed down and looked
// through for modes.
func TestWhatIsShortForTheClockIsDecidedByBatches(t *testing.T) {
	launches := func(transport string, batches ...float64) []results.Launch {
		all := resultstest.Of(resultstest.Cell(transport, "latency", 64, "same-llc"), results.RTTBatchP50, batches...)
		for i := range all {
			all[i].Metrics[results.RTTP50] = 110
			all[i].Workers = []results.Worker{{TickNS: 10, StampEvery: 20}}
		}
		return all
	}
	slow, fast := launches("a", 114, 115, 116, 114, 115, 116), launches("b", 108, 109, 110, 108, 109, 110)
	sorted := InReadingOrder(Of(append(slow, fast...)))
	if s := sorted[0]; s.Transport != "b" || !s.IsFine() || s.Main().Name != results.RTTBatchP50 || !(s.Margin() > 0) || s.Margin() != Margin(fast) {
		t.Errorf("the first is %s, %s decides, and it is known to %v and %v", s.Transport, s.Main().Name, s.Margin(), Margin(fast))
	}
	p50, batch := sorted[0].Metrics[results.RTTP50], sorted[0].Metrics[results.RTTBatchP50]
	if !p50.IsBounded() || math.Abs(p50.Finest()-10.0/110) > 1e-9 || batch.IsBounded() || batch.Step != 0.5 {
		t.Errorf("p50 is known to %v, batches to %v", p50.Finest(), batch.Finest())
	}
	if modes := Of(launches("a", 110, 110.5, 111, 170, 171, 172))[0].Modes; len(modes) != 2 {
		t.Errorf("modes of batches, which p50 hides: %v", modes)
	}
}

package results_test

import (
	"encoding/json"
	"testing"

	"ipcbench/results"
	"ipcbench/results/resultstest"
)

// ticking are launches with these p50, and means of batches a little longer, by
// a clock of that tick.
func ticking(tick int64, p50s ...float64) []results.Launch {
	launches := resultstest.Of(resultstest.Cell("mmap", "latency", 64, "same-llc"), results.RTTP50, p50s...)
	for i := range launches {
		launches[i].Metrics[results.RTTBatchP50] = p50s[i] + 2.5
		launches[i].Workers = []results.Worker{{TickNS: tick, StampEvery: 20}, {TickNS: tick}}
	}
	return launches
}

func TestDeciding(t *testing.T) {
	without := ticking(10, 110, 110)
	delete(without[1].Metrics, results.RTTBatchP50)
	failed := append(ticking(10, 110), results.Launch{Status: results.Failed})
	for _, c := range []struct {
		what  string
		sides [][]results.Launch
		want  string
	}{
		{"short", [][]results.Launch{ticking(10, 110, 120)}, results.RTTBatchP50},
		{"short but for the one that failed", [][]results.Launch{failed}, results.RTTBatchP50},
		{"20 ticks", [][]results.Launch{ticking(10, 200)}, results.RTTP50},
		{"by a fine clock", [][]results.Launch{ticking(1, 110)}, results.RTTP50},
		{"of an older version", [][]results.Launch{ticking(0, 110)}, results.RTTP50},
		{"without batches", [][]results.Launch{without}, results.RTTP50},
		{"short on one side", [][]results.Launch{ticking(10, 210), ticking(10, 190)}, results.RTTBatchP50},
		{"old on one side", [][]results.Launch{ticking(0, 110), ticking(10, 110)}, results.RTTP50},
		{"none", nil, results.RTTP50},
	} {
		if got := results.Deciding("latency", c.sides...); got != c.want {
			t.Errorf("%s: %s decides", c.what, got)
		}
	}
	if got := results.Deciding("throughput", ticking(10, 110)); got != results.MsgsPerS {
		t.Errorf("%s decides on a stream", got)
	}
}

func TestStep(t *testing.T) {
	launch := ticking(10, 110)[0]
	for name, want := range map[string]float64{
		results.RTTP50: 10, results.RTTP999: 10, results.RTTMin: 10, results.OneWayP50: 10,
		results.RTTBatchP50: 0.5, results.RTTMean: 0, results.CPUPerMsg: 0, results.MsgsPerS: 0,
	} {
		if got := launch.Step(results.LookupMetric(name)); got != want {
			t.Errorf("%s moves in steps of %v instead of %v", name, got, want)
		}
	}
}

// TestOldClocksAreRead: the cost was a whole number and there was no tick.
func TestOldClocksAreRead(t *testing.T) {
	var w results.Worker
	if err := json.Unmarshal([]byte(`{"side":"producer","clock_ns":20}`), &w); err != nil || w.ClockNS != 20 || w.TickNS != 0 {
		t.Errorf("%+v, %v", w, err)
	}
}

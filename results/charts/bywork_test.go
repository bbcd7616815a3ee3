package charts

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ipcbench/results"
)

// works is a run of a synthetic plan with each of these amounts of work.
func works(t testing.TB, s synthetic, amounts ...time.Duration) []Chart {
	var launches []results.Launch
	for _, work := range amounts {
		for _, l := range s.all(t) {
			l.WorkNS = int64(work)
			if p50, has := l.Metrics[results.RTTP50]; has {
				l.Metrics[results.RTTP50] = p50 + float64(work)
			}
			if rate, has := l.Metrics[results.MsgsPerS]; has {
				l.Metrics[results.MsgsPerS] = 1e9 / max(1e9/rate, float64(work)+0.3e9/rate)
			}
			l.Histograms = nil
			launches = append(launches, l)
		}
	}
	return slices.DeleteFunc(chartsOf(s.run(), launches), func(c Chart) bool { return !strings.HasPrefix(c.Name, "work-") })
}

var (
	everyAmount = []time.Duration{0, time.Microsecond, 3 * time.Microsecond, 10 * time.Microsecond, 30 * time.Microsecond, 100 * time.Microsecond, time.Millisecond}
	worked      = synthetic{
		specs: []string{"mmap:wait=spin", "mmap:wait=futex", "pipe", "unix"}, sizes: []int{64}, placements: []string{"same-llc"},
		dirs: []string{"/tmp"}, launches: 6, messages: 500, seed: 4,
	}
)

func TestWorkHasAChartOfEachWorkload(t *testing.T) {
	all := works(t, worked, everyAmount...)
	if len(all) != 2 || all[0].Name != "work-latency-64B-same-llc" || all[1].Name != "work-throughput-64B-same-llc" {
		t.Fatalf("there are %d charts by work", len(all))
	}
	for _, c := range all {
		checkLayout(t, c)
		if last := c.Rows[len(c.Rows)-1]; len(c.Rows) != len(worked.specs)+1 || len(last) != 1+len(everyAmount) || last[0] != "worst ÷ best" {
			t.Errorf("%s: its table is %v", c.Name, c.Rows)
		}
		if !strings.Contains(c.Caption, "of work on, all are within 10 % of each other.") {
			t.Errorf("%s does not say where they meet: %s", c.Name, c.Caption)
		}
		checkGolden(t, c)
	}
	if few := works(t, worked, 0, time.Microsecond); !strings.Contains(few[0].Caption, "With 1\u00a0µs of work, the best is still") {
		t.Errorf("they do not meet: %s", few[0].Caption)
	}
	for _, c := range works(t, many, 0, time.Microsecond, time.Millisecond) {
		checkLayout(t, c)
	}
	if one := works(t, worked, time.Microsecond); len(one) > 0 {
		t.Errorf("one amount of work has %d charts", len(one))
	}
}

package bench

import (
	"slices"
	"testing"
	"time"

	"ipcbench/bench/workload"
	"ipcbench/results"
	"ipcbench/transports"
)

func TestFoundRatesGoFromLightToPastWhatIsCarried(t *testing.T) {
	for _, carries := range []float64{0.3, 17, 900, 1e3, 123_456, 1e6, 9.99e6, 5e7} {
		rates := ratesUpTo(carries)
		if !slices.IsSorted(rates) || len(rates) < 3 || len(rates) > 12 {
			t.Errorf("of %v: %v", carries, rates)
		}
		if last := rates[len(rates)-1]; last < carries*past || last > 2*carries*past {
			t.Errorf("of %v the last is %v", carries, last)
		}
		if carries > 100 && rates[0] > carries/9 {
			t.Errorf("of %v the first is %v", carries, rates[0])
		}
	}
	// Two runs of which one carries a little more have most in common.
	a, b := ratesUpTo(1e6), ratesUpTo(1.1e6)
	common := 0
	for _, rate := range a {
		if slices.Contains(b, rate) {
			common++
		}
	}
	if common < len(a)-1 {
		t.Errorf("%v and %v", a, b)
	}
}

func TestWhatACellIsPacedBy(t *testing.T) {
	one, two := results.Cell{Workload: "load", ProducerCPU: 1, ConsumerCPU: 1}, results.Cell{Workload: "load", ConsumerCPU: 1}
	for _, c := range []struct {
		cell         results.Cell
		asked, paced string
		skipped      bool
	}{
		{one, "", results.Sleeping, false}, {two, "", results.Spinning, false},
		{one, results.Spinning, results.Spinning, true}, {two, results.Sleeping, results.Sleeping, false},
	} {
		cell := Cell{Cell: c.cell}
		cell.Pacing = c.asked
		cell.settle()
		if cell.Pacing != c.paced || (cell.Skip != "") != c.skipped || cell.Arrivals != results.Constant {
			t.Errorf("on CPUs %v, %q asked: %q %q, skipped because %q", c.cell.CPUs(), c.asked, cell.Pacing, cell.Arrivals, cell.Skip)
		}
	}
	latency := Cell{Cell: results.Cell{Workload: "latency"}}
	if latency.settle(); latency.Pacing != "" || latency.Arrivals != "" || latency.RateOpen() {
		t.Errorf("ping-pong has a pacing %q, arrivals %q", latency.Pacing, latency.Arrivals)
	}
}

func TestAPlanRefusesWhatItsWorkloadsDoNotHave(t *testing.T) {
	spec, err := transports.Parse("null")
	if err != nil {
		t.Fatal(err)
	}
	plan := Plan{
		Specs: []transports.Spec{spec}, Workloads: []string{"load"}, Sizes: []int{64}, Placements: []string{results.Free},
		Launches: 1, Time: 50 * time.Millisecond, Warmup: workload.Warmup{Messages: 1},
	}
	for name, c := range map[string]struct {
		change func(*Plan)
		want   string
	}{
		"a rate in ping-pong": {func(p *Plan) { p.Workloads, p.Rates = []string{"latency"}, []float64{1e3} }, "--rate means nothing to latency: add -w load, or leave it out"},
		"too few":             {func(p *Plan) { p.Rates = []float64{100} }, "--rate 100: 5 messages in --time 50ms are too few, for a launch has at least 10: give it a longer --time"},
		"enough":              {func(p *Plan) { p.Rates = []float64{200} }, ""},
		"by number":           {func(p *Plan) { p.Rates, p.Time, p.Messages = []float64{1}, 0, 20 }, ""},
	} {
		p := plan
		c.change(&p)
		got := ""
		if err := p.complete().check(); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

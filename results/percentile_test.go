package results_test

import (
	"testing"

	"ipcbench/results"
	"ipcbench/results/resultstest"
)

// TestAPercentileIsAMetricByItsName: what is known of it follows from the name alone,
// and those of every run are among them.
func TestAPercentileIsAMetricByItsName(t *testing.T) {
	for text, want := range map[string]struct {
		name, words string
		q           float64
	}{
		"99.99":  {"rtt_p9999_ns", "round trip, p99.99", 0.9999},
		"99.999": {"rtt_p99999_ns", "round trip, p99.999", 0.99999},
		"5":      {"rtt_p05_ns", "round trip, p5", 0.05},
		"0.1":    {"rtt_p001_ns", "round trip, p0.1", 0.001},
		"99.9":   {results.RTTP999, "round trip, p99.9", 0.999},
		"50.0":   {results.RTTP50, "round trip, p50", 0.5},
	} {
		percent, err := results.ParsePercentile(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		of, known := results.PercentileOf(results.RoundTrips, percent)
		if m := results.LookupMetric(want.name); !known || of.Name != want.name || m.Words != want.words || m.Q != want.q ||
			m.Of != results.RoundTrips || m.Unit != results.Nanoseconds {
			t.Errorf("%s is %+v, and by its name %+v", text, of, m)
		}
	}
	for _, text := range []string{"", "0", "0.0", "100", "99.x", "1e1", "NaN", "-5", "+5", "0x9", "99.", ".9", "99,9", "99.99999999999"} {
		if percent, err := results.ParsePercentile(text); err == nil {
			t.Errorf("%q is %v", text, percent)
		}
	}
	for _, name := range []string{"rtt_p00_ns", "rtt_p9_ns", "rtt_pxx_ns", "other_p99_ns", "rtt_p99", "batch_rtt_p99_ns"} {
		if m := results.LookupMetric(name); m.Of != "" {
			t.Errorf("%s is taken for a percentile: %+v", name, m)
		}
	}
}

// TestAskedPercentilesAreOfTheHistogram where it has enough times, and nothing else.
func TestAskedPercentilesAreOfTheHistogram(t *testing.T) {
	h := resultstest.Histogram(make([]int64, 100)...)
	encoded, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	launches := []results.Launch{{Metrics: map[string]float64{}, Histograms: map[string]string{results.RoundTrips: encoded}}}
	asked := results.Percentiles([]float64{75, 99.99}, launches)
	if len(asked) != 2 {
		t.Fatalf("asked for %v", asked)
	}
	got := results.WithMetrics(launches, asked)[0].Metrics
	if _, has := got["rtt_p75_ns"]; !has || len(got) != 1 || len(launches[0].Metrics) != 0 {
		t.Errorf("of 100 times there is %v, and the record has %v", got, launches[0].Metrics)
	}
}

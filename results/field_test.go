package results_test

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"ipcbench/results"
	"ipcbench/results/export"
	"ipcbench/results/resultstest"
	"ipcbench/results/summary"
	"ipcbench/results/table"
)

// The tests of this file are named after faults that other benchmarks of
// interprocess communication had in their statistics, units or sums, and after
// where those were found: a project, and the number of its issue. Those that
// only processes can show are in package bench.

func tableOf(t *testing.T, launches []results.Launch) string {
	t.Helper()
	var out bytes.Buffer
	if err := table.Write(&out, summary.Of(launches), table.Text(120)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Quantiles of several workers were averaged.
func TestPercentilesAreMergedNeverAveraged_rustyComms19(t *testing.T) {
	fast, slow := resultstest.Histogram(resultstest.Repeat(100, 9000)...), resultstest.Histogram(resultstest.Repeat(2000, 1000)...)
	if err := fast.Merge(slow); err != nil {
		t.Fatal(err)
	}
	if p50, _ := fast.Quantile(0.5); p50 != 100 {
		t.Errorf("median of nine fast to one slow is %v, want 100 and not a mean of medians", p50)
	}
	if p99, _ := fast.Quantile(0.99); p99 != 2000 {
		t.Errorf("p99 of nine fast to one slow is %v, want 2000 and not a mean of p99s", p99)
	}
}

// Quantiles of 0 to 1 were asked of a library that takes percentages.
func TestQuantileIsAFractionNotAPercentage_rustyComms16(t *testing.T) {
	times := make([]int64, 2000)
	for i := range times {
		times[i] = int64(i + 1)
	}
	h := resultstest.Histogram(times...)
	if ns, ok := h.Quantile(0.99); !ok || ns < 1980 || ns > 1982 {
		t.Errorf("quantile 0.99 of 1..2000 is %v (%v), want 1980", ns, ok)
	}
	if ns, ok := h.Quantile(99); ok {
		t.Errorf("quantile 99 is told: %v", ns)
	}
}

// A p99.999 was printed of a single observation.
func TestNoPercentileFromOneObservation_sockperf106(t *testing.T) {
	for _, c := range []struct {
		n    int
		q    float64
		told bool
	}{
		{0, 0.5, false}, {1, 0.5, true}, {1, 0, true}, {15, 0.5, true},
		{99, 0.9, false}, {100, 0.9, true},
		{999, 0.99, false}, {1000, 0.99, true},
		{9999, 0.999, false}, {10_000, 0.999, true},
		{10_000, 1, false}, {10_000, 1.5, false}, {10_000, -0.1, false},
	} {
		if _, told := resultstest.Histogram(resultstest.Repeat(100, c.n)...).Quantile(c.q); told != c.told {
			t.Errorf("quantile %v of %d times told: %v, want %v", c.q, c.n, told, c.told)
		}
	}
}

// A long time crashed the histogram.
func TestTimesOutOfRangeAreLostNotClamped_sockperf164(t *testing.T) {
	h := resultstest.Histogram(append(resultstest.Repeat(100, 100), -1, results.HistogramMaxNS+1)...)
	if h.Count() != 100 || h.Lost() != 2 || h.Min() != 100 || h.Max() != 100 {
		t.Errorf("count %d, lost %d, from %d to %d; want 100, 2, from 100 to 100", h.Count(), h.Lost(), h.Min(), h.Max())
	}
	if _, ok := h.Quantile(0.5); ok {
		t.Error("a median is told of which two samples are missing")
	}
	if _, err := h.Encode(); err == nil || !strings.Contains(err.Error(), "2 of 102") {
		t.Errorf("encoding did not fail for the two lost of 102: %v", err)
	}
	merged := resultstest.Histogram(1)
	if err := merged.Merge(h); err != nil || merged.Lost() != 2 {
		t.Errorf("merging forgot the lost: %d (%v)", merged.Lost(), err)
	}
	if whole := resultstest.Histogram(0, results.HistogramMaxNS); whole.Lost() != 0 || whole.Count() != 2 {
		t.Error("the ends of the range are not in it")
	}
}

// Corrected recording invents the samples that a stall kept from being sent,
// and its result was called measured.
func TestNoSampleIsInvented_rustyCommsCoordinatedOmission(t *testing.T) {
	h := resultstest.Histogram(append(resultstest.Repeat(1000, 99), 10_000_000)...)
	if h.Count() != 100 {
		t.Errorf("100 times became %d", h.Count())
	}
	if p90, _ := h.Quantile(0.9); p90 != 1000 {
		t.Errorf("one stall of a hundred is in p90: %v", p90)
	}
}

// Times since 1970 were computed as doubles, which have a grain of 256 ns, so
// that the shortest round trip was 0.
func TestTimesHaveNoGrainOfDoubles_goldsborough(t *testing.T) {
	h := resultstest.Histogram(57, 58, 59)
	if h.Min() != 57 || h.Max() != 59 {
		t.Errorf("57 to 59 ns are %d to %d", h.Min(), h.Max())
	}
	const beyond = 1<<53 + 1 // the first integer that a double has not
	line, err := json.Marshal(results.Launch{Cell: resultstest.Cell("pipe", "latency", 64, "free"), Status: results.OK, ElapsedNS: beyond})
	if err != nil {
		t.Fatal(err)
	}
	if l, err := results.ReadLaunch(line, results.Schema); err != nil || l.ElapsedNS != beyond {
		t.Errorf("%d ns came back as %d, %v", int64(beyond), l.ElapsedNS, err)
	}
}

// A sum of bytes was an int of 32 bits.
func TestBytesGoOnBeyondTwoGiB_detailyang(t *testing.T) {
	l := resultstest.Throughput(resultstest.Cell("pipe", "throughput", 65536, "free"), 1, 1e6)
	l.Messages = 100_000
	l.Bytes = l.Messages * int64(l.SizeBytes)
	var out bytes.Buffer
	if err := export.WriteLaunchesCSV(&out, []results.Launch{l}); err != nil {
		t.Fatal(err)
	}
	if _, rows := resultstest.ReadCSV(t, out.String()); rows[0]["bytes"] != "6553600000" || rows[0]["bytes_per_s"] != "65536000000" {
		t.Errorf("100 000 messages of 64 KiB are %s bytes, %s a second", rows[0]["bytes"], rows[0]["bytes_per_s"])
	}
}

// What was called Mb/s were MB/s.
func TestMBIsAMillionBytes_rustyComms112(t *testing.T) {
	if got := results.FormatBytesPerS(125e6); got != "125 MB/s" {
		t.Errorf("125e6 bytes per second are %s", got)
	}
	l := resultstest.Throughput(resultstest.Cell("pipe", "throughput", 1000, "free"), 1, 125e3)
	if got := tableOf(t, []results.Launch{l}); !strings.Contains(got, "125 MB/s") || !strings.Contains(got, "1 MB is 1e6 bytes") {
		t.Errorf("the table has neither 125 MB/s nor what that is:\n%s", got)
	}
	var out bytes.Buffer
	if err := export.WriteBench(&out, resultstest.Run, []results.Launch{l}); err != nil || !strings.Contains(out.String(), " 125 MB/s") {
		t.Errorf("%v: no 125 MB/s in\n%s", err, out.String())
	}
}

// Nobody could tell which of the numbers was a rate of what.
func TestEveryMetricHasItsUnitInItsName_raspberrypi7308(t *testing.T) {
	for _, metric := range results.MetricNames() {
		isUnit := func(suffix string) bool { return strings.HasSuffix(metric, suffix) }
		counts := metric == results.Migrations || metric == results.PairFairness // of nothing, and a share
		if !counts && !slices.ContainsFunc([]string{"_ns", "_per_s", "_per_msg", "_faults", "_faults_per_page"}, isUnit) {
			t.Errorf("%s does not tell its unit", metric)
		}
	}
}

// A rate of messages was one of round trips, of which each is two messages.
func TestRoundTripsAreNotCalledMessages_goldsborough(t *testing.T) {
	launches := []results.Launch{resultstest.Latency(t, resultstest.Cell("pipe", "latency", 64, "free"), 1, resultstest.Repeat(5000, 1000))}
	if text := tableOf(t, launches); strings.Contains(text, "messages") || strings.Contains(text, "/s") {
		t.Errorf("a table of round trips has a rate of messages:\n%s", text)
	}
	var out bytes.Buffer
	if err := export.WriteBench(&out, resultstest.Run, launches); err != nil || !strings.Contains(out.String(), " 5000 ns/op") {
		t.Errorf("%v: no 5000 ns/op in\n%s", err, out.String())
	}
}

// More than three digits are noise.
func TestNumbersHaveThreeDigitsNotTen_seL4bench(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{results.FormatNS(0), "0 ns"}, {results.FormatNS(0.9512), "0.951 ns"}, {results.FormatNS(1), "1.00 ns"}, {results.FormatNS(29.54), "29.5 ns"},
		{results.FormatNS(118), "118 ns"}, {results.FormatNS(999.4), "999 ns"}, {results.FormatNS(999.6), "1.00 µs"}, {results.FormatNS(12_345), "12.3 µs"},
		{results.FormatNS(99_960), "100 µs"}, {results.FormatNS(1.5e6), "1.50 ms"}, {results.FormatNS(2e9), "2.00 s"}, {results.FormatNS(3.6e12), "3600 s"},
		{results.FormatNS(-12_345), "-12.3 µs"}, {results.FormatNS(math.NaN()), "—"}, {results.FormatNS(math.Inf(1)), "—"},
		{results.FormatRate(0), "0 /s"}, {results.FormatRate(950), "950 /s"}, {results.FormatRate(1_324_000), "1.32 M/s"}, {results.FormatRate(132_400), "132 k/s"},
		{results.FormatBytesPerS(512), "512 B/s"}, {results.FormatBytesPerS(1.25e9), "1.25 GB/s"}, {results.FormatBytesPerS(1e6), "1.00 MB/s"},
		{results.FormatCount(0), "0"}, {results.FormatCount(2), "2.00"}, {results.FormatCount(0.0123), "0.012"}, {results.FormatCount(0.00001), "<0.001"},
		{results.FormatCount(10), "10.0"}, {results.FormatCount(1_230_000), "1.23 M"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// Where the scheduler puts two unpinned ends decides on a factor of seven from
// one launch to the next, which no average shows: perf bench sched pipe, on two
// CPUs.
func TestTwoModesAreShownNotAveraged_perfBenchSchedPipe(t *testing.T) {
	s := summary.Of(resultstest.Of(resultstest.Cell("pipe", "latency", 4, "free"), results.RTTP50, 5.6e3, 46e3, 5.8e3, 42e3, 6.1e3, 5.7e3, 44e3, 43e3, 5.9e3, 6e3))[0]
	if got := s.ModesText(); got != "5.85 µs ×6, 43.5 µs ×4" {
		t.Errorf("the modes are %q", got)
	}
	if e := s.Metrics[results.RTTP50]; e.Median > 7e3 {
		t.Errorf("the mean of two modes is told: %v", e.Median)
	}
}

// A standard error over the samples of one process claims what another process
// does not keep: the launch is the replicate.
func TestSamplesWithinALaunchAreNoReplicates_coreToCoreLatency(t *testing.T) {
	cell := resultstest.Cell("pipe", "latency", 64, "free")
	margin := func(samples int) float64 {
		rng := rand.New(rand.NewPCG(1, 1))
		var launches []results.Launch
		for number := range 10 {
			launches = append(launches, resultstest.Latency(t, cell, number+1, resultstest.Repeat(5000+100*int64(rng.IntN(10)), samples)))
		}
		e := summary.Of(launches)[0].Metrics[results.RTTP50]
		if e.N != 10 {
			t.Errorf("%d samples a launch make %d replicates of 10", samples, e.N)
		}
		return e.Margin()
	}
	if few, many := margin(100), margin(10_000); few != many {
		t.Errorf("a hundred times the samples in a launch turn ± %v into ± %v", few, many)
	}
}

// A library's plain standard deviation is that of a population, which is too
// small for a few launches: plotutil.MeanAndConf95.
func TestSpreadIsOfASampleNotOfAPopulation_plotutil(t *testing.T) {
	e := summary.EstimateOf([]float64{10, 3, 7, 1, 9, 2, 8, 4, 6, 5})
	if math.Abs(e.CV-3.02765/5.5) > 1e-5 {
		t.Errorf("the coefficient of variation of 1..10 is %v, want that of a sample, 3.0277 / 5.5", e.CV)
	}
}

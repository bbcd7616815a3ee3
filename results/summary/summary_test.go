package summary

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"ipcbench/results"
	"ipcbench/results/resultstest"
)

func TestEstimateIsTheMedianOfLaunchesWithItsInterval(t *testing.T) {
	cell := resultstest.Cell("pipe", "latency", 64, "same-cpu")
	s := Of(resultstest.Of(cell, results.RTTP50, 10, 3, 7, 1, 9, 2, 8, 4, 6, 5))
	if len(s) != 1 {
		t.Fatalf("%d summaries of one cell", len(s))
	}
	// From the second to the ninth of ten launches it would be 97.9 % and from
	// the third to the eighth 89.1 %: for 95 % each end lies between.
	e := s[0].Metrics[results.RTTP50]
	if e.Median != 5.5 || math.Abs(e.Lo-2.658) > 0.001 || math.Abs(e.Hi-8.342) > 0.001 || e.N != 10 || e.Min != 1 || e.Max != 10 {
		t.Errorf("1..10 are summarized as %+v", e)
	}
	if math.Abs(e.Margin()-(e.Hi-5.5)/5.5) > 1e-9 {
		t.Errorf("margin %v, want the farther end's", e.Margin())
	}
}

func TestFewerThanSixLaunchesHaveNoInterval(t *testing.T) {
	cell := resultstest.Cell("pipe", "latency", 64, "same-cpu")
	for n, want := range map[int]bool{1: false, 5: false, 6: true} {
		e := Of(resultstest.Of(cell, results.RTTP50, []float64{1, 2, 3, 4, 5, 6}[:n]...))[0].Metrics[results.RTTP50]
		if e.HasInterval() != want {
			t.Errorf("%d launches have an interval: %v (%+v)", n, e.HasInterval(), e)
		}
		if !want && !math.IsNaN(e.Margin()) {
			t.Errorf("%d launches have a margin of %v", n, e.Margin())
		}
	}
}

// Two CPUs or one make a factor of ten, by which a kernel's benchmarks were once
// thought to have become slower (lmbench's bw_pipe, moved by a load balancer).
func TestPlacementsDirectoriesAndSizesAreNeverMixed_lmbench(t *testing.T) {
	base := resultstest.Cell("mmap", "latency", 64, "same-cpu")
	cells := []results.Cell{base}
	for _, change := range []func(*results.Cell){
		func(c *results.Cell) { c.Placement = "same-llc" },
		func(c *results.Cell) { c.ConsumerCPU = 3 },
		func(c *results.Cell) { c.Dir = "/dev/shm" },
		func(c *results.Cell) { c.Mount = "rw,noatime" },
		func(c *results.Cell) { c.SizeBytes = 4096 },
		func(c *results.Cell) { c.RatePerS = 1000 },
	} {
		cell := base
		change(&cell)
		cells = append(cells, cell)
	}
	var launches []results.Launch
	for number := range 2 {
		for _, cell := range cells {
			launches = append(launches, resultstest.OK(cell, number+1, results.RTTP50, 1))
		}
	}
	summaries := Of(launches)
	if len(summaries) != len(cells) {
		t.Fatalf("%d cells became %d summaries", len(cells), len(summaries))
	}
	for i, s := range summaries {
		if s.Cell != cells[i] || s.Launches != 2 {
			t.Errorf("summary %d is of %+v with %d launches, want %+v with 2", i, s.Cell, s.Launches, cells[i])
		}
	}
}

// Sends that were skipped were left out without a word.
func TestFailedAndSkippedLaunchesAreCountedAndNotMeasured_sockperf(t *testing.T) {
	cell := resultstest.Cell("pipe", "latency", 64, "same-cpu")
	launches := resultstest.Of(cell, results.RTTP50, 1, 2, 3)
	for i, status := range []results.Status{results.Failed, results.Skipped, results.Failed} {
		broken := resultstest.OK(cell, 4+i, results.RTTP50, 1e9)
		broken.Status, broken.Reason = status, fmt.Sprintf("reason %d", i+1)
		launches = append(launches, broken)
	}
	s := Of(launches)[0]
	if s.Launches != 3 || s.Failed != 2 || s.Skipped != 1 || s.Reason != "reason 1" {
		t.Errorf("%d ok, %d failed, %d skipped, %q", s.Launches, s.Failed, s.Skipped, s.Reason)
	}
	if s.Metrics[results.RTTP50].Max != 3 {
		t.Errorf("a failed launch's number was taken: %+v", s.Metrics[results.RTTP50])
	}
}

func TestWarningsAreToldOnce(t *testing.T) {
	launches := resultstest.Of(resultstest.Cell("pipe", "latency", 64, "free"), results.RTTP50, 1, 2, 3)
	migrated := func() results.Warning { return results.Told.With("text", "migrated") }
	launches[0].Warnings = []results.Warning{migrated()}
	launches[2].Warnings = []results.Warning{migrated(), results.Told.With("text", "preempted")}
	if s := Of(launches)[0]; !slices.Equal(words(t, s.Warnings), []string{"migrated", "preempted"}) {
		t.Errorf("warnings are %q", s.Warnings)
	}
}

// One launch is fast enough for a p99.9 of its own. Alone it would stand for all,
// and merged it would weigh ten times as much as each of the others.
func TestPercentilesAreOfAllLaunchesAlike(t *testing.T) {
	cell := resultstest.Cell("pipe", "latency", 64, "same-cpu")
	rng := rand.New(rand.NewPCG(1, 1))
	var alike []int64
	var launches []results.Launch
	for number, n := range []int{2000, 2000, 20_000, 2000, 2000, 2000} {
		times := resultstest.Around(rng, 1e4*float64(5-number%3), n)
		alike = append(alike, times[:2000]...)
		launches = append(launches, resultstest.Latency(t, cell, number+1, times))
	}
	s := Of(launches)[0]
	for name, q := range map[string]float64{results.RTTP50: 0.5, results.RTTP90: 0.9, results.RTTP99: 0.99, results.RTTP999: 0.999} {
		want, _ := resultstest.Histogram(alike...).Quantile(q)
		e := s.Metrics[name]
		if e.N != 6 || math.Abs(e.Median/want-1) > 0.1 {
			t.Errorf("%s is %v of %d launches, want %v: as if each had as many times", name, e.Median, e.N, want)
		}
		if shown := s.Distributions[results.RoundTrips].Quantile(q); shown != e.Median {
			t.Errorf("%s is %v, and %v in the distribution", name, e.Median, shown)
		}
	}
	if e := s.Metrics[results.RTTP50]; !e.HasInterval() || e.Lo > e.Median || e.Hi < e.Median {
		t.Errorf("the median is %v within %v to %v", e.Median, e.Lo, e.Hi)
	}
}

func TestPercentileThatNoOneCanTellIsAbsent(t *testing.T) {
	cell := resultstest.Cell("pipe", "latency", 64, "same-cpu")
	s := Of([]results.Launch{
		resultstest.Latency(t, cell, 1, resultstest.Repeat(100, 500)),
		resultstest.Latency(t, cell, 2, resultstest.Repeat(100, 400)),
	})[0]
	if e, has := s.Metrics[results.RTTP99]; has {
		t.Errorf("900 times give a p99 of %+v", e)
	}
}

func TestBrokenHistogramIsAWarning(t *testing.T) {
	cell := resultstest.Cell("pipe", "latency", 64, "same-cpu")
	launches := []results.Launch{resultstest.Latency(t, cell, 1, resultstest.Repeat(100, 50)), resultstest.Latency(t, cell, 2, resultstest.Repeat(100, 1000))}
	launches[1].Histograms[results.RoundTrips] = "HISTFAAA"
	s := Of(launches)[0]
	if said := words(t, s.Warnings); len(said) != 1 || !strings.Contains(said[0], "launch 2") {
		t.Errorf("warnings are %q, want one about launch 2", said)
	}
	if s.Distributions[results.RoundTrips].Count != 50 || s.Launches != 2 {
		t.Errorf("%d times of %d launches, want 50 of 2", s.Distributions[results.RoundTrips].Count, s.Launches)
	}
	if e, has := s.Metrics[results.RTTP99]; has {
		t.Errorf("the one launch of two that has a p99 stands for both: %+v", e)
	}
}

func TestReadingOrderIsNotThatOfMeasuring(t *testing.T) {
	var launches []results.Launch
	for _, c := range []struct {
		workload, placement string
		size                int
		value               float64
	}{
		{"throughput", "same-cpu", 64, 1}, {"throughput", "same-cpu", 64, 2},
		{"latency", "0-1", 64, 1}, {"latency", "free", 64, 1}, {"latency", "same-llc", 64, 1},
		{"latency", "same-cpu", 4096, 1}, {"latency", "same-cpu", 64, 2}, {"latency", "same-cpu", 64, 1},
	} {
		metric := map[string]string{"latency": results.RTTP50, "throughput": results.MsgsPerS}[c.workload]
		transport := fmt.Sprint("t", c.value)
		launches = append(launches, resultstest.OK(resultstest.Cell(transport, c.workload, c.size, c.placement), 1, metric, c.value))
	}
	broken := launches[7]
	broken.Transport, broken.Status, broken.Metrics = "broken", results.Failed, nil
	launches = append([]results.Launch{broken}, launches...)

	var order []string
	for _, s := range InReadingOrder(Of(launches)) {
		order = append(order, fmt.Sprintf("%s %s %d %s", s.Workload, s.Placement, s.SizeBytes, s.Transport))
	}
	want := []string{
		"latency same-cpu 64 t1", "latency same-cpu 64 t2", "latency same-cpu 64 broken", "latency same-cpu 4096 t1",
		"latency same-llc 64 t1", "latency 0-1 64 t1", "latency free 64 t1",
		"throughput same-cpu 64 t2", "throughput same-cpu 64 t1",
	}
	if !slices.Equal(order, want) {
		t.Errorf("order is\n%s\nwant\n%s", strings.Join(order, "\n"), strings.Join(want, "\n"))
	}
}

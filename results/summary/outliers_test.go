package summary

import (
	"math/rand/v2"
	"slices"
	"testing"

	"ipcbench/results"
	"ipcbench/results/resultstest"
)

// withOutlier is a cell of ten launches of 50 ms that took about 5 µs, on one
// CPU, where the ends wait for each other; but for the seventh.
func withOutlier(ns float64, jitter *results.Jitter) []results.Launch {
	launches := resultstest.Of(resultstest.Cell("pipe", "latency", 64, "same-cpu"), results.RTTP50, 5000, 5100, 4900, 5050, 5020, 4950, ns, 5000, 5080, 4990)
	for i := range launches {
		launches[i].ElapsedNS = 50e6
		launches[i].Jitter = &results.Jitter{WaitNS: waitOf(25e6), WorstNS: 100e3, StealNS: 0, ProbeCPU: new(int)}
	}
	launches[6].Jitter = jitter
	return launches
}

func TestOutlierIsAttributed(t *testing.T) {
	for want, launches := range map[string][]results.Launch{
		"launch 7 is an outlier of 4.09 times the median: meanwhile the hypervisor took 8.00 ms from its CPUs": withOutlier(20500, &results.Jitter{StealNS: 8e6, WaitNS: waitOf(26e6), WorstNS: 3e6, ProbeCPU: new(int)}),
		"launch 7 is an outlier of 4.09 times the median: its ends waited 90.0 ms for a CPU":                   withOutlier(20500, &results.Jitter{StealNS: 8e6, WaitNS: waitOf(90e6)}),
		"launch 7 is an outlier of 4.09 times the median: meanwhile a CPU that was free stalled for 9.00 ms":   withOutlier(20500, &results.Jitter{WaitNS: waitOf(25e6), WorstNS: 9e6, ProbeCPU: new(int)}),
		"a launch is an outlier to the slow side, which nothing that was watched explains":                     withOutlier(20500, &results.Jitter{WaitNS: waitOf(26e6), WorstNS: 200e3, ProbeCPU: new(int)}),
		"a launch is an outlier to the fast side":                                                              withOutlier(2500, &results.Jitter{StealNS: 8e6}),
	} {
		s := Of(launches)[0]
		if !slices.Equal(words(t, s.Warnings), []string{want}) {
			t.Errorf("warnings are %q, want %q", s.Warnings, want)
		}
		if e := s.Metrics[results.RTTP50]; e.N != 10 || e.Max != max(5100, launches[6].Metrics[results.RTTP50]) {
			t.Errorf("the outlier was taken out: %+v", e)
		}
	}
}

func TestSlowStreamIsAnOutlierToo(t *testing.T) {
	launches := resultstest.Of(resultstest.Cell("pipe", "throughput", 64, "same-cpu"), results.MsgsPerS, 10, 10.1, 9.9, 10, 2, 10.2, 9.8)
	want := []string{"a launch is an outlier to the slow side, which nothing that was watched explains"}
	if s := Of(launches)[0]; !slices.Equal(words(t, s.Warnings), want) {
		t.Errorf("warnings are %q, want %q", s.Warnings, want)
	}
}

func TestLaunchesOfAModeAreNoOutliers(t *testing.T) {
	launches := resultstest.Of(resultstest.Cell("pipe", "latency", 64, "free"), results.RTTP50, 5.1e3, 35e3, 5e3, 5.2e3, 36e3, 5.1e3, 5.3e3, 5e3, 38e3, 5.1e3)
	want := []string{"launches fall into modes, 5.10 µs ×7, 36.0 µs ×3: each has a line of its own, and nothing that was watched tells why: pin the ends with --placement"}
	s := Of(launches)[0]
	if !slices.Equal(words(t, s.Warnings), want) || len(s.Modes) != 2 {
		t.Errorf("modes %v, warnings %q, want %q", s.Modes, s.Warnings, want)
	}
}

// TestModesThatCacheLinesTellApart: what was watched tells why there are modes, if that of
// no launch is as in another mode.
func TestModesThatCacheLinesTellApart(t *testing.T) {
	launches := resultstest.Of(resultstest.Cell("mmap", "latency", 64, "0-1"), results.RTTP50, 168, 170, 626, 167, 165, 630, 169)
	for i := range launches {
		launches[i].CacheLineNS = []float64{74, 239}
		if i == 2 || i == 5 {
			launches[i].CacheLineNS = []float64{484, 529}
		}
	}
	told := []string{"launches fall into modes, 168 ns ×5, 628 ns ×2: each has a line of its own, and a cache line between the two CPUs took 74.0 ns to 239 ns, 484 ns to 529 ns"}
	if s := Of(launches)[0]; !slices.Equal(words(t, s.Warnings), told) {
		t.Errorf("warnings are %q, want %q", words(t, s.Warnings), told)
	}
	launches[5].CacheLineNS = []float64{230, 529}
	untold := []string{"launches fall into modes, 168 ns ×5, 628 ns ×2: each has a line of its own, and nothing that was watched tells why"}
	if s := Of(launches)[0]; !slices.Equal(words(t, s.Warnings), untold) {
		t.Errorf("warnings are %q, want %q", words(t, s.Warnings), untold)
	}
}

func TestScatterHasFewOutliers(t *testing.T) {
	for name, draw := range map[string]func(*rand.Rand) float64{"log-normal 0.05": lognormal(0.05), "log-normal 0.3": lognormal(0.3), "uniform": uniform(1, 2)} {
		rng := rand.New(rand.NewPCG(1, 9))
		outliers, launches := 0, 0
		for range 2000 {
			values := draws(rng, 10, draw)
			is := outlierOf(values)
			for _, value := range values {
				launches++
				if is(value) {
					outliers++
				}
			}
		}
		share := float64(outliers) / float64(launches)
		t.Logf("%s: %.2f %%", name, 100*share)
		if share > 0.01 {
			t.Errorf("%s: %.1f %% of the launches are outliers", name, 100*share)
		}
	}
}

func waitOf(n int64) *int64 { return &n }

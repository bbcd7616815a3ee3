package bench_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ipcbench/bench"
	"ipcbench/internal/host"
	"ipcbench/results"
	"ipcbench/transports"
)

// sound are the specs that the measuring loops are tried with: each path an
// endpoint has.
var sound = []string{"mmap:wait=yield", "mmap:wait=futex", "mmap:wait=futex,api=inplace", "mmap:api=burst,ring=index,wait=futex", "pipe", "unix:type=seqpacket", "file:wait=inotify", "null"}

// TestRecordIsWhole measures every workload over every path and looks for
// numbers that contradict each other.
func TestRecordIsWhole(t *testing.T) {
	p := smallPlan(t, sound...)
	p.Workloads, p.Sizes, p.Messages, p.Launches = []string{"latency", "throughput"}, []int{1, 64, 5000}, 3000, 1
	launches := measure(t, p)
	if want := len(sound) * 2 * 3; len(launches) != want {
		t.Errorf("%d records instead of %d", len(launches), want)
	}
	for _, l := range launches {
		if l.Status != results.OK {
			t.Errorf("%s %s of %d bytes: %s", l.Transport, l.Workload, l.SizeBytes, l.Reason)
			continue
		}
		if l.Messages != p.Messages || l.Bytes != l.Messages*int64(l.SizeBytes) || l.Verified < l.Messages || l.ElapsedNS <= 0 {
			t.Errorf("%s %s: %d messages, %d bytes, %d verified, %d ns", l.Transport, l.Workload, l.Messages, l.Bytes, l.Verified, l.ElapsedNS)
		}
		if l.Workload == "latency" {
			checkRoundTrips(t, l)
		} else if m := l.Metrics; m[results.MsgsPerS] != float64(l.Messages)/(float64(l.ElapsedNS)/1e9) || m[results.BytesPerS] != m[results.MsgsPerS]*float64(l.SizeBytes) {
			t.Errorf("%s: %v messages/s, %v bytes/s of %d", l.Transport, m[results.MsgsPerS], m[results.BytesPerS], l.SizeBytes)
		}
		for _, w := range l.Workers {
			if w.Exit != "exit status 0" || w.StampEvery == 0 && w.Side == "producer" {
				t.Errorf("%s: %+v", l.Transport, w)
			}
		}
	}
}

func checkRoundTrips(t *testing.T, l results.Launch) {
	t.Helper()
	m := l.Metrics
	rising := []float64{m[results.RTTMin], m[results.RTTP50]}
	if p90, has := m[results.RTTP90]; has {
		rising = append(rising, p90)
	}
	rising = append(rising, m[results.RTTMax])
	if !slices.IsSorted(rising) || l.Transport != "null" && rising[0] <= 0 {
		t.Errorf("%s: minimum, median, p90 if told, and maximum are %v", l.Transport, rising)
	}
	if _, has := m[results.RTTP999]; has && l.Messages < 10_000 {
		t.Errorf("%s: p99.9 is told of %d messages: fewer than 10 lie beyond", l.Transport, l.Messages)
	}
	hist, err := results.DecodeHistogram(l.Histograms[results.RoundTrips])
	if err != nil {
		t.Errorf("%s: %v", l.Transport, err)
	} else if every := l.Workers[0].StampEvery; hist.Count() < l.Messages/every {
		t.Errorf("%s: %d round trips are stamped, one in %d of %d", l.Transport, hist.Count(), every, l.Messages)
	}
}

// TestNothingIsAllocatedWhileTiming reads runtime.MemStats in the workers. The
// runtime makes a handful of allocations of its own where it starts a thread.
func TestNothingIsAllocatedWhileTiming(t *testing.T) {
	p := smallPlan(t, sound...)
	p.Workloads, p.Launches, p.Messages = []string{"latency", "throughput"}, 1, 20_000
	for _, l := range measure(t, p) {
		if l.Status != results.OK {
			t.Errorf("%s: %s", l.Transport, l.Reason)
		}
		for _, w := range l.Workers {
			if w.Mallocs > 32 || w.GCs > 0 {
				t.Errorf("%s %s: the %s made %d allocations and %d collections in %d messages", l.Transport, l.Workload, w.Side, w.Mallocs, w.GCs, l.Messages)
			}
		}
	}
}

// TestPlacementIsVerified pins to both ends of the list of CPUs.
func TestPlacementIsVerified(t *testing.T) {
	cpus, err := host.Affinity()
	if err != nil {
		t.Fatal(err)
	}
	p := smallPlan(t, "pipe", "pipe:wait=go")
	p.Placements = []string{"same-cpu"}
	if len(cpus) > 1 {
		p.Placements = append(p.Placements, "1-0")
	}
	for _, l := range measure(t, p) {
		if l.Status != results.OK {
			t.Errorf("%s at %s: %s", l.Transport, l.Placement, l.Reason)
			continue
		}
		if l.Workers[0].CPU != l.ProducerCPU || l.Workers[1].CPU != l.ConsumerCPU || !l.Workers[0].Pinned || !l.Workers[1].Pinned {
			t.Errorf("%s was to run on %d and %d: %+v", l.Transport, l.ProducerCPU, l.ConsumerCPU, l.Workers)
		}
	}
}

// TestALaunchOnTwoCPUsHasTheirCacheLine where its ends look for each other. It has
// others that have none, and one that fails.
func TestALaunchOnTwoCPUsHasTheirCacheLine(t *testing.T) {
	cpus, err := host.Affinity()
	if err != nil {
		t.Fatal(err)
	}
	p := smallPlan(t, "pipe", "mmap:wait=yield", "null", "killed")
	p.Placements, p.Launches = []string{"same-cpu", "free"}, 1
	if len(cpus) > 1 {
		p.Placements = append(p.Placements, fmt.Sprintf("%d-%d", cpus[1], cpus[0]))
	}
	for _, l := range measure(t, p) {
		want := 0
		if l.Status == results.OK && len(l.CPUs()) == 2 && l.Way().Looks() {
			want = 2
		}
		if len(l.CacheLineNS) != want || want > 0 && slices.Min(l.CacheLineNS) < 1 {
			t.Errorf("%s at %s (%s): the cache line took %v ns, to be taken %d times", l.Transport, l.Placement, l.Status, l.CacheLineNS, want)
		}
	}
}

// TestLaunchesAreShuffled looks at the order of two cells' launches, and that
// a seed gives it again.
func TestLaunchesAreShuffled(t *testing.T) {
	p := smallPlan(t, "pipe", "unix")
	p.Launches, p.Messages, p.Seed = 5, 10, 42 // so few that none is made again
	order := func() (names []string) {
		for _, l := range measure(t, p) {
			names = append(names, l.Transport)
		}
		return names
	}
	first := order()
	if slices.IsSorted(first) {
		t.Errorf("one cell after the other: %v", first)
	}
	if again := order(); !slices.Equal(first, again) {
		t.Errorf("one seed gave %v and %v", first, again)
	}
}

// TestWrongPlans are refused before anything runs.
func TestWrongPlans(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*bench.Plan)
		want  string
	}{
		"no size":           {func(p *bench.Plan) { p.Sizes = nil }, "no message size"},
		"size 0":            {func(p *bench.Plan) { p.Sizes = []int{0} }, "at least 1 byte"},
		"unknown workload":  {func(p *bench.Plan) { p.Workloads = []string{"speed"} }, `"speed"`},
		"unknown placement": {func(p *bench.Plan) { p.Placements = []string{"near"} }, `"near"`},
		"no such CPU":       {func(p *bench.Plan) { p.Placements = []string{"0-4095"} }, "4095"},
		"no launch":         {func(p *bench.Plan) { p.Launches = 0 }, "at least 1"},
		"no time":           {func(p *bench.Plan) { p.Messages = 0 }, "time"},
		"no time to run":    {func(p *bench.Plan) { p.Time, p.Timeout = time.Second, time.Second }, "--timeout"},
		"wrong verify":      {func(p *bench.Plan) { p.Verify = "some" }, "header or full"},
		"missing directory": {func(p *bench.Plan) { p.Dirs = []string{"/nonexistent"} }, "/nonexistent"},
		"no directory":      {func(p *bench.Plan) { p.Dirs = nil }, "directory"},
	} {
		t.Run(name, func(t *testing.T) {
			p := smallPlan(t, "mmap")
			c.spoil(&p)
			if _, err := p.Cells(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v and does not say %q", err, c.want)
			}
		})
	}
}

// TestTooLargeIsSkippedWithItsReason asks for a message that no transport here
// takes, beside one that it does.
func TestTooLargeIsSkippedWithItsReason(t *testing.T) {
	spec, err := transports.Parse("pipe")
	if err != nil {
		t.Fatal(err)
	}
	p := smallPlan(t, "pipe")
	p.Sizes = []int{64, spec.MaxSize() + 1}
	for _, l := range measure(t, p) {
		if tooLarge := l.SizeBytes > spec.MaxSize(); tooLarge != (l.Status == results.Skipped) || tooLarge != strings.Contains(l.Reason, "at most") {
			t.Errorf("%d bytes: %s %q", l.SizeBytes, l.Status, l.Reason)
		}
	}
}

// TestFewMessages measures as few as there can be, as go test -bench does
// first.
func TestFewMessages(t *testing.T) {
	p := smallPlan(t, sound...)
	p.Workloads, p.Launches = []string{"latency", "throughput"}, 1
	for _, few := range []int64{1, 2, 10} {
		p.Messages = few
		for _, l := range measure(t, p) {
			if l.Status != results.OK || l.Messages != few || l.Waiting > few || l.Workload == "latency" && l.Waiting > 0 {
				t.Errorf("%s %s: %d messages of %d, %d waiting: %s", l.Transport, l.Workload, l.Messages, few, l.Waiting, l.Reason)
			}
		}
	}
}

// TestShortLaunchesUseCPU measures for less than a tick of the timer, by which
// getrusage counts, so that it often said none. Both workers share a CPU, so
// together they cannot have used more than the whole launch took.
func TestShortLaunchesUseCPU(t *testing.T) {
	p := smallPlan(t, "mmap:wait=yield")
	p.Messages, p.Time, p.Launches, p.Placements = 0, 2*time.Millisecond, 1, []string{"same-cpu"}
	for range 10 {
		began := time.Now()
		launches := measure(t, p)
		took := time.Since(began)
		for _, l := range launches {
			var used int64
			for _, w := range l.Workers {
				if w.CPUNS <= 0 {
					t.Errorf("the %s used %d ns of CPU", w.Side, w.CPUNS)
				}
				used += w.CPUNS
			}
			if used > int64(took) {
				t.Errorf("both workers used %d ns of one CPU in %v", used, took)
			}
		}
	}
}

// TestTimeIsKept measures for a time instead of a number of messages.
func TestTimeIsKept(t *testing.T) {
	p := smallPlan(t, "pipe")
	p.Messages, p.Time, p.Launches = 0, 20*time.Millisecond, 1
	for _, l := range measure(t, p) {
		if l.Status != results.OK || l.ElapsedNS < int64(p.Time) {
			t.Errorf("%s: measured for %d ns (%s)", l.Transport, l.ElapsedNS, l.Reason)
		}
	}
}

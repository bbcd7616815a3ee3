package report_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"ipcbench/results"
	"ipcbench/results/charts"
	"ipcbench/results/compare"
	"ipcbench/results/report"
	"ipcbench/results/summary"
)

// A large run is one of every transport with every option in several sizes and
// places.
const largeCells = 2000

// An extent is how large its records are.
type extent struct {
	launches int
	times    int // stamped, of a launch of round trips
}

// whole is as a run is by default.
var whole = extent{launches: 10, times: 3000}

// BenchmarkReportOfALargeRun reads a run of 2,000 cells and makes all that
// follows from it.
func BenchmarkReportOfALargeRun(b *testing.B) {
	dir := largeRun(b, b.TempDir(), 1, whole)
	for b.Loop() {
		run, launches, _, err := results.Open(dir)
		if err == nil {
			err = report.Remake(dir, summary.Analyze(run, launches, nil))
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	reportUsage(b)
}

// BenchmarkCompareOfTenLargeRuns compares five such runs with five.
func BenchmarkCompareOfTenLargeRuns(b *testing.B) {
	parent := b.TempDir()
	var dirs []string
	for seed := range 10 {
		dirs = append(dirs, largeRun(b, parent, uint64(seed), whole))
	}
	for b.Loop() {
		var runs []compare.Run
		for _, dir := range dirs {
			run, launches, _, err := results.Open(dir)
			if err != nil {
				b.Fatal(err)
			}
			runs = append(runs, compare.Of(run, launches))
		}
		c, err := compare.Runs(runs[:5], runs[5:], compare.Options{})
		if err == nil {
			err = compare.WriteText(io.Discard, c.Primary(), 80, func(_ compare.Verdict, words string) string { return words })
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	reportUsage(b)
}

// TestThePageOfALargeRunIsSmall: it can be sent, and opens at once.
func TestThePageOfALargeRunIsSmall(t *testing.T) {
	run, launches, _, err := results.Open(largeRun(t, t.TempDir(), 1, extent{launches: 3, times: 300}))
	if err != nil {
		t.Fatal(err)
	}
	analysis := summary.Analyze(run, launches, nil)
	var page bytes.Buffer
	if err := report.Write(&page, analysis, charts.All(analysis)); err != nil {
		t.Fatal(err)
	}
	if page.Len() > 3e6 {
		t.Errorf("it has %d bytes", page.Len())
	}
	if rows := strings.Count(page.String(), "<tr"); rows < largeCells {
		t.Errorf("%d rows are of %d cells", rows, largeCells)
	}
	if !strings.Contains(page.String(), "<svg") || !strings.Contains(page.String(), `<a href="charts/`) {
		t.Error("it neither has charts nor says where they are")
	}
}

// reportUsage tells what the benchmark took of the machine, the making of its
// runs included.
func reportUsage(b *testing.B) {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(used.Maxrss)/1e3, "peak-MB")
}

// largeRun makes a run directory: half of its cells are round trips.
func largeRun(b testing.TB, parent string, seed uint64, of extent) string {
	b.Helper()
	random := rand.New(rand.NewPCG(seed, seed))
	plan := results.Plan{Workloads: []string{"latency", "throughput"}, Sizes: []int{8, 64, 1024, 4096, 65536}, Placements: []string{"same-cpu", "same-llc"}, Launches: of.launches}
	transports := largeCells / (len(plan.Workloads) * len(plan.Sizes) * len(plan.Placements))
	for i := range transports {
		plan.Specs = append(plan.Specs, fmt.Sprintf("transport%d", i))
	}
	// It has ended already: nobody appends to it what CreateDirectory could watch.
	run := results.Run{Plan: plan, Host: map[string]string{"cpu": "an example"}, Started: time.Now(), Status: results.RunDone}
	dir, err := results.CreateDirectory(parent, run)
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(parent, dir.Name())
	lines, err := os.OpenFile(filepath.Join(path, "launches.jsonl"), os.O_WRONLY|os.O_APPEND, 0) // not by Append, which syncs each
	if err != nil {
		b.Fatal(err)
	}
	defer lines.Close()
	buffered := bufio.NewWriter(lines)
	encoder := json.NewEncoder(buffered)
	order := 0
	for n := range of.launches {
		for i, spec := range plan.Specs {
			for _, workload := range plan.Workloads {
				for _, size := range plan.Sizes {
					for _, placement := range plan.Placements {
						order++
						l := results.Launch{
							Cell: results.Cell{
								Transport: spec, Family: spec, Group: fmt.Sprintf("Group %d", i%8), Kind: "stream", Waits: "sleep",
								Workload: workload, SizeBytes: size, Placement: placement, ConsumerCPU: 1, Pairs: 1,
							},
							Launch: n + 1, Order: order, Started: run.Started, Status: results.OK, Messages: 1000, Bytes: 1000 * int64(size), ElapsedNS: 1e7, Verified: 1000,
						}
						measureLarge(b, &l, float64(1000+10*i+size/100), random, of.times)
						if err := encoder.Encode(l); err != nil {
							b.Fatal(err)
						}
					}
				}
			}
		}
	}
	if err := buffered.Flush(); err != nil {
		b.Fatal(err)
	}
	return path
}

func measureLarge(b testing.TB, l *results.Launch, ns float64, random *rand.Rand, count int) {
	b.Helper()
	ns *= math.Exp(0.03 * random.NormFloat64())
	l.Metrics = map[string]float64{results.CPUPerMsg: ns, results.CtxswPer: 2, results.FaultsPer: 0, results.Migrations: 0}
	if l.Workload == "throughput" {
		l.Metrics[results.MsgsPerS] = 1e9 / ns
		l.Metrics[results.BytesPerS] = 1e9 / ns * float64(l.SizeBytes)
		return
	}
	h := results.NewHistogram()
	times := make([]int64, count)
	for i := range times {
		times[i] = int64(ns * math.Exp(0.2*math.Abs(random.NormFloat64())))
		h.Record(times[i])
	}
	slices.Sort(times)
	encoded, err := h.Encode()
	if err != nil {
		b.Fatal(err)
	}
	l.Histograms = map[string]string{results.RoundTrips: encoded}
	l.Metrics[results.RTTMin], l.Metrics[results.RTTMean], l.Metrics[results.RTTMax] = float64(times[0]), ns, float64(times[count-1])
	for metric, q := range map[string]float64{results.RTTP50: 0.5, results.RTTP90: 0.9, results.RTTP99: 0.99} {
		l.Metrics[metric] = float64(times[int(q*float64(count))])
	}
}

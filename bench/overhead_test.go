//go:build !cgo

// The C library that cgo links in registers restartable sequences (rseq(2)),
// which makes each context switch dearer, by some 5 % of a pipe's round trip:
// ipcbench is built without it, and so is what is held against C.

package bench_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"ipcbench/bench"
	"ipcbench/results"
	"ipcbench/transports"
)

// What the harness is held to: a round trip takes at most 1.10 times as long
// as in C, and a stream reaches at least 0.90 times its rate.
const (
	mostLatency = 1.10
	leastRate   = 0.90
)

// overheadCases are held against testdata/overhead.c with the mechanism mech.
var overheadCases = []struct {
	spec, mech, workload string
	size                 int
	placement            string
}{
	{"pipe", "pipe", "latency", 64, "same-cpu"},
	{"unix", "unix", "latency", 64, "same-cpu"},
	{"mmap:wait=spin", "mmap-spin", "latency", 64, "0-1"},
	{"pipe", "pipe", "throughput", 4096, "same-cpu"},
	{"unix", "unix", "throughput", 4096, "same-cpu"},
	{"pipe", "pipe", "throughput", 4096, "0-1"},
	{"unix", "unix", "throughput", 4096, "0-1"},
}

const (
	overheadRounds = 11
	overheadTime   = 100 * time.Millisecond
)

// TestOverhead compares this harness with a tight C loop of the same system
// calls on the same CPUs. In every round each case is measured once by each,
// in turning order, so that what drifts falls on all.
func TestOverhead(t *testing.T) {
	if os.Getenv("IPCBENCH_OVERHEAD") == "" {
		t.Skip("takes half a minute and a C compiler: run make overhead")
	}
	program := compileOverhead(t)
	figures := make([]overheadFigures, len(overheadCases))
	for round := range overheadRounds {
		for i, c := range overheadCases {
			cell, f := overheadCell(t, i), &figures[i]
			measure := []func(){
				func() { f.ours = append(f.ours, runCell(t, cell)) },
				func() { f.c = append(f.c, runOverhead(t, program, c.mech, cell)) },
			}
			for turn := range measure {
				measure[(round+turn)%len(measure)]()
			}
		}
	}
	t.Log("\n" + overheadTable(t, figures))
}

// overheadFigures are one case's, a figure a round.
type overheadFigures struct {
	ours, c []float64
}

func compileOverhead(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "overhead")
	gcc := exec.Command("gcc", "-O2", "-Wall", "-o", program, "testdata/overhead.c")
	if out, err := gcc.CombinedOutput(); err != nil {
		t.Fatalf("compile testdata/overhead.c: %v: is gcc installed?\n%s", err, out)
	}
	return program
}

// overheadCell returns the cell of case i, and skips the test where this
// machine has no such placement.
func overheadCell(t *testing.T, i int) bench.Cell {
	t.Helper()
	c := overheadCases[i]
	spec, err := transports.Parse(c.spec)
	if err != nil {
		t.Fatal(err)
	}
	cells, err := overheadPlan(spec, c.workload, c.size, c.placement).Cells()
	if err != nil {
		t.Fatal(err)
	}
	if cells[0].Skip != "" {
		t.Skipf("%s: %s", c.spec, cells[0].Skip)
	}
	return cells[0]
}

func overheadPlan(spec transports.Spec, workload string, size int, placement string) bench.Plan {
	return bench.Plan{
		Specs: []transports.Spec{spec}, Workloads: []string{workload}, Sizes: []int{size},
		Placements: []string{placement}, Dirs: []string{os.TempDir()},
		Launches: 1, Time: overheadTime, Warmup: bench.Warmup{Messages: 2000},
		Verify: "header", Timeout: 20 * time.Second, Seed: 1,
	}
}

// runCell measures the cell once and returns its median round trip, in ns, or
// its messages per second.
func runCell(t *testing.T, cell bench.Cell) float64 {
	t.Helper()
	plan := overheadPlan(cell.Spec, cell.Workload, cell.SizeBytes, cell.Placement)
	launches, err := plan.Run(t.Context(), []bench.Cell{cell}, func(results.Launch) error { return nil })
	if err != nil || len(launches) != 1 || launches[0].Status != results.OK {
		t.Fatalf("%s: %v %+v", cell.Transport, err, launches)
	}
	return launches[0].Metrics[overheadMetric(cell.Workload)]
}

func overheadMetric(workload string) string {
	if workload == "latency" {
		return results.RTTP50
	}
	return results.MsgsPerS
}

// runOverhead returns the same of the C program.
func runOverhead(t *testing.T, program, mech string, cell bench.Cell) float64 {
	t.Helper()
	c := exec.Command(program, mech, cell.Workload, strconv.Itoa(cell.SizeBytes),
		strconv.Itoa(cell.ProducerCPU), strconv.Itoa(cell.ConsumerCPU), strconv.Itoa(int(overheadTime.Milliseconds())))
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	fields := strings.Fields(string(out)) // the first figure is the one to compare
	if err != nil || len(fields) < 2 {
		t.Fatalf("%v: %v: %q %s", c.Args, err, out, stderr.String())
	}
	figure, err := strconv.ParseFloat(fields[1], 64)
	if err != nil {
		t.Fatalf("%v: %q: %v", c.Args, out, err)
	}
	return figure
}

// overheadTable compares medians, and fails the test for each case beyond what
// it is held to.
func overheadTable(t *testing.T, figures []overheadFigures) string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "transport\tworkload\tsize\tplacement\tunit\tC\tipcbench\tto C\tlimit\tverdict\t")
	for i, c := range overheadCases {
		f := figures[i]
		ratio, limit, verdict := medianRatio(f.ours, f.c), fmt.Sprintf("≤ %.2f", mostLatency), "ok"
		missed := ratio > mostLatency
		if c.workload != "latency" {
			limit, missed = fmt.Sprintf("≥ %.2f", leastRate), ratio < leastRate
		}
		if missed {
			verdict = "missed"
			t.Errorf("%s %s: %.3f × C, to be %s", c.spec, c.workload, ratio, limit)
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%.0f\t%.0f\t%.3f\t%s\t%s\t\n",
			c.spec, c.workload, c.size, c.placement, overheadMetric(c.workload),
			median(f.c), median(f.ours), ratio, limit, verdict)
	}
	w.Flush()
	return fmt.Sprintf("medians of %d interleaved launches of %v each, and of their ratios:\n%s", overheadRounds, overheadTime, text.String())
}

// medianRatio is the median of the rounds' ratios: two figures of one round were
// measured within a second, and the machine may have changed since the last.
func medianRatio(a, b []float64) float64 {
	ratios := make([]float64, len(a))
	for round := range a {
		ratios[round] = a[round] / b[round]
	}
	return median(ratios)
}

// median returns the middle one of an odd number of values.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

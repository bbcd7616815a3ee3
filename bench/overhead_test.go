//go:build !cgo

// The C library that cgo links in registers restartable sequences (rseq(2)),
// which makes each context switch dearer, by some 5 % of a pipe's round trip:
// ipcbench is built without it, and so is what is held against C.

package bench_test

import (
	"bytes"
	"context"
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

// An overheadCase is held against testdata/overhead.c with the mechanism mech.
type overheadCase struct {
	spec, mech, workload string
	size                 int
	placement            string
}

func (c overheadCase) String() string {
	return fmt.Sprintf("%s %s %d %s", c.spec, c.workload, c.size, c.placement)
}

// Every transport that is a system call at heart has its round trip here, on
// one CPU, because that of two is mostly the sleep of a processor. A stream is
// held against C where the C program has the same buffers.
var overheadCases = []overheadCase{
	{"pipe", "pipe", "latency", 64, "same-cpu"},
	{"pipe:wait=poll", "pipe-poll", "latency", 64, "same-cpu"},
	{"pipe:wait=epoll", "pipe-epoll", "latency", 64, "same-cpu"},
	{"fifo", "fifo", "latency", 64, "same-cpu"},
	{"vmsplice", "vmsplice", "latency", 64, "same-cpu"},
	{"unix", "unix", "latency", 64, "same-cpu"},
	{"unix:wait=poll", "unix-poll", "latency", 64, "same-cpu"},
	{"unix:type=seqpacket", "unix-seqpacket", "latency", 64, "same-cpu"},
	{"unix:type=dgram", "unix-dgram", "latency", 64, "same-cpu"},
	{"tcp", "tcp", "latency", 64, "same-cpu"},
	{"udp", "udp", "latency", 64, "same-cpu"},
	{"sockmap", "sockmap", "latency", 64, "same-cpu"},
	{"mq", "mq", "latency", 64, "same-cpu"},
	{"sysvmsg", "sysvmsg", "latency", 64, "same-cpu"},
	{"eventfd", "eventfd", "latency", 8, "same-cpu"},
	{"signal", "signal", "latency", 8, "same-cpu"},
	{"futex", "futex", "latency", 8, "same-cpu"},
	{"cma", "cma", "latency", 64, "same-cpu"},
	{"memfdpass", "memfdpass", "latency", 64, "same-cpu"},
	{"uring:over=pipe", "uring-pipe", "latency", 64, "same-cpu"},
	{"uring:over=unix", "uring-unix", "latency", 64, "same-cpu"},
	{"msgring", "msgring", "latency", 8, "same-cpu"},
	{"mmap:wait=futex", "mmap-futex", "latency", 64, "same-cpu"},
	{"mmap:wait=eventfd", "mmap-eventfd", "latency", 64, "same-cpu"},
	{"mmap:wait=spin", "mmap-spin", "latency", 64, "0-1"},
	{"file", "file-poll", "latency", 64, "0-1"},
	{"log", "log-poll", "latency", 64, "0-1"},
	{"pipe", "pipe", "throughput", 4096, "same-cpu"},
	{"unix", "unix", "throughput", 4096, "same-cpu"},
	{"pipe", "pipe", "throughput", 4096, "0-1"},
	{"unix", "unix", "throughput", 4096, "0-1"},
	{"mmap:wait=spin", "mmap-spin", "throughput", 64, "0-1"},
	{"mmap:wait=spin", "mmap-spin", "throughput", 64 << 10, "0-1"},
}

const (
	overheadRounds = 11
	overheadTime   = 100 * time.Millisecond
	overheadLimit  = 20 * time.Second // for one program that hangs
)

// TestOverhead compares this harness with a tight C loop of the same system
// calls on the same CPUs. In every round each case is measured once by each,
// in turning order, so that what drifts falls on all. IPCBENCH_OVERHEAD is "all"
// or the mechanisms to compare, with commas between.
func TestOverhead(t *testing.T) {
	chosen := os.Getenv("IPCBENCH_OVERHEAD")
	if chosen == "" {
		t.Skip("takes two minutes and a C compiler: run make overhead")
	}
	trials := overheadTrials(t, chosen)
	program := compileC(t, "overhead")
	for round := range overheadRounds {
		for _, trial := range trials {
			measure := []func() error{
				func() error { return trial.ours.add(runCell(t, trial.cell)) },
				func() error { return trial.c.add(runOverhead(t, program, trial.mech, trial.cell)) },
			}
			for turn := range measure {
				if trial.missing == "" && trial.failed == nil {
					trial.failed = measure[(round+turn)%len(measure)]()
				}
			}
		}
	}
	t.Log("\n" + overheadTable(t, trials))
}

// figures are one program's of one case, a figure a round.
type figures []float64

func (f *figures) add(figure float64, err error) error {
	*f = append(*f, figure)
	return err
}

// An overheadTrial is what became of a case.
type overheadTrial struct {
	overheadCase
	cell    bench.Cell
	missing string // why this machine, or this version, cannot run it
	failed  error  // what ended it
	ours, c figures
}

// overheadTrials returns the chosen cases, with their cells.
func overheadTrials(t *testing.T, chosen string) []*overheadTrial {
	t.Helper()
	known := map[string]bool{"all": true}
	mechs := strings.Split(chosen, ",")
	var trials []*overheadTrial
	for _, c := range overheadCases {
		known[c.mech] = true
		if !slices.Contains(mechs, "all") && !slices.Contains(mechs, c.mech) {
			continue
		}
		trial := &overheadTrial{overheadCase: c}
		trial.cell, trial.missing = overheadCell(t, c)
		trials = append(trials, trial)
	}
	for _, mech := range mechs {
		if !known[mech] {
			t.Fatalf("IPCBENCH_OVERHEAD: no case has the mechanism %q", mech)
		}
	}
	return trials
}

// overheadCell returns the cell of a case, or why there is none.
func overheadCell(t *testing.T, c overheadCase) (cell bench.Cell, missing string) {
	t.Helper()
	spec, err := transports.Parse(c.spec)
	if err != nil {
		return bench.Cell{}, err.Error()
	}
	cells, err := overheadPlan(spec, c.workload, c.size, c.placement).Cells()
	if err != nil {
		t.Fatal(err)
	}
	return cells[0], cells[0].Skip + cells[0].Fail
}

// compileC returns the program of testdata/NAME.c, compiled with the options.
func compileC(t *testing.T, name string, options ...string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), name)
	gcc := exec.Command("gcc", append([]string{"-O2", "-Wall", "-Wextra", "-o", program, "testdata/" + name + ".c"}, options...)...)
	if out, err := gcc.CombinedOutput(); err != nil {
		t.Fatalf("compile testdata/%s.c: %v: is gcc installed?\n%s", name, err, out)
	}
	return program
}

func overheadPlan(spec transports.Spec, workload string, size int, placement string) bench.Plan {
	return bench.Plan{
		Specs: []transports.Spec{spec}, Workloads: []string{workload}, Sizes: []int{size},
		Placements: []string{placement}, Dirs: []string{os.TempDir()},
		Launches: 1, Time: overheadTime, Warmup: bench.Warmup{Messages: 2000},
		Verify: "header", Timeout: overheadLimit, Seed: 1,
	}
}

// runCell measures the cell once and returns its median round trip, in ns, or
// its messages per second.
func runCell(t *testing.T, cell bench.Cell) (float64, error) {
	t.Helper()
	plan := overheadPlan(cell.Spec, cell.Workload, cell.SizeBytes, cell.Placement)
	launches, err := plan.Run(t.Context(), []bench.Cell{cell}, func(results.Launch) error { return nil })
	switch {
	case err != nil:
		return 0, err
	case launches[0].Status != results.OK:
		return 0, fmt.Errorf("%s: %s: %s", cell.Transport, launches[0].Status, launches[0].Reason)
	}
	return launches[0].Metrics[overheadMetric(cell.Workload)], nil
}

func overheadMetric(workload string) string {
	if workload == "latency" {
		return results.RTTP50
	}
	return results.MsgsPerS
}

// runOverhead returns the same of the C program.
func runOverhead(t *testing.T, program, mech string, cell bench.Cell) (float64, error) {
	t.Helper()
	return runC(t, program, mech, cell.Workload, strconv.Itoa(cell.SizeBytes),
		strconv.Itoa(cell.ProducerCPU), strconv.Itoa(cell.ConsumerCPU), strconv.Itoa(int(overheadTime.Milliseconds())))
}

// runC returns the first figure that a C program prints, which is the one to
// compare.
func runC(t *testing.T, program string, args ...string) (float64, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), overheadLimit)
	defer cancel()
	c := exec.CommandContext(ctx, program, args...)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	fields := strings.Fields(string(out))
	if err != nil || len(fields) < 2 {
		return 0, fmt.Errorf("in C: %v: %v: %q %s", args, err, out, strings.TrimSpace(stderr.String()))
	}
	return strconv.ParseFloat(fields[1], 64)
}

// overheadTable compares medians, and fails the test for each case beyond what
// it is held to.
func overheadTable(t *testing.T, trials []*overheadTrial) string {
	t.Helper()
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "transport\tworkload\tsize\tplacement\tunit\tC\tipcbench\tto C\tlimit\tverdict")
	for _, trial := range trials {
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\n", trial.spec, trial.workload, trial.size, trial.placement,
			overheadMetric(trial.workload), trial.compare(t))
	}
	w.Flush()
	return fmt.Sprintf("medians of %d interleaved launches of %v each, and of their ratios:\n%s", overheadRounds, overheadTime, text.String())
}

// compare returns the figures of a trial and its verdict.
func (o *overheadTrial) compare(t *testing.T) string {
	t.Helper()
	switch {
	case o.missing != "":
		return "-\t-\t-\t-\tskipped: " + o.missing
	case o.failed != nil:
		t.Errorf("%v: %v", o, o.failed)
		return "-\t-\t-\t-\tfailed: " + o.failed.Error()
	}
	ratio, limit, verdict := medianRatio(o.ours, o.c), fmt.Sprintf("≤ %.2f", mostLatency), "ok"
	missed := ratio > mostLatency
	if o.workload != "latency" {
		limit, missed = fmt.Sprintf("≥ %.2f", leastRate), ratio < leastRate
	}
	if missed {
		verdict = "missed"
		t.Errorf("%v: %.3f × C, to be %s", o, ratio, limit)
	}
	return fmt.Sprintf("%.0f\t%.0f\t%.3f\t%s\t%s", median(o.c), median(o.ours), ratio, limit, verdict)
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

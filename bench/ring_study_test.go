//go:build !cgo

package bench_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"ipcbench/bench"
	"ipcbench/transports"
)

// A ringVariant is the ring of testdata/ring.c with one thing changed.
type ringVariant struct {
	change  string
	options []string
}

// The first is the ring of internal/shm.
var ringVariants = []ringVariant{
	{"none: the layout of internal/shm", nil},
	{"slots begin at a line: 2 lines a 64-byte message, not 1⅛", []string{"-DALIGN=64"}},
	{"mark in a line of its own", []string{"-DMARK_APART=1"}},
	{"mark in front of the message", []string{"-DMARK_FIRST=1"}},
	{"full fence at each message (XCHG)", []string{"-DFENCE=1"}},
	{"no marks, a shared index at each message", []string{"-DMARKS=0"}},
	{"no marks, a shared index every 4", []string{"-DMARKS=0", "-DBATCH=4"}},
	{"no marks, a shared index every 16", []string{"-DMARKS=0", "-DBATCH=16"}},
	{"taken published at each message", []string{"-DPARTS=0"}},
	{"taken published every half ring", []string{"-DPARTS=2"}},
	{"taken published every 16th of a ring", []string{"-DPARTS=16"}},
	{"no PAUSE", []string{"-DPAUSES=0"}},
	{"4 PAUSEs after a look", []string{"-DPAUSES=4"}},
	{"reader backs off for 8 PAUSEs more", []string{"-DBACK_OFF=8"}},
	{"reader backs off for 32 PAUSEs more", []string{"-DBACK_OFF=32"}},
	{"reader prefetches 1 ahead", []string{"-DREAD_AHEAD=1"}},
	{"reader prefetches 4 ahead", []string{"-DREAD_AHEAD=4"}},
	{"writer prefetches 4 ahead", []string{"-DWRITE_AHEAD=4"}},
	{"writer copies past its caches", []string{"-DNON_TEMPORAL=1"}},
	{"in place: only the ends are written and read", []string{"-DIN_PLACE=1"}},
	{"ring of 64 KiB", []string{"-DCAPACITY=(1<<16)"}},
	{"ring of 256 KiB", []string{"-DCAPACITY=(1<<18)"}},
	{"ring of 4 MiB", []string{"-DCAPACITY=(1<<22)"}},
	{"slots at a line, reader backs off for 8", []string{"-DALIGN=64", "-DBACK_OFF=8"}},
	{"copy floor, window of 256 KiB", []string{"-DCOPY_FLOOR=1", "-DCAPACITY=(1<<18)"}},
	{"copy floor, window of 1 MiB", []string{"-DCOPY_FLOOR=1"}},
	{"copy floor, window of 4 MiB", []string{"-DCOPY_FLOOR=1", "-DCAPACITY=(1<<22)"}},
}

// ringSpecs are streamed by this harness in the same rounds.
var ringSpecs = []string{"mmap:wait=spin", "mmap:api=inplace,wait=spin"}

var ringSizes = []int{64, 4096, 64 << 10}

// TestRingStudy streams messages between two CPUs through the ring as it is, in
// C, and with one thing changed at a time, next to this harness: what limits the
// rate? In every round each is measured once, in turning order.
func TestRingStudy(t *testing.T) {
	if os.Getenv("IPCBENCH_RING") == "" {
		t.Skip("takes three minutes and a C compiler: run make ring")
	}
	var programs []string
	for _, v := range ringVariants {
		programs = append(programs, compileC(t, "ring", v.options...))
	}
	for _, size := range ringSizes {
		t.Log("\n" + ringTable(t, programs, size))
	}
}

// ringTable measures all at one size.
func ringTable(t *testing.T, programs []string, size int) string {
	t.Helper()
	var cells []bench.Cell
	for _, text := range ringSpecs {
		spec, err := transports.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		of, err := overheadPlan(spec, "throughput", size, "0-1").Cells()
		if err != nil {
			t.Fatal(err)
		}
		if of[0].Skip+of[0].Fail != "" {
			t.Skipf("%s: %s", text, of[0].Skip+of[0].Fail)
		}
		cells = append(cells, of[0])
	}
	rates := make([]figures, len(programs)+len(cells))
	waits := make([]figures, len(programs))
	for round := range overheadRounds {
		for turn := range rates {
			i := (round + turn) % len(rates)
			var err error
			if i < len(programs) {
				var waited float64
				var rate float64
				rate, waited, err = runRing(t, programs[i], cells[0])
				rates[i], waits[i] = append(rates[i], rate), append(waits[i], waited)
			} else {
				err = rates[i].add(runCell(t, cells[i-len(programs)]))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return ringText(size, rates, waits)
}

// runRing returns the messages per second of a variant and in how many of a
// hundred its reader had to wait.
func runRing(t *testing.T, program string, cell bench.Cell) (rate, waits float64, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), overheadLimit)
	defer cancel()
	c := exec.CommandContext(ctx, program, strconv.Itoa(cell.SizeBytes),
		strconv.Itoa(cell.ProducerCPU), strconv.Itoa(cell.ConsumerCPU), strconv.Itoa(int(overheadTime/time.Millisecond)))
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err == nil {
		_, err = fmt.Sscanf(string(out), "msgs_per_s %g\nwaits_percent %g", &rate, &waits)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("%v: %w: %q %s", c.Args, err, out, stderr.String())
	}
	return rate, waits, nil
}

// ringText compares the medians with the first variant's and with the best copy
// floor's.
func ringText(size int, rates, waits []figures) string {
	floor := ringFloor(rates)
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "changed\tM msgs/s\tGB/s\tleast to most\tto the first\tto the floor\treader waited")
	for i, f := range rates {
		what, waited := "", "-"
		if i < len(waits) {
			what, waited = ringVariants[i].change, fmt.Sprintf("%.1f %%", median(waits[i]))
		} else {
			what = "ipcbench " + ringSpecs[i-len(waits)]
		}
		fmt.Fprintf(w, "%s\t%.3f\t%.2f\t%s\t%.3f\t%.3f\t%s\n", what, median(f)/1e6, median(f)*float64(size)/1e9,
			spread(f), medianRatio(f, rates[0]), medianRatio(f, rates[floor]), waited)
	}
	w.Flush()
	return fmt.Sprintf("%d-byte messages: medians of %d interleaved launches of %v each, and of their ratios:\n%s", size, overheadRounds, overheadTime, text.String())
}

func spread(f figures) string {
	sorted := slices.Sorted(slices.Values(f))
	return fmt.Sprintf("%.3f-%.3f", sorted[0]/1e6, sorted[len(sorted)-1]/1e6)
}

// ringFloor returns the place of the fastest copy floor.
func ringFloor(rates []figures) int {
	best := -1
	for i, v := range ringVariants {
		isFloor := slices.Contains(v.options, "-DCOPY_FLOOR=1")
		if isFloor && (best < 0 || median(rates[i]) > median(rates[best])) {
			best = i
		}
	}
	return best
}

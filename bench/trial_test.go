package bench_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"ipcbench/bench"
	"ipcbench/results"
	"ipcbench/transports/transporttest"
)

// TestWhatATrialDoesToItsProcessIsAReason: whatever happens while a link is made on
// trial, the driver lives, says why, and runs the others. What the host does to it
// is why the cell cannot run here; what the transport does is its failure.
func TestWhatATrialDoesToItsProcessIsAReason(t *testing.T) {
	for fault, c := range map[string]struct {
		skips bool
		want  string
	}{
		"panicsonprobe":  {false, "Probe panicked: out of luck"},
		"crashesonprobe": {false, "the process that tried it has died: exit status 2: panic: out of luck"},
		"hangsonprobe":   {true, "it was tried, and had not ended within 300ms, when it was asleep in read"},
		"hangsontrial":   {true, "it was tried, and had not ended within 300ms"},
		"sigsysonprobe":  {true, "the process that tried it was killed by SIGSYS: a sandbox (seccomp) forbids io_uring_setup"},
	} {
		t.Run(fault, func(t *testing.T) {
			p := smallPlan(t, "pipe", fault, "unix")
			p.Timeout, p.Sizes = 300*time.Millisecond, []int{64, 128, 256, 512}
			cells, err := p.Cells(t.Context())
			if err != nil || len(cells) != 12 {
				t.Fatalf("%d cells of 12: %v", len(cells), err)
			}
			for _, cell := range cells {
				got, other := cell.Skip, cell.Fail
				if !c.skips {
					got, other = other, got
				}
				if bad := cell.Transport == fault; !bad && !cell.Runnable() || bad && (!strings.Contains(got, c.want) || other != "") {
					t.Errorf("%s: cannot run here: %q, went wrong: %q", cell.Transport, cell.Skip, cell.Fail)
				}
			}
			if left := children(os.Getpid()); len(left) > 0 {
				t.Errorf("processes %v are left", left)
			}
		})
	}
}

// TestPlanningEndsWithItsContext while something is tried that never ends.
func TestPlanningEndsWithItsContext(t *testing.T) {
	p := smallPlan(t, "hangsonprobe")
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		transporttest.Within(20*time.Second, func() bool { return len(children(os.Getpid())) > 0 })
		cancel()
	}()
	if cells, err := p.Cells(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%d cells and %v", len(cells), err)
	}
	if left := children(os.Getpid()); len(left) > 0 {
		t.Errorf("processes %v are left", left)
	}
}

// TestWhatRanOnTrialAndThenCannotHasFailed, and is not skipped: a run of nothing
// else has no result.
func TestWhatRanOnTrialAndThenCannotHasFailed(t *testing.T) {
	p := smallPlan(t, "forbiddenlater")
	cells, err := p.Cells(t.Context())
	if err != nil || !cells[0].Runnable() {
		t.Fatalf("on trial it can run: %v, %+v", err, cells)
	}
	run, err := bench.NewRun(p, cells, bench.Options{Parent: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	analysis, err := run.Carry(t.Context())
	if err == nil {
		t.Error("a run without any result went well")
	}
	for _, l := range analysis.Launches {
		if l.Status != results.Failed || !strings.Contains(l.Reason, "not implemented") {
			t.Errorf("launch %d is %s: %s", l.Launch, l.Status, l.Reason)
		}
	}
}

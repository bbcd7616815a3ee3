package bench_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ipcbench/bench"
	"ipcbench/internal/host"
	"ipcbench/internal/peer"
	"ipcbench/results"
	"ipcbench/results/summary"
	"ipcbench/transports"
)

// Two runs at once made each other's results worthless, without a word.
func TestASecondRunOnTheSameCPUsIsToldBeforeItMeasures(t *testing.T) {
	newRun := func() (*bench.Run, bool) {
		p := smallPlan(t, "pipe")
		p.Launches, p.Placements = 1, []string{"same-cpu"}
		cells, err := p.Cells(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		run, err := bench.NewRun(p, cells, bench.Options{Parent: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		notAlone := func(w results.Warning) bool {
			return w.ID == results.NotAlone.ID && w.Text("pid") == fmt.Sprint(os.Getpid())
		}
		return run, slices.ContainsFunc(run.Warnings(), notAlone)
	}
	first, warned := newRun()
	if warned {
		t.Error("the first is warned")
	}
	second, warned := newRun()
	if !warned {
		t.Errorf("the second is not: %v", second.Warnings())
	}
	for _, run := range []*bench.Run{first, second} {
		analysis, err := run.Carry(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		joined := func(w results.Warning) bool {
			return w.ID == results.Joined.ID && w.Text("pid") == fmt.Sprint(os.Getpid())
		}
		if told := slices.ContainsFunc(analysis.Warnings, joined); told != (run == first) {
			t.Errorf("that another has begun, the first is told and no other: %v", analysis.Warnings)
		}
	}
	if third, warned := newRun(); warned {
		t.Errorf("both are over, and a third is warned: %v", third.Warnings())
	} else if _, err := third.Carry(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// burnRole is a process that does nothing but keep its CPU busy. No claim tells of it:
// where it may, it is in a network namespace of its own, as in another container.
const burnRole = "burn"

func burn(c *peer.Control) error {
	runtime.LockOSThread()
	elsewhere := unix.Unshare(unix.CLONE_NEWNET) == nil
	if elsewhere {
		host.ClaimName = testClaims(os.Getppid())
		host.ClaimCPUs([]int{0, 1})
	}
	if err := c.Tell(elsewhere); err != nil {
		return err
	}
	stayBusy()
	return nil
}

func stayBusy() {
	for !time.Now().IsZero() {
	}
}

// TestAPairThatSharesItsCPUIsFoundOut has another process on it that never sleeps:
// of one CPU, each of the ends has a third or less.
func TestAPairThatSharesItsCPUIsFoundOut(t *testing.T) {
	cpus, err := host.Affinity()
	if err != nil {
		t.Fatal(err)
	}
	other, err := peer.Start(transports.Producer, nil, peer.Options{Role: burnRole, CPU: cpus[0], Env: []string{"GOMAXPROCS=1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		other.Kill()
		other.Wait(context.Background())
	}()
	var elsewhere bool
	if err := other.Hear(&elsewhere); err != nil {
		t.Fatal(err)
	}
	here := host.ClaimCPUs([]int{0, 1})
	defer here.Release()
	if elsewhere && len(here.Others) > 0 {
		t.Errorf("a claim of another network namespace is seen here: %v: say so in host.Claim", here.Others)
	}
	p := smallPlan(t, "pipe", "mmap:wait=futex")
	p.Messages, p.Time, p.Launches, p.Placements = 0, 60*time.Millisecond, 3, []string{fmt.Sprintf("%d-%d", cpus[0], cpus[0])}
	for _, l := range measure(t, p) {
		if l.Status != results.OK || !summary.Contended(l) {
			t.Errorf("%s: %s %s: not found out: of %d ns, %+v", l.Transport, l.Status, l.Reason, l.ElapsedNS, l.Workers)
		}
	}
}

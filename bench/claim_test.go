package bench_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

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
		if _, err := run.Carry(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if third, warned := newRun(); warned {
		t.Errorf("both are over, and a third is warned: %v", third.Warnings())
	} else if _, err := third.Carry(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// burnRole is a process that does nothing but keep its CPU busy.
const burnRole = "burn"

func burn(*peer.Control) error {
	for !time.Now().IsZero() {
	}
	return nil
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
	p := smallPlan(t, "pipe", "mmap:wait=futex")
	p.Messages, p.Time, p.Launches, p.Placements = 0, 60*time.Millisecond, 3, []string{fmt.Sprintf("%d-%d", cpus[0], cpus[0])}
	for _, l := range measure(t, p) {
		if l.Status != results.OK || !summary.Contended(l) {
			t.Errorf("%s: %s %s: not found out: of %d ns, %+v", l.Transport, l.Status, l.Reason, l.ElapsedNS, l.Workers)
		}
	}
}

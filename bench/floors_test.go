package bench_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"ipcbench/bench"
	"ipcbench/internal/host"
	"ipcbench/results"
)

// floorsOf returns the plan's floors, none of them taken.
func floorsOf(t *testing.T, p bench.Plan) *bench.Floors {
	t.Helper()
	cells, err := p.Cells(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p.Floors(cells)
}

// TestFloorsLieInTheOrderThatTheyMust takes each twice.
func TestFloorsLieInTheOrderThatTheyMust(t *testing.T) {
	p := smallPlan(t, "pipe")
	p.Sizes, p.Placements = []int{64, 65536}, []string{"auto"}
	floors := floorsOf(t, p)
	before := time.Now()
	for range 2 {
		if err := floors.Take(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	ns := map[string]float64{}
	for _, f := range floors.Record() {
		ns[f.Name+results.FormatSize(f.SizeBytes)] = f.NS
		if len(f.Samples) != 2 || f.Samples[0].At.Before(before) || !f.Samples[1].At.After(f.Samples[0].At) || f.Doc == "" {
			t.Errorf("%+v was taken twice after %v", f, before)
		}
		if mean := (f.Samples[0].NS + f.Samples[1].NS) / 2; f.NS != mean {
			t.Errorf("%s: %v is not the median of two samples, %v", f.Name, f.NS, mean)
		}
	}
	if ns["clock0 B"] <= 0 || ns["copy64 KiB"] <= ns["copy64 B"] || ns["null64 KiB"] <= ns["null64 B"] {
		t.Errorf("%v", ns)
	}
}

// TestCacheLineIsTakenOfTheCellsCPUs has cells that share pairs of CPUs, and
// some that have none.
func TestCacheLineIsTakenOfTheCellsCPUs(t *testing.T) {
	cpus, err := host.Affinity()
	if err != nil {
		t.Fatal(err)
	}
	if len(cpus) < 2 {
		t.Skip("there is one CPU, and no other to hand a cache line to")
	}
	cell := func(a, b int) bench.Cell {
		return bench.Cell{Cell: results.Cell{ProducerCPU: a, ConsumerCPU: b}}
	}
	skipped := cell(cpus[0], cpus[1])
	skipped.Skip = "cannot run"
	for _, c := range []struct {
		cells []bench.Cell
		want  int
	}{
		{[]bench.Cell{cell(-1, -1), cell(cpus[0], cpus[0]), skipped}, 0},
		{[]bench.Cell{cell(cpus[0], cpus[1]), cell(cpus[1], cpus[0]), cell(cpus[0], cpus[0])}, 1},
	} {
		floors := bench.Plan{Launches: 1}.Floors(c.cells)
		if err := floors.Take(t.Context()); err != nil {
			t.Fatal(err)
		}
		lines := slices.DeleteFunc(floors.Record(), func(f results.Floor) bool { return f.Name != "cacheline" })
		if len(lines) != c.want {
			t.Errorf("%d pairs of CPUs instead of %d: %+v", len(lines), c.want, lines)
		}
		for _, f := range lines {
			if !slices.Equal(f.CPUs, cpus[:2]) || f.NS <= 0 {
				t.Errorf("between CPUs %v in %v ns", f.CPUs, f.NS)
			}
		}
	}
	if now, err := host.Affinity(); err != nil || !slices.Equal(now, cpus) {
		t.Errorf("this process may use CPUs %v now, %v before (%v)", now, cpus, err)
	}
}

// TestFloorsAreDueThroughoutTheRun counts takings between launches, of which
// there is none before the first nor after the last.
func TestFloorsAreDueThroughoutTheRun(t *testing.T) {
	for launches, want := range map[int][]int{
		1:   nil,
		2:   {1},
		6:   {1, 2, 3, 4, 5},
		10:  {2, 4, 6, 8},
		720: {80, 160, 240, 320, 400, 480, 560, 640},
	} {
		floors := bench.Plan{Launches: launches}.Floors(make([]bench.Cell, 1))
		var due []int
		for order := range launches + 1 { // 0: a cell that cannot run
			if floors.Due(order) {
				due = append(due, order)
			}
		}
		if !slices.Equal(due, want) {
			t.Errorf("of %d launches, floors are due after %v instead of %v", launches, due, want)
		}
	}
}

// TestFloorsGoOnWithFurtherLaunches looks after the plan's own.
func TestFloorsGoOnWithFurtherLaunches(t *testing.T) {
	for budget, want := range map[time.Duration]bool{time.Hour: false, time.Nanosecond: true} {
		floors := bench.Plan{Launches: 6, Until: 0.01, Budget: budget}.Floors(make([]bench.Cell, 1))
		if err := floors.Take(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := floors.Due(7); got != want {
			t.Errorf("just taken, with a budget of %v, they are due: %v", budget, got)
		}
	}
}

// TestInterruptedFloorsKeepWhatWasTaken cancels before the second taking.
func TestInterruptedFloorsKeepWhatWasTaken(t *testing.T) {
	floors := floorsOf(t, smallPlan(t, "pipe"))
	if err := floors.Take(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := floors.Record()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := floors.Take(cancelled); err != context.Canceled {
		t.Errorf("returned %v", err)
	}
	if after := floors.Record(); len(after) != len(before) || len(after) == 0 {
		t.Errorf("%d floors before, %d after", len(before), len(after))
	}
}

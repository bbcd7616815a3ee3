package bench_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ipcbench/bench"
	"ipcbench/internal/host"
	"ipcbench/results"
	"ipcbench/transports"
	"ipcbench/transports/transporttest"
)

// wakeUps returns those of the floors.
func wakeUps(floors []results.Floor) []results.Floor {
	return slices.DeleteFunc(slices.Clone(floors), func(f results.Floor) bool { return f.Name != results.WakeUpFloor })
}

// waitingOn is a cell whose ends wait so, on these CPUs.
func waitingOn(way results.Way, a, b int) bench.Cell {
	return bench.Cell{Cell: results.Cell{Waits: string(way), ProducerCPU: a, ConsumerCPU: b}}
}

// TestWakingIsTakenOfTheCPUsOfThoseThatSleep has cells that share pairs of CPUs,
// and some that wake nobody.
func TestWakingIsTakenOfTheCPUsOfThoseThatSleep(t *testing.T) {
	cpus, err := host.Affinity()
	if err != nil {
		t.Fatal(err)
	}
	a, b := cpus[0], cpus[len(cpus)-1]
	skipped := waitingOn(results.Sleeps, a, b)
	skipped.Skip = "cannot run"
	one, two := []int{a}, []int{a, b}
	if a == b {
		two = one
	}
	for _, c := range []struct {
		name  string
		cells []bench.Cell
		want  [][]int
	}{
		{"nobody sleeps", []bench.Cell{waitingOn(results.Spins, a, b), waitingOn(results.Yields, a, a), waitingOn(results.UnknownWay, a, a), waitingOn("hatch", a, a)}, nil},
		{"they cannot run or are not pinned", []bench.Cell{skipped, waitingOn(results.Sleeps, -1, -1)}, nil},
		{"both orders are one", []bench.Cell{waitingOn(results.Sleeps, a, b), waitingOn(results.Epolls, b, a), waitingOn(results.Spins, a, a)}, [][]int{two}},
		{"every way that sleeps", []bench.Cell{waitingOn(results.Parks, a, a), waitingOn(results.SpinSleeps, b, a), waitingOn(results.Polls, a, a)}, slices.CompactFunc([][]int{one, two}, slices.Equal)},
	} {
		floors := bench.Plan{Launches: 1}.Floors(c.cells)
		if err := floors.Take(t.Context()); err != nil {
			t.Fatal(err)
		}
		var got [][]int
		for _, f := range wakeUps(floors.Record()) {
			got = append(got, f.CPUs)
			if f.NS < 100 || f.NS > 10e6 || f.Doc == "" {
				t.Errorf("%s: %s took %v ns: %q", c.name, f.What(), f.NS, f.Doc)
			}
		}
		if !slices.EqualFunc(got, c.want, slices.Equal) {
			t.Errorf("%s: taken on CPUs %v instead of %v", c.name, got, c.want)
		}
	}
	if left := children(os.Getpid()); len(left) > 0 {
		t.Errorf("processes %v are left", left)
	}
}

// TestWakingIsTakenThroughoutARunThatSleeps has runs of which one alone does.
func TestWakingIsTakenThroughoutARunThatSleeps(t *testing.T) {
	for spec, want := range map[string]int{"pipe": 1, "mmap:wait=yield": 0, "null": 0} {
		p := smallPlan(t, spec)
		p.Placements = []string{"same-cpu"}
		a, _, err := carry(t, t.Context(), p, bench.Options{})
		if err != nil {
			t.Fatal(err)
		}
		taken := wakeUps(a.Floors)
		if len(taken) != want {
			t.Errorf("%s: taken of %d instead of %d", spec, len(taken), want)
		}
		for _, f := range taken {
			if len(f.Samples) != 3 || !f.Concerns(a.Launches[0].Cell, a.Floors) {
				t.Errorf("%s: %s was taken %d times, and concerns its cell: %v", spec, f.What(), len(f.Samples), f.Concerns(a.Launches[0].Cell, a.Floors))
			}
		}
	}
}

// TestWakingThatGoesWrongEnds has something happen to an end that wakes another.
func TestWakingThatGoesWrongEnds(t *testing.T) {
	cpus, err := host.Affinity()
	if err != nil {
		t.Fatal(err)
	}
	cells := []bench.Cell{waitingOn(results.Sleeps, cpus[0], cpus[0])}
	for name, c := range map[string]struct {
		signal unix.Signal
		cancel bool
		want   string
	}{
		"one end dies":                   {unix.SIGKILL, false, "wake-up: "},
		"one end stops, and so does ctx": {unix.SIGSTOP, true, context.Canceled.Error()},
		"ctx ends":                       {0, true, context.Canceled.Error()},
	} {
		// The ends are there for some milliseconds, in which this process may have no CPU.
		for attempt := 1; ; attempt++ {
			floors := bench.Plan{Launches: 1}.Floors(cells)
			struck, err := strike(t, floors, c.signal, c.cancel)
			if (struck.IsZero() || err == nil) && attempt < 50 {
				continue
			}
			if struck.IsZero() || time.Since(struck) > 4*time.Second { // it has 5 s where nobody looks after it
				t.Errorf("%s: it was over %v later", name, time.Since(struck))
			}
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%s: %v", name, err)
			}
			if taken := wakeUps(floors.Record()); len(taken) > 0 {
				t.Errorf("%s: and yet it took %v ns", name, taken[0].NS)
			}
			if left := children(os.Getpid()); len(left) > 0 {
				t.Errorf("%s: processes %v are left", name, left)
			}
			break
		}
	}
}

// strike takes floors, and meanwhile sends a signal to the end that wakes the other, and
// cancels. It returns when it did: never, where it saw no such end.
func strike(t *testing.T, floors *bench.Floors, signal unix.Signal, cancels bool) (struck time.Time, err error) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	over, met := make(chan struct{}), make(chan time.Time, 1)
	go func() {
		var at time.Time
		transporttest.Within(10*time.Second, func() bool {
			select {
			case <-over:
				return true
			default:
			}
			if ends := children(os.Getpid()); len(ends) == 2 && isWorker(ends[1]) {
				at = time.Now()
				unix.Kill(ends[1], signal)
				if cancels {
					cancel()
				}
			}
			return !at.IsZero()
		})
		met <- at
	}()
	err = floors.Take(ctx)
	close(over)
	return <-met, err
}

// isWorker says whether a child has executed what it is to be. One that is stopped
// before has the thread that started it wait for ever.
func isWorker(pid int) bool {
	line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return strings.HasSuffix(string(line), "\x00"+transports.Producer.String()+"\x00") || strings.HasSuffix(string(line), "\x00"+transports.Consumer.String()+"\x00")
}

func TestWakingACPUThatThereIsNotIsAnError(t *testing.T) {
	floors := bench.Plan{Launches: 1}.Floors([]bench.Cell{waitingOn(results.Sleeps, 4095, 4095)})
	if err := floors.Take(t.Context()); err == nil || !strings.Contains(err.Error(), "CPU 4095") {
		t.Errorf("%v", err)
	}
}

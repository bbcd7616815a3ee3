package bench

import (
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"golang.org/x/sys/unix"

	"ipcbench/bench/internal/clock"
	"ipcbench/bench/internal/rally"
	"ipcbench/internal/host"
	"ipcbench/internal/peer"
	"ipcbench/results"
)

// coresRole is the process that takes one walk over pairs of CPUs: a worker, because
// the Go runtime of a driver may collect and interrupt.
const coresRole = "cores"

// walked is what a walk found, of the pairs in its order.
type walked struct {
	Crossings []crossing
	ClockNS   float64 // the median over the CPUs
	TickNS    int64
}

// A crossing is what was found between two CPUs.
type crossing struct {
	RTT, AB, BA float64 // ns
	Timed       bool    // AB and BA were taken
	Nodes       []int   // of the pages with the lines
	WaitedNS    int64   // for its CPU, the thread that waited longer
	Why         string  // why there is nothing; "" where there is
}

// dearest is what a reading of the clock may take, in ns, for a single way to be told
// by two: more, and it is a system call or a device, whose time varies by more than
// a line takes.
const dearest = 500

func walkCores(c *peer.Control) error {
	var w walk
	if err := c.Hear(&w); err != nil {
		return err
	}
	debug.SetGCPercent(-1)
	peer.ReserveThreads(4)
	costs, err := clockCosts(w.CPUs)
	if err != nil {
		return err
	}
	found := walked{TickNS: clock.Tick()}
	var all []float64
	for _, ns := range costs {
		all = append(all, ns)
	}
	found.ClockNS = results.Median(all)
	for _, pair := range w.Pairs {
		f, err := handOver(pair[0], pair[1], w.Time)
		if err != nil {
			return err
		}
		// Part of a reading was on one side and the rest on the other.
		cost := (costs[pair[0]] + costs[pair[1]]) / 2
		f.AB, f.BA, f.Timed = f.AB-cost, f.BA-cost, f.Why == "" && cost < dearest
		found.Crossings = append(found.Crossings, f)
	}
	return c.Tell(found)
}

// clockCosts is what a reading of the clock takes on each CPU, in ns.
func clockCosts(cpus []int) (map[int]float64, error) {
	costs := map[int]float64{}
	for _, cpu := range cpus {
		if err := <-onCPU(cpu, func() { costs[cpu] = clock.Cost() }); err != nil {
			return nil, err
		}
	}
	return costs, nil
}

// answerTime is how long a CPU may take to answer at first, when something else runs
// there: several turns of the scheduler, or where there are many pairs one or two.
func answerTime(d time.Duration) time.Duration {
	return max(20*time.Millisecond, min(200*time.Millisecond, 10*d))
}

// handOver has two CPUs hand each other cache lines for about d: a fifth of it to warm
// up, which lets them raise their clocks, then with the time in the line, and half of
// it without. a has the memory first, and so it lies on a's node.
func handOver(a, b int, d time.Duration) (f crossing, err error) {
	size := rally.Size()
	memory, err := unix.Mmap(-1, 0, 3*size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return f, fmt.Errorf("mmap %d bytes: %w", 3*size, err)
	}
	warmUp, timed, plain := rally.In(memory), rally.In(memory[size:]), rally.In(memory[2*size:])
	var fromB, fromA, trips []float64
	limit := d + answerTime(d)
	var waited, waitedThere int64
	var back <-chan error
	there := onCPU(a, func() {
		clear(memory)
		f.Nodes = host.NodesOf(memory)
		defer waiting(&waited)()
		back = onCPU(b, func() {
			defer waiting(&waitedThere)()
			warmUp.Return(limit)
			fromA = timed.ReturnTimed(d, limit)
			plain.Return(limit)
		})
		if len(warmUp.Serve(d/5, limit)) > 0 {
			fromB = timed.ServeTimed(d*3/10, limit)
			trips = plain.Serve(d/2, limit)
		}
		timed.End() // also where nobody came
		plain.End()
	})
	if err = <-there; back != nil {
		err = errors.Join(err, <-back)
	}
	if err = errors.Join(err, unix.Munmap(memory)); err != nil {
		return f, err
	}
	f.WaitedNS = max(waited, waitedThere)
	if len(trips) == 0 || len(fromA) == 0 || len(fromB) == 0 {
		f.Why = fmt.Sprintf("CPUs %d and %d did not hand a line over within %v: is one of them taken by something else?", a, b, limit.Round(time.Millisecond))
		return f, nil
	}
	f.RTT, f.AB, f.BA = results.Median(trips), results.Median(fromA), results.Median(fromB)
	return f, nil
}

// waiting tells, when what it returns is called, for how long the calling thread has
// waited for its CPU since; 0 where the kernel does not say.
func waiting(ns *int64) (end func()) {
	queue := host.OpenRunQueue()
	before, _ := queue.WaitNS()
	return func() {
		if after, ok := queue.WaitNS(); ok {
			*ns = after - before
		}
		queue.Close()
	}
}

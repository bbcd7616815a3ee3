package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"ipcbench/bench/internal/clock"
	"ipcbench/internal/host"
	"ipcbench/internal/peer"
	"ipcbench/results"
	"ipcbench/transports"
)

// Noise watches for that long what the machine does of itself, as osnoise in
// the kernel does: on every CPU that this process may use, at once, a thread
// does nothing but read the clock, and every gap is time that the CPU was away.
// Then it measures the cache line between one pair of CPUs of each placement,
// and the clock.
func Noise(ctx context.Context, d time.Duration) (results.Noise, error) {
	m, err := thisMachine()
	if err != nil {
		return results.Noise{}, err
	}
	noise, err := m.listen(ctx, d)
	if err != nil {
		return results.Noise{}, fmt.Errorf("watch CPUs %s for stalls: %w", m, err)
	}
	noise.ClockNS = clock.Cost()
	noise.CacheLines, err = m.cacheLines(ctx)
	return noise, err
}

// noiseRole is what the process is started as that watches the CPUs: a worker,
// because the Go runtime of a driver may collect and interrupt. A thread of
// such a worker sees as many gaps as one that is written in C.
const noiseRole = "noise"

// longestTurn is how long two readings of the clock may be apart, in ns. Only
// an interrupt or another thread makes it more.
const longestTurn = 10_000

// A listening is what a noise worker is told.
type listening struct {
	CPUs []int
	Time time.Duration
}

func (m machine) listen(ctx context.Context, d time.Duration) (results.Noise, error) {
	var noise results.Noise
	var ids []int
	for _, cpu := range m {
		ids = append(ids, cpu.ID)
	}
	err := askProcess(ctx, peer.Options{
		Role: noiseRole, CPU: -1,
		Env: []string{fmt.Sprintf("GOMAXPROCS=%d", len(m)+1), "GODEBUG=asyncpreemptoff=1"},
	}, listening{ids, d}, &noise)
	return noise, err
}

// askProcess starts a process for one question, and hears its answer.
func askProcess(ctx context.Context, o peer.Options, question, answer any) error {
	w, err := peer.Start(transports.Producer, nil, o)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, w.Kill)()
	err = errors.Join(w.Tell(question), w.Hear(answer))
	if exit := w.Wait(ctx); !exit.OK {
		return errors.New(exit.Why())
	}
	return err
}

// listen is the worker: it watches all CPUs at once, and tells.
func listen(c *peer.Control) error {
	var l listening
	if err := c.Hear(&l); err != nil {
		return err
	}
	debug.SetGCPercent(-1)
	noise := results.Noise{StallNS: longestTurn, CPUs: make([]results.CPUNoise, len(l.CPUs))}
	spent := make([]int64, len(l.CPUs))
	start := clock.Now() + int64(settle)
	var ended []<-chan error
	for i, cpu := range l.CPUs {
		ended = append(ended, onCPU(cpu, func() {
			noise.CPUs[i], spent[i] = listenOn(cpu, start, int64(l.Time))
		}))
	}
	for _, end := range ended {
		if err := <-end; err != nil {
			return err
		}
	}
	noise.SpentNS = slices.Max(spent)
	return c.Tell(noise)
}

// settle is long enough for a thread or a process on every CPU to begin.
const settle = 20 * time.Millisecond

// listenOn watches the CPU that the calling thread is pinned to from start for
// ns nanoseconds, and returns how many it really took.
func listenOn(cpu int, start, ns int64) (seen results.CPUNoise, spent int64) {
	seen.CPU = cpu
	queue := host.OpenRunQueue()
	defer queue.Close()
	for clock.Now() < start {
	}
	waited, saysWait := queue.WaitNS()
	stolen, saysStolen := host.Stolen([]int{cpu})

	at := clock.Now()
	for at-start < ns {
		next := clock.Now()
		if gap := next - at; gap > longestTurn {
			seen.Stalls++
			seen.StalledNS += gap
			seen.WorstNS = max(seen.WorstNS, gap)
		}
		at = next
	}

	if after, ok := queue.WaitNS(); ok && saysWait {
		seen.WaitNS = new(after - waited)
	}
	if after, ok := host.Stolen([]int{cpu}); ok && saysStolen {
		seen.StolenNS = new(after - stolen)
	}
	return seen, at - start
}

// cacheLines measures it for one pair of CPUs of each placement that this
// machine has, nearest first.
func (m machine) cacheLines(ctx context.Context) ([]results.CacheLine, error) {
	var lines []results.CacheLine
	for _, p := range m.placements() {
		if p.CPUs == nil || p.CPUs[0] == p.CPUs[1] {
			continue
		}
		ns, err := cacheLine(ctx, p.CPUs[0], p.CPUs[1], rallyTime)
		if err != nil {
			return lines, err
		}
		lines = append(lines, results.CacheLine{Placement: p.Name, CPUs: [2]int(p.CPUs), NS: ns})
	}
	return lines, nil
}

package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"ipcbench/bench/internal/clock"
	"ipcbench/bench/internal/meter"
	"ipcbench/bench/workload"
	"ipcbench/internal/peer"
	"ipcbench/results"
	"ipcbench/transports"
)

// launch measures the cell once, with fresh pairs of processes. Whatever
// happens to them is in the record. The record of a launch that ctx interrupted
// is not to be kept.
func (c Cell) launch(ctx context.Context, p Plan) results.Launch {
	record := results.Launch{Cell: c.Cell, Started: time.Now().UTC(), Status: results.OK, Labels: p.labels(c.Cell)}
	if err := c.run(ctx, p, &record); err != nil { // what ran on trial can run here
		record.Status, record.Reason = results.Failed, c.explain(ctx, p, err).Error()
	}
	return record
}

// explain is err, or where a sandbox killed an end for a system call, the same with
// the name of that: it is found out in one more launch, which is no result. See
// [peer.Options.Trace].
func (c Cell) explain(ctx context.Context, p Plan, err error) error {
	var dead peer.Exit
	if p.trace || !errors.As(err, &dead) || !dead.IsRefused() || !mayTrace(ctx) {
		return err
	}
	p.trace = true
	again := c.run(ctx, p, &results.Launch{})
	if errors.As(again, &dead) && dead.Forbidden != "" {
		return again
	}
	return err
}

func (c Cell) run(ctx context.Context, p Plan, record *results.Launch) error {
	w, err := workload.Lookup(c.Workload)
	if err != nil {
		return err
	}
	t, err := transports.Lookup(c.Spec.Transport)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	l := launch{Cell: c, plan: p, transport: t, watch: c.watch(ctx), stages: meter.NewStages(false)}
	defer l.close(ctx)
	driver := workload.NewDriver(ctx, c.Cell,
		func() ([]int, error) { return l.start(ctx) },
		func() error { return l.measure(record) })
	driver.Stages = l.stages
	if w.InTurn {
		if err := l.openTurn(); err != nil {
			return err
		}
	}
	err = w.Drive(driver)
	if l.pair == nil {
		if err != nil && ctx.Err() == context.DeadlineExceeded {
			err = fmt.Errorf("%w within %v (--timeout)", err, p.Timeout)
		}
		return err
	}
	if err != nil {
		l.pair.GiveUp()
	}
	exits, seats := l.pair.Wait(ctx), c.seats()
	for i, exit := range exits {
		w := l.reports[i].Worker
		w.Side, w.Pair, w.Exit, w.LastWords = exit.Side.String(), seats[i].number, exit.Status, exit.LastWords
		for _, t := range exit.Threads {
			w.Threads = append(w.Threads, results.Thread(t))
		}
		record.Workers = append(record.Workers, w)
	}
	record.Workers = append(record.Workers, l.servers()...)
	if why := peer.Cause(exits); why != nil {
		return why
	}
	if err != nil && ctx.Err() == context.DeadlineExceeded {
		return fmt.Errorf("%w within %v (--timeout): it was killed%s%s", err, p.Timeout, c.crowding(), atDeadline(exits))
	}
	if err != nil {
		return err
	}
	l.plan.sampling.take(record, l.reports)
	if lines := l.reports[0].CacheLineNS; len(lines) == 2 {
		record.CacheLineNS = lines
	}
	return c.account(w, record, l.reports, driver)
}

// servers are what serves the links, each told of by the first end that counted it.
func (l *launch) servers() []results.Worker {
	var all []results.Worker
	for i, seat := range l.seats() {
		if served := l.reports[i].Served; served != nil {
			served.Pair = seat.number
			all = append(all, *served)
		}
	}
	return all
}

// atDeadline says what the ends that were killed had been at, where that is known.
func atDeadline(exits []peer.Exit) string {
	if doing := peer.Doing(exits); doing != "" {
		return ": " + doing
	}
	return ""
}

// A launch is one under way, of fresh processes.
type launch struct {
	Cell
	plan      Plan
	transport transports.Transport
	watch     *watch
	links     []transports.Link
	pair      *peer.Pair        // all of them; nil: not started
	reports   []workload.Report // one a worker, in the order of its seats
	court     *os.File          // nil: the ends hand each other no cache line
	muster    *os.File          // nil: there is one pair
	shared    *os.File          // memory of both ends, see workload.Workload.Shared; nil: none
	turn      *os.File          // what the ends lock in turn as they open; nil: they do not
	stages    *meter.Stages     // of making the links, and of closing them
}

// start makes the links and starts the workers, and returns their process
// numbers once all are ready.
func (l *launch) start(ctx context.Context) (pids []int, err error) {
	if err := l.identity.changed(l.occupied()); err != nil {
		return nil, err
	}
	l.openCourt()
	if err := errors.Join(l.openShared(), l.openMuster()); err != nil {
		return nil, err
	}
	for range l.linkCount() {
		link, err := peer.MakeLink(ctx, timed{l.transport, l.stages}, l.Spec)
		if err != nil {
			return nil, err
		}
		l.links = append(l.links, link)
		if err := l.identity.holds(link); err != nil {
			return nil, err
		}
	}
	l.pair, err = peer.StartSeats(ctx, l.links, l.seated())
	if err != nil {
		return nil, err
	}
	l.reports = make([]workload.Report, len(l.pair.Workers))
	for _, w := range l.pair.Workers {
		pids = append(pids, w.Pid())
	}
	l.watch.ready()
	if err := l.pair.Ready(); err != nil {
		return nil, err
	}
	return pids, nil
}

// measure lets all workers begin, and hears their reports.
func (l *launch) measure(record *results.Launch) error {
	if l.pair == nil {
		return errors.New("the driver's half measures what it has not started")
	}
	l.plan.sampling.start(l)
	defer l.plan.sampling.stop()
	if err := l.pair.Begin(l.from()); err != nil {
		return err
	}
	l.watch.begin()
	err := l.pair.Reports(func(i int) any { return &l.reports[i] })
	record.Jitter = l.watch.end()
	return err
}

// from is when the measured part may begin, by the machine's clock: several pairs
// would otherwise each begin as soon as they are warm, and be measured one after
// the other where the scheduler has it so.
func (l *launch) from() int64 {
	if !l.IsCrowd() {
		return 0
	}
	return clock.Now() + int64(l.plan.Warmup.Time+settle)
}

// openCourt makes the memory in which the ends hand each other a cache line, where
// they are on two CPUs and look for each other there: that is when it matters how
// near these are. Without it that is not known, and no launch fails for it. Ends that
// open in turn have done most of what is timed before they could.
func (l *launch) openCourt() {
	if l.turn != nil || !onTwo(l.Cell) || !l.Way().Looks() || l.IsCrowd() {
		return
	}
	l.court, l.plan.court, _ = memory("ipcbench-line", workload.CourtSize())
}

// openShared makes the memory that the workload wants both ends of a pair to have.
func (l *launch) openShared() error {
	w, err := workload.Lookup(l.Workload)
	if err != nil || w.Shared == nil {
		return err
	}
	size := w.Shared(l.job(l.plan, seat{}, nil).Task)
	if size == 0 {
		return nil
	}
	file, path, err := memory("ipcbench-shared", size)
	if err != nil {
		return fmt.Errorf("the workload %s needs %d bytes that both ends share: %w", l.Workload, size, err)
	}
	l.shared, l.plan.shared = file, path
	return nil
}

// openMuster makes the memory by which more than two ends know of each other.
func (l *launch) openMuster() (err error) {
	if l.IsCrowd() {
		l.muster, l.plan.muster, err = memory("ipcbench-muster", workload.MusterSize())
	}
	return err
}

// memory makes so many zeroed bytes and returns the file that they go with, and the
// path by which another process of this user opens it.
func memory(name string, size int) (file *os.File, path string, err error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return nil, "", fmt.Errorf("memfd_create: %w: allow it in the sandbox (seccomp)", err)
	}
	file = os.NewFile(uintptr(fd), "memfd")
	if err := file.Truncate(int64(size)); err != nil {
		file.Close()
		return nil, "", fmt.Errorf("make a memfd of %d bytes: %w", size, err)
	}
	return file, nameOf(file), nil
}

func (l *launch) close(ctx context.Context) {
	l.watch.close(ctx)
	l.court.Close() // of nil, an error that means nothing
	l.shared.Close()
	l.turn.Close()
	l.muster.Close()
	for _, link := range l.links {
		link.Close() // again, as a rule
	}
}

func (c Cell) job(p Plan, s seat, inherited []peer.Inherited) job {
	return job{
		Task: workload.Task{
			Spec: c.Spec, Workload: c.Workload, Size: c.Spec.Size, Lengths: c.lengths,
			Time: p.Time, Messages: p.Messages, Warmup: p.Warmup, Full: p.Verify == VerifyAll, Perf: p.perf, Sampled: p.sampling != nil, Court: p.court, Shared: p.shared,
			Rate: c.RatePerS, Arrivals: c.Arrivals, Pacing: c.Pacing, Work: time.Duration(c.WorkNS), Think: time.Duration(c.ThinkNS),
			Seed:  [2]uint64{p.Seed, p.number},
			Pairs: c.Pairs, FanIn: c.FanIn, FanOut: c.FanOut, Number: s.number, Muster: p.muster,
		},
		Inherited: inherited, CPU: s.cpu,
	}
}

func (l *launch) optionsOf(s seat) peer.Options {
	o := l.options(s)
	o.Trace = l.plan.trace
	return o
}

// options are the runtimes' part of a fair start. A worker whose transport has
// threads of its own is what a user gets by taskset(1): every thread on its CPU.
// In the others only the measuring thread is pinned, by itself.
func (c Cell) options(s seat) peer.Options {
	if c.Spec.Caps().Has(transports.OwnThreads) {
		return peer.Options{Role: workerRole, CPU: s.cpu, Env: plainSwitches}
	}
	return peer.Options{Role: workerRole, CPU: -1, Env: undisturbed}
}

// plainSwitches is the environment of every end. Where this binary was built with
// cgo, the C library would register restartable sequences (rseq(2)), which makes
// every context switch dearer.
var plainSwitches = []string{"GLIBC_TUNABLES=glibc.pthread.rseq=0"}

// undisturbed is that of an end with a thread that measures: the runtime is told
// neither to interrupt it nor to stop the world for a new GOMAXPROCS.
var undisturbed = append(plainSwitches, "GOMAXPROCS=2", "GODEBUG=asyncpreemptoff=1")

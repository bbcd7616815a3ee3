package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"ipcbench/bench/internal/clock"
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
	l := launch{Cell: c, plan: p, transport: t, watch: c.watch(ctx)}
	defer l.close(ctx)
	driver := workload.NewDriver(ctx, c.Cell,
		func() ([]int, error) { return l.start(ctx) },
		func() error { return l.measure(record) })
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
	exits := l.pair.Wait(ctx)
	for i, exit := range exits {
		w := l.reports[i].Worker
		w.Side, w.Pair, w.Exit, w.LastWords = exit.Side.String(), i/len(c.sides()), exit.Status, exit.LastWords
		for _, t := range exit.Threads {
			w.Threads = append(w.Threads, results.Thread(t))
		}
		record.Workers = append(record.Workers, w)
	}
	if why := peer.Cause(exits); why != nil {
		return why
	}
	if err != nil && ctx.Err() == context.DeadlineExceeded {
		return fmt.Errorf("%w within %v (--timeout): it was killed%s", err, p.Timeout, atDeadline(exits))
	}
	if err != nil {
		return err
	}
	if lines := l.reports[0].CacheLineNS; len(lines) == 2 {
		record.CacheLineNS = lines
	}
	return c.account(w, record, l.reports, driver)
}

// atDeadline says what the ends that were killed had been at, where that is known.
func atDeadline(exits []peer.Exit) string {
	if doing := peer.Doing(exits); doing != "" {
		return ": " + doing
	}
	return ""
}

// A launch is one under way: so many pairs of fresh processes, each with a link
// of its own and all at the cell's placement.
type launch struct {
	Cell
	plan      Plan
	transport transports.Transport
	watch     *watch
	links     []transports.Link
	pair      *peer.Pair        // all of them; nil: not started
	reports   []workload.Report // one a worker, pair by pair
	court     *os.File          // nil: the ends hand each other no cache line
}

// start makes the links and starts the workers, and returns their process
// numbers once all are ready.
func (l *launch) start(ctx context.Context) (pids []int, err error) {
	if err := l.identity.changed(l.CPUs()); err != nil {
		return nil, err
	}
	l.openCourt()
	for range l.Pairs {
		link, err := peer.MakeLink(ctx, l.transport, l.Spec)
		if err != nil {
			return nil, err
		}
		l.links = append(l.links, link)
		if err := l.identity.holds(link); err != nil {
			return nil, err
		}
	}
	l.pair, err = peer.StartPairs(ctx, l.links, l.sides(), l.optionsOf, func(side transports.Side, inherited peer.Inherited) any { return l.job(l.plan, side, inherited) })
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
	if len(l.links) == 1 {
		return 0
	}
	return clock.Now() + int64(l.plan.Warmup.Time+settle)
}

// openCourt makes the memory in which the ends hand each other a cache line, where
// they are on two CPUs and look for each other there: that is when it matters how
// near these are. Without it that is not known, and no launch fails for it.
func (l *launch) openCourt() {
	if !onTwo(l.Cell) || !l.Way().Looks() || l.Pairs > 1 {
		return
	}
	fd, err := unix.MemfdCreate("ipcbench-line", unix.MFD_CLOEXEC)
	if err != nil {
		return
	}
	l.court = os.NewFile(uintptr(fd), "memfd")
	if l.court.Truncate(int64(workload.CourtSize())) == nil {
		l.plan.court = fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), fd)
	}
}

func (l *launch) close(ctx context.Context) {
	l.watch.close(ctx)
	l.court.Close() // of nil, an error that means nothing
	for _, link := range l.links {
		link.Close() // again, as a rule
	}
}

// sides are the ends that need a process of their own.
func (c Cell) sides() []transports.Side {
	if c.Spec.Caps().Has(transports.OneProcess) {
		return []transports.Side{transports.Producer}
	}
	return []transports.Side{transports.Producer, transports.Consumer}
}

func (c Cell) cpu(side transports.Side) int {
	if side == transports.Producer {
		return c.ProducerCPU
	}
	return c.ConsumerCPU
}

func (c Cell) job(p Plan, side transports.Side, inherited peer.Inherited) job {
	return job{
		Task: workload.Task{
			Spec: c.Spec, Workload: c.Workload, Size: c.SizeBytes,
			Time: p.Time, Messages: p.Messages, Warmup: p.Warmup, Full: p.Verify == VerifyAll, Perf: p.perf, Court: p.court,
		},
		Inherited: inherited, CPU: c.cpu(side),
	}
}

func (l *launch) optionsOf(side transports.Side) peer.Options {
	o := l.options(side)
	o.Trace = l.plan.trace
	return o
}

// options are the runtimes' part of a fair start. A worker whose transport has
// threads of its own is what a user gets by taskset(1): every thread on its CPU.
// In the others only the measuring thread is pinned, by itself.
func (c Cell) options(side transports.Side) peer.Options {
	if c.Spec.Caps().Has(transports.OwnThreads) {
		return peer.Options{Role: workerRole, CPU: c.cpu(side), Env: plainSwitches}
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

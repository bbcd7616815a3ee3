package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ipcbench/internal/peer"
	"ipcbench/results"
	"ipcbench/transports"
)

// launch measures the cell once, with a fresh pair of processes. Whatever
// happens to them is in the record. The record of a launch that ctx interrupted
// is not to be kept.
func (c Cell) launch(ctx context.Context, p Plan) results.Launch {
	record := results.Launch{Cell: c.Cell, Started: time.Now().UTC(), Status: results.OK, Labels: p.Labels}
	if err := c.run(ctx, p, &record); err != nil {
		record.Status, record.Reason = results.Failed, err.Error()
		if errors.Is(err, errors.ErrUnsupported) {
			record.Status = results.Skipped
		}
	}
	return record
}

func (c Cell) run(ctx context.Context, p Plan, record *results.Launch) error {
	t, err := transports.Lookup(c.Spec.Transport)
	if err != nil {
		return err
	}
	link, err := t.Create(c.Spec)
	if err != nil {
		return err
	}
	defer link.Close()
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	watch := c.watch(ctx)
	defer watch.close(ctx)
	pair, err := peer.StartPair(ctx, link, c.sides(), c.options, func(side transports.Side, h peer.Inherited) any { return c.job(p, side, h) })
	if err != nil {
		return err
	}
	reports := make([]report, len(pair.Workers))
	watch.ready()
	if err = pair.Go(); err == nil {
		watch.begin()
		err = pair.Reports(func(i int) any { return &reports[i] })
		record.Jitter = watch.end()
	}
	exits := pair.Wait(ctx)
	for i, exit := range exits {
		w := reports[i].Worker
		w.Side, w.Exit, w.LastWords = exit.Side.String(), exit.Status, exit.LastWords
		record.Workers = append(record.Workers, w)
	}
	if why := peer.Cause(exits); why != nil {
		return why
	}
	if err != nil && ctx.Err() == context.DeadlineExceeded {
		return fmt.Errorf("%w within %v (--timeout): it was killed", err, p.Timeout)
	}
	if err != nil {
		return err
	}
	return c.account(record, reports)
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
		Spec: c.Spec, Inherited: inherited, Workload: c.Workload, Size: c.SizeBytes, CPU: c.cpu(side),
		Time: p.Time, Messages: p.Messages, Warmup: p.Warmup, Full: p.Verify == "full", Perf: p.perf,
	}
}

// options are the runtimes' part of a fair start. A worker whose transport has
// threads of its own is what a user gets by taskset(1): every thread on its CPU.
// In the others only the measuring thread is pinned, by itself, and the runtime is
// told neither to interrupt it nor to stop the world for a new GOMAXPROCS.
//
// Where this binary was built with cgo, the C library would register
// restartable sequences (rseq(2)), which makes every context switch dearer.
func (c Cell) options(side transports.Side) peer.Options {
	env := []string{"GLIBC_TUNABLES=glibc.pthread.rseq=0"}
	if c.Spec.Caps().Has(transports.OwnThreads) {
		return peer.Options{Role: workerRole, CPU: c.cpu(side), Env: env}
	}
	return peer.Options{Role: workerRole, CPU: -1, Env: append(env, "GOMAXPROCS=2", "GODEBUG=asyncpreemptoff=1")}
}

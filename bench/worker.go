package bench

import (
	"runtime/debug"

	"ipcbench/bench/internal/meter"
	"ipcbench/bench/workload"
	"ipcbench/internal/host"
	"ipcbench/internal/peer"
	"ipcbench/transports"
)

// workerRole is what a worker of this package is started as.
const workerRole = "bench"

// A job is all that a worker is told.
type job struct {
	workload.Task
	Inherited peer.Inherited // of its link
	CPU       int            // to pin to; -1: none
	Turn      string         // a file that one end at a time locks while it opens; "": both do at once
}

// Worker turns this process into one end of a pair, or into what watches a pair
// or the machine, where the driver started it as that, and then does not
// return. A main function or TestMain calls it before anything else.
func Worker() {
	peer.Serve(workerRole, work)
	peer.Serve(wakeRole, takeTurns)
	peer.Serve(probeRole, probe)
	peer.Serve(noiseRole, listen)
	peer.Serve(trialRole, runErrands)
	peer.Serve(copyRole, tellCopy)
	peer.Serve(coresRole, walkCores)
}

func work(c *peer.Control) error {
	var j job
	if err := c.Hear(&j); err != nil {
		return err
	}
	caps := j.Spec.Caps()
	peer.PrepareRuntime(caps)
	debug.SetPanicOnFault(true) // of this goroutine: a SIGBUS becomes a panic, see measure
	var shared error
	if !caps.Has(transports.OwnThreads) {
		shared = c.OwnTable(j.Inherited.Files)
	}
	e, err := openEnd(c, j)
	if err != nil {
		return err
	}
	if shared != nil {
		e.Report.Worker.SharedTable = shared.Error()
	}
	if err := c.ReadyFor(&e.From); err != nil {
		return err
	}
	r, err := measure(e)
	if err != nil {
		return err
	}
	return c.Tell(r)
}

func openEnd(c *peer.Control, j job) (*workload.End, error) {
	own := j.Spec.Caps().Has(transports.OwnThreads)
	if j.CPU >= 0 && !own {
		if err := host.Pin(j.CPU); err != nil {
			return nil, err
		}
	}
	t, err := transports.Lookup(j.Spec.Transport)
	if err != nil {
		return nil, err
	}
	turn, err := takeTurn(j.Turn)
	if err != nil {
		return nil, err
	}
	opening := meter.NewStages(own)
	ep, err := t.Open(opening.Watch(j.Spec, transports.Opening), c.Side, c.Handover(j.Inherited))
	opening.End()
	turn.Close() // of nil, an error that means nothing
	if err != nil {
		return nil, err
	}
	e := workload.NewEnd(j.Task, c.Side, ep, own)
	e.Stages = opening
	e.Report.Worker.Buffers = host.Buffers(c.IsOwn)
	if j.Perf && own {
		e.Report.Worker.PerfMissing = map[string]string{"of any kind": "an end with threads of its own, such as the Go runtime's (wait=go), runs on threads that come and go"}
	}
	return e, nil
}

// measure runs the workload's part of this side. A fault in memory that the
// endpoint mapped comes back as the error that explains it.
func measure(e *workload.End) (r *workload.Report, err error) {
	defer func() {
		switch fault := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }:
			if err = explain(e.Endpoint, fault.Addr()); err == nil {
				panic(fault)
			}
		default:
			panic(fault)
		}
	}()
	return e.Run()
}

func explain(ep transports.Endpoint, addr uintptr) error {
	if f, ok := ep.(transports.Faulter); ok {
		return f.Fault(addr)
	}
	return nil
}

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
	Inherited []peer.Inherited // of its link or, where it is one end of several, of each
	CPU       int              // to pin to; -1: none
	Turn      string           // a file that one end at a time locks while it opens; "": both do at once
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
		shared = c.OwnTable(j.files())
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

// files is how many descriptors the worker has inherited of its links.
func (j job) files() int {
	n := 0
	for _, i := range j.Inherited {
		n += i.Files
	}
	return n
}

// open opens the worker's end of its link, or of all its links as one.
func (j job) open(c *peer.Control, opening *meter.Stages) (transports.Endpoint, error) {
	t, err := transports.Lookup(j.Spec.Transport)
	if err != nil {
		return nil, err
	}
	var ends []transports.Endpoint
	for _, h := range c.Handovers(j.Inherited) {
		ep, err := t.Open(opening.Watch(j.Spec, transports.Opening), c.Side, h)
		if err != nil {
			return nil, err
		}
		ends = append(ends, ep)
	}
	return transports.Join(ends), nil
}

func openEnd(c *peer.Control, j job) (*workload.End, error) {
	own := j.Spec.Caps().Has(transports.OwnThreads)
	if j.CPU >= 0 && !own {
		if err := host.Pin(j.CPU); err != nil {
			return nil, err
		}
	}
	turn, err := takeTurn(j.Turn)
	if err != nil {
		return nil, err
	}
	opening := meter.NewStages(own)
	ep, err := j.open(c, opening)
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

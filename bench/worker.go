package bench

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"ipcbench/internal/host"
	"ipcbench/internal/peer"
	"ipcbench/results"
	"ipcbench/transports"
)

// workerRole is what a worker of this package is started as.
const workerRole = "bench"

// A job is all that a worker is told.
type job struct {
	Spec      transports.Spec
	Inherited peer.Inherited // of its link
	Workload  string
	Size      int
	CPU       int // to pin to; -1: none
	Time      time.Duration
	Messages  int64
	Warmup    Warmup
	Full      bool // verify every byte, always
	Perf      bool // count perf events, whatever they cost
}

// A report is what a worker found out.
type report struct {
	Worker   results.Worker
	Sent     int64 // measured messages sent
	Received int64 // measured messages received and verified
	Counted  int64 // of those, the ones that Elapsed is the time of
	Verified int64 // all messages received and verified, warm-up included
	Elapsed  int64 // ns
	Mean     float64
	Slices   []float64 // mean time of a message in successive slices of Elapsed, ns; nil: too few stamps
	Hist     string    // encoded histogram of stamped round trips
	Min, Max int64
}

// Worker turns this process into one end of a pair, or into what watches a pair
// or the machine, where the driver started it as that, and then does not
// return. A main function or TestMain calls it before anything else.
func Worker() {
	peer.Serve(workerRole, work)
	peer.Serve(probeRole, probe)
	peer.Serve(noiseRole, listen)
}

func work(c *peer.Control) error {
	var j job
	if err := c.Hear(&j); err != nil {
		return err
	}
	caps := j.Spec.Caps()
	prepareRuntime(caps)
	var shared error
	if !caps.Has(transports.OwnThreads) {
		shared = c.OwnTable(j.Inherited.Files)
	}
	e, err := openEnd(c, j)
	if err != nil {
		return err
	}
	if shared != nil {
		e.report.Worker.SharedTable = shared.Error()
	}
	if err := c.Ready(); err != nil {
		return err
	}
	r, err := e.measure()
	if err != nil {
		return err
	}
	return c.Tell(r)
}

// prepareRuntime keeps the Go runtime out of what is measured: the goroutine
// stays on its thread and nothing is collected, unless the transport needs that.
// Where it has threads of its own, as the runtime's poller, the goroutine stays
// free, as in any Go program: locked to a thread, each wait would also hand the
// thread over.
func prepareRuntime(caps transports.Caps) {
	if !caps.Has(transports.OwnThreads) {
		runtime.LockOSThread()
	}
	if !caps.Has(transports.NeedsCollector) {
		debug.SetGCPercent(-1)
	}
	debug.SetPanicOnFault(true) // of this goroutine: a SIGBUS becomes a panic, see end.measure
}

// An end is a worker's end of the link, ready to measure.
type end struct {
	job
	exchange
	side     transports.Side
	endpoint transports.Endpoint
	clock    int64 // what reading the clock costs, ns
	meter    meter
	hist     *results.Histogram
	report   report
}

func openEnd(c *peer.Control, j job) (*end, error) {
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
	ep, err := t.Open(j.Spec, c.Side, c.Handover(j.Inherited))
	if err != nil {
		return nil, err
	}
	e := &end{
		job:      j,
		exchange: newExchange(ep, j.Spec, j.Size, j.Full),
		side:     c.Side,
		endpoint: ep,
		clock:    clockCost(),
		meter:    newMeter(own, j.Perf),
		hist:     results.NewHistogram(),
	}
	e.report.Worker.Side = c.Side.String()
	e.report.Worker.ClockNS = e.clock
	if j.Perf && e.meter.whole {
		e.report.Worker.PerfMissing = map[string]string{"of any kind": "an end with threads of its own, such as the Go runtime's (wait=go), runs on threads that come and go"}
	}
	return e, nil
}

// measure runs the workload's part of this side. A fault in memory that the
// endpoint mapped comes back as the error that explains it.
func (e *end) measure() (r *report, err error) {
	defer func() {
		switch fault := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }:
			if err = e.explain(fault.Addr()); err == nil {
				panic(fault)
			}
		default:
			panic(fault)
		}
	}()
	w, err := lookupWorkload(e.Workload)
	if err != nil {
		return nil, err
	}
	if err := w.part(e)(e); err != nil {
		return nil, err
	}
	if lost := e.hist.Lost(); lost > 0 {
		return nil, fmt.Errorf("%d round trips took longer than a histogram holds", lost)
	}
	if e.hist.Count() > 0 {
		e.report.Min, e.report.Max = e.hist.Min(), e.hist.Max()
		if e.report.Hist, err = e.hist.Encode(); err != nil {
			return nil, err
		}
	}
	return &e.report, e.endpoint.Close()
}

func (e *end) explain(addr uintptr) error {
	if f, ok := e.endpoint.(transports.Faulter); ok {
		return f.Fault(addr)
	}
	return nil
}

// warmUp calls exchange with rising numbers, from 0, until the plan's warm-up
// is over, and ends it with a marking message, there and back. It returns the
// next number and what one exchange took, in ns.
func (e *end) warmUp(exchange func(number uint64) error) (next uint64, op float64, err error) {
	start := now()
	for {
		if err := exchange(next); err != nil {
			return 0, 0, fmt.Errorf("while warming up: %w", err)
		}
		next++
		if spent := now() - start; spent >= int64(e.Warmup.Time) && int64(next) >= e.Warmup.Messages {
			return next + 1, float64(spent) / float64(next), e.roundTrip(next, marking)
		}
	}
}

// fewest is how many messages are measured in any case: where the first of them
// is held up for longer than all were to take, there is still a rate.
const fewest = 10

// over reports whether the measured part is: n messages that count were sent,
// and its clock, which started at start, reads at.
func (e *end) over(n, start, at int64) bool {
	if e.Messages > 0 {
		return n >= e.Messages
	}
	return at-start >= int64(e.Time) && n >= fewest
}

// atMost is every, or left where a number of messages was asked for and only
// that many are still to come.
func (e *end) atMost(every, left int64) int64 {
	if e.Messages > 0 {
		return min(every, left)
	}
	return every
}

// errNoMark is for a stream that ends before its measured part begins.
var errNoMark = errors.New("the peer closed before the measured part began")

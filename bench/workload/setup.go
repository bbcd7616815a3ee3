package workload

import (
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"ipcbench/bench/internal/message"
	"ipcbench/bench/internal/meter"
	"ipcbench/bench/internal/pages"
	"ipcbench/results"
	"ipcbench/transports"
)

// Setup is what it costs to get going and to stop. The driver and both ends have
// timed how the link was made and opened by the time this begins; here are the
// first message, round trips that show how long one takes once all is warm, and the
// closes. What counts is those few messages.
//
// Where the transport's messages lie in the pages of files, the producer finds out
// last what such pages cost.
var Setup = Workload{
	Name:     "setup",
	Driver:   driveSetup,
	Producer: setUp,
	Consumer: beSetUp,
	Solo:     setUp,
	InTurn:   true,
	Counts:   transports.Producer,
	Account:  setUps,
}

func init() { Register(Setup) }

const (
	settled     = 2 * time.Millisecond // until the consumer waits for the first message
	warmTrips   = 100                  // after the first one, and as many as longestWarm has room for
	longestWarm = 50 * time.Millisecond
)

func driveSetup(d *Driver) error {
	if err := plainly(d); err != nil {
		return err
	}
	d.setStages(d.Stages, float64(max(1, d.Cell.Pairs)))
	return nil
}

func setUp(e *End) error {
	ends := e.stampEnds()
	trips := make([]float64, 0, warmTrips)
	e.Begin()
	rest := unix.NsecToTimespec(int64(settled))
	unix.Nanosleep(&rest, nil) // woken early, it is the consumer's first receipt that takes longer
	if err := e.RoundTrip(0, Warming); err != nil {
		return err
	}
	first := *ends
	number := uint64(1)
	for ; len(trips) < fewest || len(trips) < warmTrips && ends.received-first.sent < int64(longestWarm); number++ {
		ends.sent, ends.received = 0, 0
		if err := e.RoundTrip(number, Warming); err != nil {
			return err
		}
		trips = append(trips, ends.took(e.Clock))
	}
	e.Stop()
	e.Done() // a close may allocate, and is nothing that a message costs
	if err := e.closeTimed(); err != nil {
		return err
	}
	r := &e.Report
	r.Sent, r.Received, r.Counted, r.Verified = int64(number), int64(number), int64(number), int64(number)
	r.Began, r.Ended = first.sent, ends.received
	e.setTold(results.SetupFirstRTT, first.took(e.Clock))
	e.setTold(results.SetupWarmRTT, results.Median(trips))
	e.surveyPages()
	return nil
}

func beSetUp(e *End) error {
	ends := e.stampEnds()
	nothing := func(Phase) {}
	e.Begin()
	var number, first = uint64(0), int64(0)
	for ; ; number++ {
		if _, err := e.Echo(number, Warming, nothing); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		if number == 0 {
			first = ends.received
		}
	}
	e.Stop()
	e.Done() // a close may allocate, and is nothing that a message costs
	if err := e.closeTimed(); err != nil {
		return err
	}
	r := &e.Report
	r.Received, r.Verified = int64(number), int64(number)
	r.Began, r.Ended = first, ends.received
	return nil
}

// stampEnds has the end's messages stamped where they enter the transport and where
// they leave it: what it takes to make and to check them is in neither.
func (e *End) stampEnds() *stampedEnd {
	s := &stampedEnd{Endpoint: e.Endpoint}
	s.InPlace, _ = e.Endpoint.(transports.InPlace)
	e.Exchange = message.Over(s, e.Spec, e.Size, nil, e.Full)
	return s
}

// setTold notes a time that was told from a reading of the clock. Any other is not
// known: it would be no time at all, or less.
func (n *notes) setTold(metric string, ns float64) {
	if ns > 0 {
		n.Set(metric, ns)
	}
}

// closeTimed closes the end as its last stage, and notes all stages of this end.
func (e *End) closeTimed() error {
	size := 0
	if m, is := e.Endpoint.(transports.Mapped); is {
		size = len(m.Mapped())
	}
	e.Stages.Begin(results.CloseStage)
	err := e.Close()
	e.Stages.End()
	e.setStages(e.Stages, 1)
	if touched, has := e.metrics[results.StageNS(string(transports.Touching))]; has && size > 0 {
		e.Set(results.SetupTouchPage, touched/float64(size/unix.Getpagesize()))
	}
	return err
}

// setStages notes what each stage took of n links.
func (n *notes) setStages(all *meter.Stages, links float64) {
	for _, was := range all.All() {
		for _, s := range results.SetupStages() {
			if s.Name == was.Name {
				n.Set(s.Metric, float64(was.NS)/links)
				n.Set(s.Faults, float64(was.Minor+was.Major)/links)
			}
		}
	}
}

// surveyPages finds out what a page of the transport's files costs, if it has any.
// What it cannot find out is a warning of the launch.
func (e *End) surveyPages() {
	t, err := transports.Lookup(e.Spec.Transport)
	backed, is := t.(transports.Backed)
	if err != nil || !is {
		return
	}
	costs, err := pages.Measure(func() (*os.File, error) { return backed.Backing(e.Spec) }, results.SetupPages)
	if err != nil {
		e.Report.Warnings = append(e.Report.Warnings, results.NoPages.With("error", err.Error()))
		return
	}
	if costs.Uncold != "" {
		e.Report.Warnings = append(e.Report.Warnings, results.NotCold.With("why", costs.Uncold))
	}
	var calls []float64
	for _, ns := range costs.MapNS {
		calls = append(calls, float64(ns))
	}
	e.Set(results.SetupMap, results.Median(calls))
	for _, c := range costs.All {
		n := float64(c.Pages)
		e.Set(results.PageNS(c.Way, c.State), float64(c.NS)/n)
		if way, _ := results.LookupPageWay(c.Way); way.Maps {
			e.Set(results.PageFaults(c.Way, c.State), float64(c.Minor+c.Major)/n)
			e.Set(results.PageMajor(c.Way, c.State), float64(c.Major)/n)
		}
	}
}

// setUps are the first message of all pairs, of which each end knows half, and what
// all comes to.
func setUps(l *results.Launch, pairs []Group) error {
	first := 0.0
	for _, p := range pairs {
		producer, consumer := p.Producers[0], p.Consumers[0]
		took := float64(consumer.Began - producer.Began)
		if producer == consumer {
			took = producer.Metrics[results.SetupFirstRTT] // what it sent comes straight back
		}
		first += max(0, took) / float64(len(pairs))
	}
	l.Metrics[results.FirstMessage] = first
	total, faults := 0.0, 0.0
	for _, s := range results.SetupStages() {
		if !s.Ending {
			total += l.Metrics[s.Metric]
			faults += l.Metrics[s.Faults]
		}
	}
	l.Metrics[results.SetupTotal], l.Metrics[results.SetupFaults] = total, faults
	return nil
}

// A stampedEnd notes when the next message is sent and when the next is received,
// until it has noted it.
type stampedEnd struct {
	transports.Endpoint
	transports.InPlace       // nil where the endpoint is none
	sent, received     int64 // by the machine's clock, ns; 0: not yet
}

// took is how long it was from the one to the other, less what a reading of the
// clock takes. What takes next to nothing may come to less than nothing.
func (s *stampedEnd) took(reading float64) float64 {
	return float64(s.received-s.sent) - reading
}

func (s *stampedEnd) sends() {
	if s.sent == 0 {
		s.sent = Now()
	}
}

func (s *stampedEnd) receives() {
	s.received = Now()
}

func (s *stampedEnd) Send(msg []byte) error {
	s.sends()
	return s.Endpoint.Send(msg)
}

func (s *stampedEnd) Recv(buf []byte) (int, error) {
	n, err := s.Endpoint.Recv(buf)
	s.receives()
	return n, err
}

func (s *stampedEnd) Commit() error {
	s.sends()
	return s.InPlace.Commit()
}

func (s *stampedEnd) Peek() ([]byte, error) {
	msg, err := s.InPlace.Peek()
	s.receives()
	return msg, err
}

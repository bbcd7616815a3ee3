// Package profile finds out what threads of other processes are at: by samples of
// what they execute, and by where they sleep and for how long. See perf_event_open(2).
//
// It knows perf events and symbols. It must not know what those processes are for.
package profile

import (
	"errors"
	"fmt"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/internal/host"
)

// A Source is what a sample is taken of.
type Source int

// The sources. Each makes the other dearer, so that a sampler has one.
const (
	OnCPU  Source = iota // what a thread executes, each time that it has had a CPU for so long
	OffCPU               // where a thread leaves its CPU, and when it is back
)

// PeriodNS is how much of a CPU's time lies between two samples: about 1,060 a second,
// and no multiple or fraction of what a timer would tick at. To interrupt a virtual
// machine can take 40 µs, so that five times as many slowed down what was to be seen.
const PeriodNS = 939_811

// cycles are the event of a CPU's own counter.
const cycles = "cycles"

// frequency is how many samples are taken a second where it is cycles that are counted,
// which no timer of a hypervisor has to be set for.
const frequency = 4999

// eachSleep is of how many sleeps one has its stack kept; of all is kept how long they
// were. A stack costs more than a switch itself does. It is odd, and a prime: of a
// thread that sleeps here and there in turn, both are seen.
const eachSleep = 7

// A Target is a process of which some threads, or all, are sampled.
type Target struct {
	PID     int
	Threads []int
	Whole   bool  // threads come and go: all there are by and by are sampled
	CPUs    []int // on which they can be
}

// A Sampler samples targets, from Start to Stop.
type Sampler struct {
	Event     string // by perf's names, as "cpu-clock"; those ending in ":u" are of user space alone
	NoKernel  string // why what the kernel does is not seen; "": it is
	source    Source
	targets   []Target
	events    []int
	rings     []*ring
	processes []*process // of the targets
	records   records
	stop      chan struct{}
	drained   chan struct{}
}

// Start begins to sample the targets. They pay for it from here on.
func Start(source Source, targets []Target) (*Sampler, error) {
	s := &Sampler{source: source, targets: targets, records: newRecords(source, targets), stop: make(chan struct{}), drained: make(chan struct{})}
	if err := s.open(); err != nil {
		s.close()
		return nil, err
	}
	for _, t := range targets {
		s.processes = append(s.processes, processOf(t.PID))
	}
	for _, fd := range s.events {
		if err := unix.IoctlSetInt(fd, unix.PERF_EVENT_IOC_ENABLE, 0); err != nil {
			s.close()
			return nil, fmt.Errorf("enable a perf event: %w", err)
		}
	}
	go s.drain()
	return s, nil
}

// Stop ends the sampling, after which Take tells what was seen.
func (s *Sampler) Stop() {
	for _, fd := range s.events {
		unix.IoctlSetInt(fd, unix.PERF_EVENT_IOC_DISABLE, 0)
	}
	close(s.stop)
	<-s.drained
	s.close()
	s.records.sort()
}

func (s *Sampler) close() {
	for _, r := range s.rings {
		r.close()
	}
	for _, fd := range s.events {
		unix.Close(fd)
	}
	s.events, s.rings = nil, nil
}

// An event that can be sampled, by perf(1)'s name.
type event struct {
	name string
	attr unix.PerfEventAttr
}

// sampleType is what is asked for of each sample. To ask for the period of switches would
// be to get a sample of every one.
func sampleType(source Source) uint64 {
	const always = unix.PERF_SAMPLE_TID | unix.PERF_SAMPLE_TIME | unix.PERF_SAMPLE_CALLCHAIN
	if source == OnCPU {
		return always | unix.PERF_SAMPLE_PERIOD
	}
	return always
}

// eventsOf are those by which a source is sampled, the best first.
func eventsOf(source Source) []event {
	attr := unix.PerfEventAttr{
		Size:        uint32(unsafe.Sizeof(unix.PerfEventAttr{})),
		Sample_type: sampleType(source),
		Clockid:     unix.CLOCK_MONOTONIC,
		Bits:        unix.PerfBitDisabled | unix.PerfBitExcludeHv | unix.PerfBitUseClockID | unix.PerfBitSampleIDAll | unix.PerfBitWatermark,
	}
	of := func(name string, kind uint32, config, every, bits uint64) event {
		e := event{name, attr}
		e.attr.Type, e.attr.Config, e.attr.Sample = kind, config, every
		e.attr.Bits |= bits
		return e
	}
	if source == OffCPU {
		return []event{of("context-switches", unix.PERF_TYPE_SOFTWARE, unix.PERF_COUNT_SW_CONTEXT_SWITCHES, eachSleep, unix.PerfBitContextSwitch)}
	}
	return []event{
		of(cycles, unix.PERF_TYPE_HARDWARE, unix.PERF_COUNT_HW_CPU_CYCLES, frequency, unix.PerfBitFreq),
		of("cpu-clock", unix.PERF_TYPE_SOFTWARE, unix.PERF_COUNT_SW_CPU_CLOCK, PeriodNS, 0),
	}
}

// exceptIdle is the same event where a CPU is not looked at that has nothing to do.
func (e event) exceptIdle() event {
	e.attr.Bits |= unix.PerfBitExcludeIdle
	return e
}

// userAlone is the same event where the kernel is not looked into.
func (e event) userAlone() event {
	e.name += ":u"
	e.attr.Bits |= unix.PerfBitExcludeKernel
	return e
}

// A way is how an event is opened for all targets.
type way struct {
	event
	open func(*Sampler, event) error
}

// ways are how a source can be sampled, the best first. Who is allowed to samples CPUs,
// and sorts out afterwards who was there: an event of a thread is taken out and put in
// again at each of its switches, which can take longer than the switch itself.
func ways(source Source) (all []way) {
	events := eventsOf(source)
	for _, e := range events {
		all = append(all, way{e.exceptIdle(), (*Sampler).openCPUs})
	}
	last := events[len(events)-1]
	return append(all, way{last, (*Sampler).openThreads}, way{last.userAlone(), (*Sampler).openThreads})
}

// open opens the first event that this machine has and allows.
func (s *Sampler) open() error {
	var forbidden, err error
	for _, w := range ways(s.source) {
		if err = w.open(s, w.event); err == nil {
			s.Event = w.name
			if w.attr.Bits&unix.PerfBitExcludeKernel != 0 && forbidden != nil {
				s.NoKernel = host.WhyNoEvent(forbidden)
			}
			return nil
		}
		s.close()
		if isForbidden(err) {
			forbidden = err
		}
	}
	return errors.New(host.WhyNoEvent(err))
}

func isForbidden(err error) bool { return errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) }

// openCPUs samples every CPU on which a target can be.
func (s *Sampler) openCPUs(e event) error {
	var cpus []int
	for _, t := range s.targets {
		cpus = append(cpus, t.CPUs...)
	}
	slices.Sort(cpus)
	for _, cpu := range slices.Compact(cpus) {
		fd, err := s.openOne(e, -1, cpu)
		if err == nil {
			err = s.openRing(fd)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// openThreads samples the threads of the targets.
func (s *Sampler) openThreads(e event) error {
	for _, t := range s.targets {
		open := s.openEach
		if t.Whole {
			open = s.openWhole
		}
		if err := open(e, t); err != nil {
			return err
		}
	}
	return nil
}

// openEach gives each thread a ring of its own, wherever it runs.
func (s *Sampler) openEach(e event, t Target) error {
	for _, thread := range t.Threads {
		fd, err := s.openOne(e, thread, -1)
		if errors.Is(err, unix.ESRCH) {
			continue // it has ended
		}
		if err == nil {
			err = s.openRing(fd)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// openWhole gives each CPU a ring: the kernel has none that follows a thread and those
// that it starts from CPU to CPU.
func (s *Sampler) openWhole(e event, t Target) error {
	e.attr.Bits |= unix.PerfBitInherit
	for _, cpu := range t.CPUs {
		first := -1
		for _, thread := range t.Threads {
			fd, err := s.openOne(e, thread, cpu)
			switch {
			case errors.Is(err, unix.ESRCH):
				continue
			case err == nil && first < 0:
				first, err = fd, s.openRing(fd)
			case err == nil:
				err = unix.IoctlSetInt(fd, unix.PERF_EVENT_IOC_SET_OUTPUT, first)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Sampler) openOne(e event, thread, cpu int) (fd int, err error) {
	e.attr.Wakeup = wakeupBytes
	fd, err = unix.PerfEventOpen(&e.attr, thread, cpu, -1, unix.PERF_FLAG_FD_CLOEXEC)
	if err == nil {
		s.events = append(s.events, fd)
	}
	return fd, err
}

func (s *Sampler) openRing(fd int) error {
	r, err := openRing(fd)
	if err == nil {
		s.rings = append(s.rings, r)
	}
	return err
}

// drain reads the rings: where they are half full, which most never are, and at the
// end. Whoever reads takes a CPU, which may be one that is measured.
func (s *Sampler) drain() {
	defer close(s.drained)
	var polled []unix.PollFd
	for _, r := range s.rings {
		polled = append(polled, unix.PollFd{Fd: int32(r.fd), Events: unix.POLLIN})
	}
	for {
		select {
		case <-s.stop:
			s.read()
			return
		default:
		}
		if n, err := unix.Poll(polled, pollMS); n > 0 && err == nil {
			s.read()
			polled = slices.DeleteFunc(polled, func(p unix.PollFd) bool { return p.Revents&(unix.POLLHUP|unix.POLLERR) != 0 })
		}
	}
}

// pollMS is how long the reader may sleep before it looks whether all is over.
const pollMS = 20

func (s *Sampler) read() {
	for _, r := range s.rings {
		r.read(s.records.add)
	}
}

package meter

import (
	"ipcbench/bench/internal/clock"
	"ipcbench/internal/host"
	"ipcbench/transports"
)

// Stages tells what each stage of something took, and how many page faults it met,
// on the thread that goes through them. A stage can be come to again.
type Stages struct {
	whole bool // count the faults of all threads
	all   [mostStages]Stage
	n     int
	in    int // which stage this is, -1: none
	usage host.Usage
	since int64
}

// A Stage is what was counted of one.
type Stage struct {
	Name         string
	NS           int64
	Minor, Major int64 // page faults
}

// mostStages is more than there are.
const mostStages = 16

// NewStages returns an account of none. With whole, the faults of all threads of
// the process count. It has begun and ended a stage by then, so that the first one
// that counts does not pay for the pages of this code.
func NewStages(whole bool) *Stages {
	s := &Stages{whole: whole, in: -1}
	s.Begin("")
	s.Begin("")
	s.End()
	s.all, s.n = [mostStages]Stage{}, 0
	return s
}

// Watch returns the spec by which a transport tells of its stages, the first of
// which begins here.
func (s *Stages) Watch(spec transports.Spec, first transports.Stage) transports.Spec {
	spec.OnStage = func(stage transports.Stage) { s.Begin(string(stage)) }
	spec.Begin(first)
	return spec
}

// Begin begins a stage and ends the one before. What it does itself is in neither,
// but for less than a reading of the clock and one of the counters.
func (s *Stages) Begin(name string) {
	s.End()
	s.in = s.find(name)
	s.usage = s.read()
	s.since = clock.Now()
}

// End ends the stage.
func (s *Stages) End() {
	at := clock.Now()
	if s.in < 0 {
		return
	}
	used := s.read().Sub(s.usage)
	stage := &s.all[s.in]
	stage.NS += at - s.since
	stage.Minor += used.Minor
	stage.Major += used.Major
	s.in = -1
}

// find is the place of a stage, one of its own for one that is new. Where there is
// no room for it, it counts with the last.
func (s *Stages) find(name string) int {
	for i := range s.n {
		if s.all[i].Name == name {
			return i
		}
	}
	if s.n < mostStages {
		s.all[s.n].Name = name
		s.n++
	}
	return s.n - 1
}

func (s *Stages) read() host.Usage {
	if s.whole {
		return host.ProcessUsage()
	}
	return host.ThreadUsage()
}

// All are those that were begun, in the order in which they first were.
func (s *Stages) All() []Stage { return s.all[:s.n] }

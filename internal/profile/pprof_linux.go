package profile

import (
	"io"
	"time"

	"github.com/google/pprof/profile"

	"ipcbench/results"
)

// sampleTypes are the values of a sample, in their order.
var sampleTypes = []*profile.ValueType{
	{Type: "samples", Unit: "count"},
	{Type: results.ProfileOnNS, Unit: "nanoseconds"},
	{Type: "sleeps", Unit: "count"},
	{Type: results.ProfileOffNS, Unit: "nanoseconds"},
}

// A Profile is what was seen of some targets, in the format of pprof.
type Profile struct {
	kernel    kernel
	unnamed   error // why functions of the kernel have no names; nil: they have
	pprof     profile.Profile
	mappings  map[string]*profile.Mapping
	functions map[frame]*profile.Function
	locations map[place]*profile.Location
}

// A place is an address, of a process or of the kernel.
type place struct {
	of      *process // nil: the kernel
	address uint64
}

// New returns a profile that has nothing yet.
func New() *Profile {
	p := &Profile{
		pprof: profile.Profile{
			SampleType: sampleTypes, DefaultSampleType: results.ProfileOnNS, TimeNanos: time.Now().UnixNano(),
			PeriodType: sampleTypes[1], Period: PeriodNS,
		},
		mappings:  map[string]*profile.Mapping{},
		functions: map[frame]*profile.Function{},
		locations: map[place]*profile.Location{},
	}
	p.kernel, p.unnamed = theKernel()
	p.mapping(own().path) // the first is what pprof says that the profile is of
	return p
}

// Unnamed says why functions of the kernel have no names; nil: they have.
func (p *Profile) Unnamed() error { return p.unnamed }

// Labels are what samples are told apart by.
type Labels struct {
	Texts   map[string]string
	Numbers map[string]int64
}

// Add takes in what was seen of a target.
func (p *Profile) Add(seen Seen, labels Labels) {
	for _, s := range seen.spent {
		p.pprof.Sample = append(p.pprof.Sample, p.sample(seen.process, s, labels))
	}
}

func (p *Profile) sample(of *process, s spent, labels Labels) *profile.Sample {
	one := &profile.Sample{Label: map[string][]string{}, NumLabel: map[string][]int64{}}
	for name, text := range labels.Texts {
		one.Label[name] = []string{text}
	}
	for name, number := range labels.Numbers {
		one.NumLabel[name] = []int64{number}
	}
	switch s.state {
	case sampled:
		one.Value = []int64{s.times, int64(s.ns), 0, 0}
	case asleep:
		one.Value, one.Label[results.ProfileState] = []int64{0, 0, s.times, int64(s.ns)}, []string{"asleep"}
	case preempted:
		one.Value, one.Label[results.ProfileState] = []int64{0, 0, s.times, int64(s.ns)}, []string{"preempted"}
	}
	for i, address := range s.stack.kernel {
		one.Location = append(one.Location, p.locate(place{nil, called(i, address)}))
	}
	for i, address := range s.stack.user {
		one.Location = append(one.Location, p.locate(place{of, called(i, address)}))
	}
	if len(one.Location) == 0 { // the kernel was not looked into
		one.Location = append(one.Location, p.locate(place{}))
	}
	return one
}

// called is an address in the function that was called there: where its call returns to
// may be the next function already.
func called(depth int, address uint64) uint64 {
	if depth > 0 {
		return address - 1
	}
	return address
}

func (p *Profile) locate(at place) *profile.Location {
	if known := p.locations[at]; known != nil {
		return known
	}
	frames := p.frames(at)
	l := &profile.Location{ID: uint64(len(p.pprof.Location) + 1), Mapping: p.mapping(frames[0].of), Address: at.address}
	for _, f := range frames {
		l.Line = append(l.Line, profile.Line{Function: p.function(f), Line: int64(f.line)})
	}
	p.locations[at] = l
	p.pprof.Location = append(p.pprof.Location, l)
	return l
}

func (p *Profile) frames(at place) []frame {
	if at.of != nil {
		return at.of.frames(at.address)
	}
	s, known := p.kernel.find(at.address)
	switch {
	case !known:
		return []frame{{function: "[kernel]", of: results.ProfileKernel}}
	case s.module != "":
		return []frame{{function: s.name, of: "[" + s.module + "]"}}
	}
	return []frame{{function: s.name, of: results.ProfileKernel}}
}

func (p *Profile) mapping(name string) *profile.Mapping {
	if known := p.mappings[name]; known != nil {
		return known
	}
	m := &profile.Mapping{ID: uint64(len(p.pprof.Mapping) + 1), File: name, HasFunctions: true, HasFilenames: true, HasLineNumbers: true, HasInlineFrames: true}
	p.mappings[name] = m
	p.pprof.Mapping = append(p.pprof.Mapping, m)
	return m
}

func (p *Profile) function(f frame) *profile.Function {
	f.line = 0
	if known := p.functions[f]; known != nil {
		return known
	}
	made := &profile.Function{ID: uint64(len(p.pprof.Function) + 1), Name: f.function, SystemName: f.function, Filename: f.file}
	p.functions[f] = made
	p.pprof.Function = append(p.pprof.Function, made)
	return made
}

// Write writes the profile, compressed, as go tool pprof reads it.
func (p *Profile) Write(w io.Writer) error {
	whole := p.pprof.Compact()
	if err := whole.CheckValid(); err != nil {
		return err
	}
	return whole.Write(w)
}

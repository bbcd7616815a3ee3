// Package profile says where the time of a message goes, from what was seen of launches
// that were sampled: by subsystem, by function, and as a tree of calls.
//
// It knows what the kernel's functions are for. It must not know how they were seen.
package profile

import (
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/google/pprof/profile"

	"ipcbench/internal/folder"
	"ipcbench/internal/quote"
	"ipcbench/results"
)

// A Profile is what was seen of a cell.
type Profile struct {
	results.Cell
	Launches []results.Launch // that were sampled, and went well
	Failed   []results.Launch // the others
	samples  []sample
}

// A sample is time that was spent at one place.
type sample struct {
	launch  int
	side    string
	on, off float64 // ns
	stack   []Frame // the innermost first
}

// A Frame is a function that was executed.
type Frame struct {
	Name   string
	Module string // what it is a part of: a file, "[vdso]", "[kernel.kallsyms]"
	Kernel bool
	inline bool // it is a part of the next, as the machine sees it
}

// Open reads the profiles of a run directory, cell by cell in the order of their
// launches. Most runs have none. A cell whose file is gone has its records all the same.
func Open(f *folder.Folder, schema int) (all []Profile, warnings []string, err error) {
	launches, warnings, err := results.ReadProfiled(f, schema)
	if err != nil {
		return nil, nil, err
	}
	at := map[results.Cell]int{}
	for _, l := range launches {
		i, known := at[l.Cell]
		if !known {
			i = len(all)
			at[l.Cell] = i
			all = append(all, Profile{Cell: l.Cell})
		}
		switch p := &all[i]; {
		case l.Profile == nil:
		case l.Status == results.OK && l.Profile.Missing == "":
			p.Launches = append(p.Launches, l)
		default:
			p.Failed = append(p.Failed, l)
		}
	}
	for i := range all {
		if err := all[i].read(f); err != nil && len(all[i].Launches) > 0 {
			warnings = append(warnings, err.Error())
		}
	}
	return all, warnings, nil
}

// mostRead is the most that a profile is taken to be, unpacked.
const mostRead = 512 << 20

func (p *Profile) read(f *folder.Folder) error {
	file, err := results.OpenProfile(f, p.Cell)
	if err != nil {
		return err
	}
	defer file.Close()
	parsed, err := parse(file)
	if err != nil {
		return fmt.Errorf("run directory: %s: profile %s: %w: it is left out", f.Path(), results.ProfileFile(p.Cell), err)
	}
	return p.take(parsed)
}

func parse(r io.Reader) (*profile.Profile, error) {
	unpacked, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(unpacked, mostRead))
	if err != nil {
		return nil, err
	}
	return profile.ParseUncompressed(data)
}

// take takes over the samples of launches that went well.
func (p *Profile) take(from *profile.Profile) error {
	column := func(name string) int {
		return slices.IndexFunc(from.SampleType, func(t *profile.ValueType) bool { return t.Type == name })
	}
	on, off := column(results.ProfileOnNS), column(results.ProfileOffNS)
	if on < 0 || off < 0 {
		return errors.New("it has no values of its kind")
	}
	good := map[int]bool{}
	for _, l := range p.Launches {
		good[l.Launch] = true
	}
	frames := map[*profile.Location][]Frame{}
	for _, s := range from.Sample {
		one := sample{on: float64(s.Value[on]), off: float64(s.Value[off])}
		if numbers := s.NumLabel[results.ProfileLaunch]; len(numbers) > 0 {
			one.launch = int(numbers[0])
		}
		if texts := s.Label[results.ProfileSide]; len(texts) > 0 {
			one.side = texts[0]
		}
		if !good[one.launch] {
			continue
		}
		for _, l := range s.Location {
			if _, known := frames[l]; !known {
				frames[l] = framesOf(l)
			}
			one.stack = append(one.stack, frames[l]...)
		}
		p.samples = append(p.samples, one)
	}
	return nil
}

func framesOf(l *profile.Location) []Frame {
	module := ""
	if l.Mapping != nil {
		module = l.Mapping.File
	}
	kernel := module == results.ProfileKernel || strings.HasPrefix(module, "[") && module != "[vdso]" && module != "[unknown]" && module != "[anonymous]"
	var all []Frame
	for i, line := range l.Line {
		name := "?"
		if line.Function != nil {
			name = quote.Line(line.Function.Name)
		}
		all = append(all, Frame{Name: name, Module: module, Kernel: kernel, inline: i < len(l.Line)-1})
	}
	return all
}

// itself is the function that the time of a stack is spent in, as perf(1) names it: what
// is inlined is a part of where it is.
func itself(stack []Frame) Frame {
	for _, f := range stack {
		if !f.inline {
			return f
		}
	}
	return Frame{Name: "?"}
}

// of are the launches of a kind.
func (p Profile) of(kind results.ProfileOf) []results.Launch {
	return slices.DeleteFunc(slices.Clone(p.Launches), func(l results.Launch) bool { return l.Profile.Of != kind })
}

// OnCPU are the launches that were sampled on their CPUs: those of a [Share].
func (p Profile) OnCPU() []results.Launch { return p.of(results.OnCPU) }

// A Share is what one subsystem or function has of the time on CPUs.
type Share struct {
	Name      string
	Subsystem Subsystem
	Of        []float64 // of the time, in each launch that was sampled
	NS        []float64 // per message, likewise
}

// Mean is the share over all launches.
func (s Share) Mean() float64 { return mean(s.Of) }

// BySubsystem are the shares of subsystems in the time on CPUs of a side, or with "" of
// both, in the order of [Subsystems]. They add up to 1.
func (p Profile) BySubsystem(side string) []Share {
	all := p.shares(side, func(s sample) (string, Subsystem) {
		is := Of(s.stack)
		return string(is), is
	})
	slices.SortFunc(all, func(a, b Share) int {
		return cmp.Compare(slices.Index(Subsystems, a.Subsystem), slices.Index(Subsystems, b.Subsystem))
	})
	return all
}

// ByFunction are the shares of functions, of what is spent in themselves, the largest
// first. They add up to 1.
func (p Profile) ByFunction(side string) []Share {
	all := p.shares(side, func(s sample) (string, Subsystem) { return itself(s.stack).Name, Of(s.stack) })
	slices.SortFunc(all, func(a, b Share) int {
		return cmp.Or(cmp.Compare(b.Mean(), a.Mean()), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// shares adds up the time of each launch by a key. A function's subsystem is that of most
// of its time.
func (p Profile) shares(side string, key func(sample) (string, Subsystem)) []Share {
	launches := p.of(results.OnCPU)
	place := map[int]int{}
	for i, l := range launches {
		place[l.Launch] = i
	}
	totals := make([]float64, len(launches))
	of := map[string]*Share{}
	in := map[string]map[Subsystem]float64{}
	for _, s := range p.samples {
		i, known := place[s.launch]
		if !known || s.on == 0 || side != "" && s.side != side {
			continue
		}
		name, is := key(s)
		if of[name] == nil {
			of[name] = &Share{Name: name, NS: make([]float64, len(launches))}
			in[name] = map[Subsystem]float64{}
		}
		of[name].NS[i] += s.on
		in[name][is] += s.on
		totals[i] += s.on
	}
	var all []Share
	for _, name := range slices.Sorted(maps.Keys(of)) {
		share := *of[name]
		share.Subsystem = most(in[name])
		share.Of = make([]float64, len(launches))
		for i, l := range launches {
			if totals[i] > 0 {
				share.Of[i] = share.NS[i] / totals[i]
			}
			share.NS[i] /= l.Counted()
		}
		all = append(all, share)
	}
	return all
}

func most(of map[Subsystem]float64) (largest Subsystem) {
	for _, is := range Subsystems {
		if of[is] > of[largest] {
			largest = is
		}
	}
	return largest
}

// An End is what one end had of the time of a message, in ns, as means over launches.
type End struct {
	Side             string
	OnNS             float64 // on a CPU, by the CPU clock
	AsleepNS         float64 // off it, with nothing to do, by the times of its switches
	PreemptedNS      float64 // off it, as another had it, likewise
	WholeNS          float64 // what a message took, by the clock of the loop
	SampledNS, CPUNS float64 // of the launches that were sampled on their CPUs: by a period for each sample, and by the CPU clock
}

// TogetherNS is the time on and off CPUs. Three clocks agree where it is that of a message.
func (e End) TogetherNS() float64 { return e.OnNS + e.AsleepNS + e.PreemptedNS }

// Ends are those of all launches. Where these were not sampled off their CPUs, only the
// last two are known.
func (p Profile) Ends() []End {
	var all []End
	at := func(side string) *End {
		for i := range all {
			if all[i].Side == side {
				return &all[i]
			}
		}
		all = append(all, End{Side: side})
		return &all[len(all)-1]
	}
	for _, kind := range []results.ProfileOf{results.OnCPU, results.OffCPU} {
		launches := p.of(kind)
		for _, l := range launches {
			each := 1 / l.Counted() / float64(len(launches))
			for _, w := range l.Workers {
				if w.Sampled == nil {
					continue
				}
				e := at(w.Side)
				if kind == results.OnCPU {
					e.SampledNS += float64(cmp.Or(w.Sampled.RawNS, w.Sampled.OnNS)) * each
					e.CPUNS += float64(w.CPUNS) * each
					continue
				}
				e.OnNS += float64(w.Sampled.OnNS) * each
				e.AsleepNS += float64(w.Sampled.AsleepNS) * each
				e.PreemptedNS += float64(w.Sampled.PreemptedNS) * each
				e.WholeNS += float64(w.Sampled.WindowNS) * each
			}
		}
	}
	return all
}

// Reasons say what of a profile is missing, and why, each once.
func Reasons(all []Profile) []string {
	var reasons []string
	add := func(what, reason string) {
		if text := what + ": " + reason; reason != "" && !slices.Contains(reasons, text) {
			reasons = append(reasons, text)
		}
	}
	for _, p := range all {
		for _, l := range slices.Concat(p.Launches, p.Failed) {
			what := "no profile"
			if l.Profile.Of == results.OffCPU {
				what = "no time off CPUs"
			}
			add(what, l.Profile.Missing)
			if l.Status != results.OK {
				add(what+" of "+l.Describe(" "), l.Reason)
			}
			add("the kernel is not looked into", l.Profile.NoKernel)
			add("the kernel's functions have no names", l.Profile.Unnamed)
			if l.Profile.Lost > 0 {
				add(l.Describe(" "), fmt.Sprintf("%d samples or switches were lost, for want of room", l.Profile.Lost))
			}
		}
	}
	return reasons
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(max(1, len(values)))
}

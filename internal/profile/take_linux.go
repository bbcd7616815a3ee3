package profile

import "slices"

// A Window is a part of the time, by CLOCK_MONOTONIC, in ns, and what a target then had
// of CPUs by its own account.
type Window struct{ From, To, CPUNS int64 }

func (w Window) holds(at int64) bool { return at >= w.From && at < w.To }

// Seen is what was seen of a target in a window.
type Seen struct {
	Samples int64
	OnNS    int64 // on a CPU, by its own account
	RawNS   int64 // what its samples come to by themselves; 0: they are not of a clock, or not of all it did
	AsleepNS,
	PreemptedNS int64 // off a CPU, of OffCPU alone
	Sleeps  int64 // how often it left a CPU, of OffCPU alone
	Lost    int64 // records of all targets for which there was no room
	process *process
	spent   []spent
}

// spent is time, with what it was spent in.
type spent struct {
	stack stack
	times int64 // how often this was seen, or is reckoned to have happened
	ns    float64
	state what // sampled, asleep, preempted
}

// Take tells what was seen of a target in a window.
func (s *Sampler) Take(target int, w Window) Seen {
	mine := func(r record) bool { return w.holds(r.at) && s.isOf(target, r) }
	seen := Seen{Lost: s.records.lost, process: s.processes[target]}
	if s.source == OffCPU {
		s.takeSleeps(&seen, mine, w)
	} else {
		s.takeSamples(&seen, mine, w)
	}
	return seen
}

// isOf says whether a record is of a target: by its threads, or its process.
func (s *Sampler) isOf(target int, r record) bool {
	t := s.targets[target]
	if t.Whole {
		return int(r.process) == t.PID
	}
	return slices.Contains(t.Threads, int(r.thread))
}

// takeSamples gives each sample its time: all of them share the CPU time by their periods.
// How long a cycle takes may change all the time. A clock's tick that comes late counts
// once, however many periods late it is (hrtimer_forward_now in the kernel), and on some
// virtual machines most do not come: by themselves they would come to anything. Where the
// kernel is not looked into, it has what of the CPU time was not sampled.
func (s *Sampler) takeSamples(seen *Seen, mine func(record) bool, w Window) {
	byStack := map[int32]*spent{}
	total := 0.0
	for _, r := range s.records.all {
		if !mine(r) || r.what != sampled {
			continue
		}
		of := s.spentIn(byStack, r)
		of.times++
		of.ns += float64(r.period)
		total += float64(r.period)
		seen.Samples++
	}
	if s.NoKernel != "" {
		seen.keep(byStack, 1)
		seen.OnNS = int64(total)
		if hidden := w.CPUNS - seen.OnNS; hidden > 0 {
			seen.OnNS = w.CPUNS
			seen.spent = append(seen.spent, spent{state: sampled, ns: float64(hidden)})
		}
		return
	}
	if total == 0 {
		return // there is nothing to share it
	}
	if s.Event != cycles {
		seen.RawNS = int64(total)
	}
	seen.keep(byStack, float64(w.CPUNS)/total)
	seen.OnNS = w.CPUNS
}

// takeSleeps puts together when threads left their CPU and were back. The stacks that
// were kept stand for all: they share all of the time, by how long theirs took.
func (s *Sampler) takeSleeps(seen *Seen, mine func(record) bool, w Window) {
	type absence struct {
		from  int64
		what  what
		stack int32
	}
	const none = -1
	gone, next := map[int32]absence{}, map[int32]int32{}
	byStack := map[what]map[int32]*spent{asleep: {}, preempted: {}}
	whole, kept, times := map[what]float64{}, map[what]float64{}, map[what]int64{}
	for _, r := range s.records.all {
		if !mine(r) {
			continue
		}
		switch r.what {
		case sampled: // as it leaves, just before that is told
			next[r.thread] = r.stack
		case asleep, preempted:
			stack, known := next[r.thread]
			if !known {
				stack = none
			}
			delete(next, r.thread)
			gone[r.thread] = absence{r.at, r.what, stack}
		case back:
			a, known := gone[r.thread]
			if !known {
				continue
			}
			delete(gone, r.thread)
			took := float64(r.at - a.from)
			whole[a.what] += took
			times[a.what]++
			if a.stack != none {
				of := s.spentIn(byStack[a.what], record{stack: a.stack, what: a.what})
				of.times++
				of.ns += took
				kept[a.what] += took
			}
		}
	}
	for state, of := range byStack {
		seen.Sleeps += times[state]
		switch {
		case kept[state] > 0:
			seen.keep(of, whole[state]/kept[state])
		case whole[state] > 0:
			seen.spent = append(seen.spent, spent{state: state, times: times[state], ns: whole[state]})
		}
	}
	seen.AsleepNS, seen.PreemptedNS = int64(whole[asleep]), int64(whole[preempted])
	seen.OnNS = w.CPUNS
}

func (s *Sampler) spentIn(byStack map[int32]*spent, r record) *spent {
	of := byStack[r.stack]
	if of == nil {
		of = &spent{stack: s.records.stacks[r.stack], state: r.what}
		byStack[r.stack] = of
	}
	return of
}

// keep takes in what was spent by stack, with its times scaled.
func (seen *Seen) keep(byStack map[int32]*spent, scale float64) {
	for _, of := range byStack {
		of.ns *= scale
		if of.state != sampled {
			of.times *= eachSleep
		}
		seen.spent = append(seen.spent, *of)
	}
}

package bench

import (
	"cmp"
	"context"
	"time"

	"ipcbench/bench/workload"
	"ipcbench/internal/host"
	"ipcbench/internal/profile"
	"ipcbench/results"
	"ipcbench/transports"
)

// profiledOf are the kinds of launch of which a profile is made, in turn, and for how long
// each is measured at least. For a share within a point or two, some thousands of samples
// are needed; of switches there are enough in less.
var profiledOf = []struct {
	of     results.ProfileOf
	source profile.Source
	time   time.Duration
}{
	{results.OnCPU, profile.OnCPU, 2 * time.Second},
	{results.OffCPU, profile.OffCPU, 500 * time.Millisecond},
}

// Profile launches each cell that can run so many times more of either kind, sampled,
// and calls each with the record, and kept with what was seen in all of a cell's.
// Those explain the launches of Run and are none of them: whoever is sampled is slower.
func (p Plan) Profile(ctx context.Context, cells []Cell, times int, each func(results.Launch) error, kept func(results.Cell, *profile.Profile) error) error {
	p = p.complete()
	return p.beside(ctx, cells, func(c Cell) error { return c.profile(ctx, p, times, each, kept) })
}

// profile makes the launches of one cell.
func (c Cell) profile(ctx context.Context, p Plan, times int, each func(results.Launch) error, kept func(results.Cell, *profile.Profile) error) error {
	into := profile.New()
	for n := range times * len(profiledOf) {
		kind := profiledOf[n%len(profiledOf)]
		p := p.lasting(kind.time)
		p.number = uint64(n + 1)
		p.sampling = &sampling{source: kind.source, cell: c, launch: n + 1, into: into, record: results.Profile{Of: kind.of}}
		err := c.launchBeside(ctx, p, func(record results.Launch) error {
			record.Launch, record.Profile = n+1, &p.sampling.record
			return each(record)
		})
		if err != nil {
			return err
		}
	}
	return kept(c.Cell, into)
}

// lasting is the plan with launches that are measured for so long at least, unless it
// says how many messages they have.
func (p Plan) lasting(least time.Duration) Plan {
	if p.Messages == 0 && p.Time < least {
		p.Timeout += least - p.Time
		p.Time = least
	}
	return p
}

// sampling is how one launch is sampled, by the driver: its ends only tell when they
// count. Of nil, nothing is.
type sampling struct {
	source  profile.Source
	cell    Cell
	launch  int
	into    *profile.Profile
	record  results.Profile
	targets []profile.Target
	sampler *profile.Sampler // nil: it could not be
}

// start begins to sample a launch whose ends are ready. Where this machine has it not
// so, the launch has no profile, and the reason is in its record.
func (s *sampling) start(l *launch) {
	if s == nil {
		return
	}
	own := s.cell.Spec.Caps().Has(transports.OwnThreads)
	if own && s.source == profile.OffCPU {
		s.record.Missing = "an end with threads of its own, such as the Go runtime's (wait=go), always has some that sleep"
		return
	}
	for i, seat := range s.cell.seats() {
		t := profile.Target{PID: l.pair.Workers[i].Pid(), Threads: l.pair.Workers[i].Threads(), Whole: own, CPUs: []int{seat.cpu}}
		if seat.cpu < 0 {
			t.CPUs, _ = host.Affinity()
		}
		s.targets = append(s.targets, t)
	}
	var err error
	if s.sampler, err = profile.Start(s.source, s.targets); err != nil {
		s.record.Missing = err.Error()
	}
}

// stop ends it. What was seen is still to be taken.
func (s *sampling) stop() {
	if s != nil && s.sampler != nil {
		s.sampler.Stop()
	}
}

// take takes what was seen of each end while it counted, by what it reported.
func (s *sampling) take(record *results.Launch, reports []workload.Report) {
	if s == nil || s.sampler == nil {
		return
	}
	s.record.Event, s.record.NoKernel = s.sampler.Event, s.sampler.NoKernel
	if err := s.into.Unnamed(); err != nil && s.record.NoKernel == "" {
		s.record.Unnamed = err.Error()
	}
	for i := range record.Workers {
		w, counting := &record.Workers[i], reports[i].Counting
		seen := s.sampler.Take(i, profile.Window{From: counting[0], To: counting[1], CPUNS: w.CPUNS})
		s.record.Lost = seen.Lost
		w.Sampled = &results.Sampled{
			WindowNS: counting[1] - counting[0], Samples: seen.Samples,
			OnNS: seen.OnNS, RawNS: seen.RawNS, AsleepNS: seen.AsleepNS, PreemptedNS: seen.PreemptedNS, Sleeps: seen.Sleeps,
		}
		s.into.Add(seen, s.labels(*w))
	}
}

// labels tell the samples of an end from all others.
func (s *sampling) labels(w results.Worker) profile.Labels {
	c := s.cell.Cell
	l := profile.Labels{
		Texts: map[string]string{results.ProfileSide: w.Side},
		Numbers: map[string]int64{
			results.ProfileLaunch: int64(s.launch),
			results.ProfilePair:   int64(w.Pair),
		},
	}
	for _, d := range results.Dimensions() {
		if text := d.Plain(c); text != "" && d.Role != results.Environment && (!d.Lesser || d.Says(c) != "") {
			l.Texts[cmp.Or(d.Bench, d.Name)] = text
		}
	}
	return l
}

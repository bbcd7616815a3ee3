// Package bench turns a plan into a run: it crosses the axes into cells, starts
// fresh processes for every launch, lets them do their workload, keeps the record
// of each, and takes what bounds the results from below beside them:
//
//	cells, err := plan.Cells(ctx)
//	run, err := bench.NewRun(plan, cells, bench.Options{Parent: "results"})
//	analysis, err := run.Carry(ctx)
//
// It knows processes, placement, floors and what belongs to a run. It must not
// know what a workload does or how a transport works inside, how a record is
// printed or drawn, or that there is a command line.
package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"ipcbench/bench/workload"
	"ipcbench/internal/peer"
	"ipcbench/results"
	"ipcbench/results/summary"
	"ipcbench/transports"
)

// A Plan says what to measure and how. The axes Specs, Workloads, Sizes and Mixes
// together, Placements and Dirs are crossed into cells.
type Plan struct {
	Specs      []transports.Spec
	Workloads  []string // names of Workloads()
	Sizes      []int    // message lengths in bytes
	Mixes      []Mix    // messages of several lengths, beside those of one
	Placements []string // see Placements(); "auto" stands for those that make sense for a spec
	Dirs       []string // for transports that live in a directory; the others ignore them

	// FitSizes says that Sizes are nobody's wish: a spec that can carry none of
	// them is measured with the largest message it can carry.
	FitSizes bool

	Launches int             // fresh process pairs for each cell: the replicate
	Time     time.Duration   // measured time of a launch, or,
	Messages int64           // where not 0, measured messages of a launch
	Warmup   workload.Warmup //  before the measured part, every byte verified
	Verify   string          // VerifyEnds or VerifyAll; "": VerifyEnds
	Timeout  time.Duration   // of a launch, from start to end; then it is killed and failed; 0: 10 s beyond the rest
	Seed     uint64          // of the order of the launches
	Labels   map[string]string

	// Until, where not 0, is how far the 95 % interval of a cell's median may
	// reach from it, as a ratio to it: of the primary metric, see
	// results.Deciding. A cell whose interval is wider after Launches is
	// launched again until it no longer is or all of the run has taken Budget.
	// To stop as soon as the interval is narrow is to stop a little more often
	// where it is so by chance: it holds the true median somewhat less often
	// than it claims.
	Until  float64
	Budget time.Duration

	Percentiles []float64 // to be shown beside those of every run, as 99.99: for whoever reads its record

	Variants []Variant // measured in turn, to be compared; none: the axes are the plan's alone

	// Axes that only some workloads have, see axes. Of one that a plan leaves out,
	// cells have no value, but what [Cell.settle] gives them.
	Pairs    []int           // of processes at once in every launch, all at the cell's kind of placement
	Rates    []float64       // offered messages per second, unless
	RateAuto bool            // they are found for each cell, see [Plan.FindRates]
	Arrivals []string        // [results.Constant], [results.Poisson]
	Pacings  []string        // [results.Spinning], [results.Sleeping]; nil: as fits the placement
	Batches  []int           // messages that share a push to the storage, of transports that push by a call
	Work     []time.Duration // of the consumer, on each message
	Think    []time.Duration // of the producer, before each
	FanIn    []int           // producers to one consumer
	FanOut   []int           // consumers to one producer

	perf     bool      // see Diagnose
	sampling *sampling // of one launch, see Profile; nil: it is not sampled
	trace    bool      // of one launch, see [Cell.explain]
	number   uint64    // of one launch, within its cell
	court    string    // of one launch, see [workload.Task]
	shared   string    // likewise
	muster   string    // likewise
}

// What is checked of a measured message. While warming up, it is every byte.
const (
	VerifyEnds = "header" // its number, its length and both of its ends, and of one in 4096 every byte
	VerifyAll  = "full"   // every byte
)

// spare is how much longer a launch may take than what it measures, unless the
// plan says so.
const spare = 10 * time.Second

// complete fills in what a plan may leave out.
func (p Plan) complete() Plan {
	p.Verify = cmp.Or(p.Verify, VerifyEnds)
	p.Timeout = cmp.Or(p.Timeout, p.Time+p.Warmup.Time+p.busy()+spare)
	p.RateAuto = p.RateAuto || len(p.Rates) == 0 && slices.ContainsFunc(p.Workloads, func(name string) bool {
		w, err := workload.Lookup(name)
		return err == nil && w.Takes(results.RateColumn)
	})
	return p
}

// A Warmup is how long both ends exchange messages before what is measured.
type Warmup = workload.Warmup

// Workloads lists what can be measured, in the order of tables.
func Workloads() []results.Workload {
	var all []results.Workload
	for _, w := range workload.All() {
		all = append(all, results.LookupWorkload(w.Name))
	}
	return all
}

// Record returns the plan as run.json keeps it.
func (p Plan) Record() results.Plan {
	p = p.complete()
	record := results.Plan{
		Pairs: p.Pairs, Rates: p.Rates, RatesAuto: p.RateAuto, Arrivals: p.Arrivals, Pacings: p.Pacings,
		Batches: p.Batches, WorkNS: inNS(p.Work), ThinkNS: inNS(p.Think), FanIn: p.FanIn, FanOut: p.FanOut, Mixes: mixNames(p.Mixes),
		Specs: specNames(p.Specs), Workloads: p.Workloads, Sizes: p.Sizes, Placements: p.Placements, Dirs: p.Dirs,
		Launches: p.Launches, TimeNS: int64(p.Time), Messages: p.Messages,
		Warmup: p.Warmup.String(), Verify: p.Verify, TimeoutNS: int64(p.Timeout), Seed: p.Seed,
		Until: p.Until, BudgetNS: int64(p.Budget), Percentiles: p.Percentiles, Variants: p.recordVariants(),
	}
	if len(p.Variants) > 0 {
		record.Specs, record.Placements, record.Dirs = nil, nil, nil
	}
	for _, v := range record.Variants {
		record.Specs, record.Placements, record.Dirs = union(record.Specs, v.Specs), union(record.Placements, v.Placements), union(record.Dirs, v.Dirs)
	}
	return record
}

func inNS(times []time.Duration) []int64 {
	var ns []int64
	for _, t := range times {
		ns = append(ns, int64(t))
	}
	return ns
}

func specNames(specs []transports.Spec) []string {
	var names []string
	for _, spec := range specs {
		names = append(names, spec.String())
	}
	return names
}

// Cells crosses the plan's axes, those of each variant by themselves, and tries
// whether each cell can run, by making its link once and closing it: in a process
// of its own, see [Trials]. An error means that the plan itself is wrong, or that
// ctx has ended.
func (p Plan) Cells(ctx context.Context) ([]Cell, error) {
	var tried Trials
	defer tried.Close()
	return p.CellsTried(ctx, &tried)
}

// CellsTried is Cells by trials that may have been used before.
func (p Plan) CellsTried(ctx context.Context, tried *Trials) ([]Cell, error) {
	if err := p.bounds(); err != nil {
		return nil, err
	}
	if len(p.Variants) > 0 {
		return p.cellsOfAll(ctx, tried)
	}
	p = p.complete()
	if err := p.check(); err != nil {
		return nil, err
	}
	identities, err := p.identities()
	if err != nil {
		return nil, err
	}
	tried.Limit = p.Timeout
	if err := p.reserveThreads(ctx, tried); err != nil {
		return nil, err
	}
	cells, err := p.cross(ctx, identities, tried)
	if err != nil {
		return nil, err
	}
	try(ctx, cells, tried)
	return cells, ctx.Err()
}

// cross returns every cell of the axes, once: an axis may name a value twice.
func (p Plan) cross(ctx context.Context, identities map[string]*identity, tried *Trials) ([]Cell, error) {
	var cells []Cell
	crossed := map[results.Cell]bool{}
	for _, name := range p.Workloads {
		for _, spec := range p.Specs {
			limit := tried.MaxSize(ctx, spec)
			places, err := p.places(spec)
			if err != nil {
				return nil, err
			}
			for _, place := range places {
				for _, dir := range p.dirs(spec) {
					for _, mix := range p.mixes(name, limit) {
						spec.Dir, spec.Size, spec.Uniform = dir, mix.longest(), mix.Name == ""
						for _, c := range p.along(mix.of(newCell(name, spec, place, identities[dir]))) {
							if !crossed[c.Cell] {
								crossed[c.Cell] = true
								cells = append(cells, c)
							}
						}
					}
				}
			}
		}
	}
	return cells, ctx.Err()
}

// try finds out which of the cells can run.
func try(ctx context.Context, cells []Cell, tried *Trials) {
	var all []*Cell
	var specs []transports.Spec
	for i := range cells {
		c := &cells[i]
		c.Skip = cmp.Or(c.Skip, tried.unpinned(ctx, c.occupied()))
		if c.Skip == "" {
			all, specs = append(all, c), append(specs, c.Spec)
		}
	}
	for i, err := range tried.Links(ctx, specs) {
		all[i].judge(err)
	}
	rehearsed := map[string]error{} // by transport and options: size and directory change no system call
	for _, c := range all {
		name := c.Spec.String()
		if _, done := rehearsed[name]; !done && c.Runnable() && ctx.Err() == nil {
			rehearsed[name] = tried.Rehearse(ctx, c.Spec)
		}
		if c.Runnable() {
			c.judge(rehearsed[name])
		}
	}
}

// reserveThreads has the threads that a run needs started: beside those of the
// runtime, one that waits for each process, and some for what the driver does
// itself. It first sees what becomes of a process that tries.
func (p Plan) reserveThreads(ctx context.Context, tried *Trials) error {
	n := runtime.GOMAXPROCS(0) + 3*p.ends() + 8
	if err := tried.Threads(ctx, n); err != nil {
		return fmt.Errorf("a run starts processes and %d threads: %w", n, err)
	}
	peer.ReserveThreads(n)
	return nil
}

// What no plan exceeds: beyond, sums would overflow long before anybody had waited
// for them.
const (
	mostLaunches = 1_000_000           // of a cell
	longest      = 30 * 24 * time.Hour // of any time
	mostMessages = 1 << 50             // of a launch: a year of them at 36 million a second
	largest      = 1 << 40             // bytes of a message
)

// bounds refuses what exceeds them.
func (p Plan) bounds() error {
	if p.Launches > mostLaunches {
		return fmt.Errorf("%d launches (-n): at most %d of each cell are made", p.Launches, mostLaunches)
	}
	for _, t := range []struct {
		flag string
		time time.Duration
	}{{"--time", p.Time}, {"--warmup", p.Warmup.Time}, {"--timeout", p.Timeout}, {"--budget", p.Budget}} {
		if t.time < 0 || t.time > longest {
			return fmt.Errorf("%s %v: it is at most %v, and not negative", t.flag, t.time, longest)
		}
	}
	if n := max(p.Messages, p.Warmup.Messages); n > mostMessages {
		return fmt.Errorf("%d messages: at most %d are exchanged in a launch", n, int64(mostMessages))
	}
	if len(p.Sizes) > 0 && slices.Max(p.Sizes) > largest {
		return fmt.Errorf("message size %d: at most %d bytes are sent", slices.Max(p.Sizes), int64(largest))
	}
	return nil
}

// check refuses what cannot be measured by anyone.
func (p Plan) check() error {
	for axis, n := range map[string]int{"transport": len(p.Specs), "workload": len(p.Workloads), "message size": len(p.Sizes) + len(p.Mixes), "placement": len(p.Placements)} {
		if n == 0 {
			return fmt.Errorf("plan: no %s is given", axis)
		}
	}
	for _, name := range p.Workloads {
		if _, err := workload.Lookup(name); err != nil {
			return err
		}
	}
	for _, size := range p.Sizes {
		if size < 1 {
			return fmt.Errorf("message size %d: a message has at least 1 byte", size)
		}
	}
	if err := cmp.Or(p.checkMixes(), p.checkAxes(), p.checkRates(), p.checkCrowd()); err != nil {
		return err
	}
	if p.Launches < 1 {
		return fmt.Errorf("%d launches: at least 1 is needed", p.Launches)
	}
	if p.Until > 0 && p.Launches < summary.LeastForInterval {
		return fmt.Errorf("%d launches of each cell: there is no interval to narrow down below %d: give --until at least -n %[2]d", p.Launches, summary.LeastForInterval)
	}
	if p.Until < 0 || p.Until > 0 && p.Budget <= 0 {
		return fmt.Errorf("plan: until %v within %v: both must be positive", p.Until, p.Budget)
	}
	if p.Messages < 0 || p.Messages == 0 && p.Time <= 0 {
		return errors.New("plan: neither a measured time nor a number of messages is given")
	}
	if least := p.Time + p.Warmup.Time; p.Timeout <= least {
		return fmt.Errorf("timeout %v: warm-up and measured time alone take %v: give a longer --timeout", p.Timeout, least)
	}
	if most := slices.Max(append(slices.Clone(p.Batches), 0)); p.Messages > 0 && p.Messages < 2*int64(most) {
		return fmt.Errorf("%d messages (--messages) of which %d share a sync (--batch): whole batches are measured: give at least --messages %d", p.Messages, most, 2*most)
	}
	if p.Verify != VerifyEnds && p.Verify != VerifyAll {
		return fmt.Errorf("verify %q: it is header or full", p.Verify)
	}
	if i := slices.IndexFunc(p.Specs, needsDir); i >= 0 && len(p.Dirs) == 0 {
		return fmt.Errorf("plan: %s needs a directory and none is given", p.Specs[i])
	}
	return nil
}

func needsDir(spec transports.Spec) bool { return spec.Caps().Has(transports.NeedsDir) }

// places returns where the plan puts a spec's ends, each place once.
func (p Plan) places(spec transports.Spec) ([]Placement, error) {
	var places []Placement
	for _, name := range p.Placements {
		resolved, err := resolve(name, spec)
		if err != nil {
			return nil, err
		}
		for _, place := range resolved {
			if !slices.ContainsFunc(places, func(other Placement) bool { return other.Name == place.Name }) {
				places = append(places, place)
			}
		}
	}
	return places, nil
}

func (p Plan) dirs(spec transports.Spec) []string {
	if needsDir(spec) {
		return p.Dirs
	}
	return []string{""}
}

// sizes returns the sizes to measure a spec with that carries at most limit, where
// not 0. Those that it cannot carry are among them: their rows say why. A workload
// that is measured at several rates has one size, where nobody asked for more.
func (p Plan) sizes(name string, limit int) []int {
	if w, err := workload.Lookup(name); err == nil && p.FitSizes && w.Takes(results.RateColumn) {
		p.Sizes = p.Sizes[:1]
	}
	if p.FitSizes && limit > 0 && limit < slices.Min(p.Sizes) {
		return []int{limit}
	}
	return p.Sizes
}

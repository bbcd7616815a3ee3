package bench

import (
	"context"
	"errors"
	"slices"
	"time"

	"ipcbench/results"
)

// Floors are what the harness itself and the bare machine cost, below which no
// result can be: reading the clock, the round trip of a cache line between the
// CPUs that the cells use, that of waking whoever sleeps there, copying a message
// of each size, and the null transport's round trip of each. Taken again and
// again in the course of a run, they are its control: where they change, the
// machine did.
type Floors struct {
	gauges   []*gauge
	launches int           // of the plan
	pause    time.Duration // from one taking to the next once those are over
	taken    time.Time     // the last time
}

// between is how often floors are taken between the launches of a plan, beside
// once before and once after them.
const between = 8

// Floors returns the floors below the plan and its cells, none of them taken.
func (p Plan) Floors(cells []Cell) *Floors {
	f := &Floors{gauges: p.gauges(cells), pause: p.Budget / (between + 1)}
	for _, c := range cells {
		if c.Runnable() {
			f.launches += p.Launches
		}
	}
	return f
}

// Due reports whether to take the floors again now that the launch with that
// place in the order has ended: up to 8 times, evenly spread, between the
// launches of the plan, and as often again in the time that the plan's budget
// leaves for further ones.
func (f *Floors) Due(order int) bool {
	if order <= f.launches {
		step := (f.launches + between) / (between + 1)
		return order > 0 && order%step == 0 && order < f.launches
	}
	return time.Since(f.taken) >= f.pause
}

// Take takes each floor once more. It needs the machine to itself, for some
// 5 ms each and 20 ms for those of a wake-up and of the null transport, which
// take processes. A floor that fails has no sample of this time; the error says
// why.
func (f *Floors) Take(ctx context.Context) error {
	var failed []error
	for _, g := range f.gauges {
		at := time.Now().UTC()
		ns, err := g.read(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			failed = append(failed, err)
			continue
		}
		g.floor.Samples = append(g.floor.Samples, results.Sample{At: at, NS: ns})
	}
	f.taken = time.Now()
	return errors.Join(failed...)
}

// Record returns what was taken so far.
func (f *Floors) Record() []results.Floor {
	var taken []results.Floor
	for _, g := range f.gauges {
		if len(g.floor.Samples) > 0 {
			taken = append(taken, g.record())
		}
	}
	return taken
}

// A gauge reads one floor.
type gauge struct {
	floor results.Floor
	read  func(context.Context) (ns float64, err error)
}

func (g *gauge) record() results.Floor {
	floor := g.floor
	var all []float64
	for _, sample := range floor.Samples {
		all = append(all, sample.NS)
	}
	floor.NS = results.Median(all)
	floor.Samples = slices.Clone(floor.Samples)
	return floor
}

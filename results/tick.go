package results

// A Stamping is how far the values of a metric hang on single readings of the
// clock, which moves in ticks.
type Stamping int

// The ways a metric hangs on them.
const (
	Unstamped   Stamping = iota // not at all, or over so long a time that a tick is nothing
	Stamped                     // it is a time between two: its values move in steps of a tick. So are all quantiles of a histogram
	OnePerBatch                 // a mean between two: in steps of a tick over the operations in between
)

// fewTicks is so few of the clock's that a time of less is told too coarsely by
// two readings of it: a tick is 5 % of it or more.
const fewTicks = 20

// Tick is the step in which the readings of the workers' clocks move, in ns, or
// 0 where the record does not say.
func (l Launch) Tick() int64 {
	var tick int64
	for _, w := range l.Workers {
		tick = max(tick, w.TickNS)
	}
	return tick
}

// Step is the step in which a metric's values move because the clock does, in
// ns; 0 where that is nothing or not known.
func (l Launch) Step(m Metric) float64 {
	tick := float64(l.Tick())
	switch {
	case m.Unit != Nanoseconds:
		return 0
	case m.Stamps == OnePerBatch:
		return tick / float64(l.stampEvery())
	case m.Stamps == Stamped || m.Of != "":
		return tick
	}
	return 0
}

// stampEvery is the least of the workers', at least 1.
func (l Launch) stampEvery() int64 {
	every := int64(0)
	for _, w := range l.Workers {
		if w.StampEvery > 0 && (every == 0 || w.StampEvery < every) {
			every = w.StampEvery
		}
	}
	return max(1, every)
}

// Deciding returns the metric that decides on a cell, of which the launches of
// each side are given: by which it is sorted, narrowed down and compared. That is
// the workload's Main or, where that is less than 20 ticks of the clock on any
// side, its Fine, if every launch that ended ok has both.
func Deciding(workload string, sides ...[]Launch) string {
	w := LookupWorkload(workload)
	if w.Fine == "" {
		return w.Main
	}
	short := false
	for _, launches := range sides {
		var mains, ticks []float64
		for _, l := range launches {
			if l.Status != OK {
				continue
			}
			main, hasMain := l.Metrics[w.Main]
			_, hasFine := l.Metrics[w.Fine]
			tick := l.Tick()
			if !hasMain || !hasFine || tick == 0 {
				return w.Main
			}
			mains, ticks = append(mains, main), append(ticks, float64(tick))
		}
		short = short || len(mains) > 0 && Median(mains) < fewTicks*Median(ticks)
	}
	if short {
		return w.Fine
	}
	return w.Main
}

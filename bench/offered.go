package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"ipcbench/bench/workload"
	"ipcbench/results"
)

// settle gives a cell what its workload has to know and the plan does not say, and
// refuses what would measure nothing but the producer's own waiting.
func (c *Cell) settle() {
	if c.has(results.ArrivalsColumn) && c.Arrivals == "" {
		c.Arrivals = results.Constant
	}
	if !c.has(results.PacingColumn) {
		return
	}
	if c.Pacing == "" {
		c.Pacing = results.Spinning
		if c.OnOneCPU() {
			c.Pacing = results.Sleeping
		}
	}
	if c.Pacing == results.Spinning && c.OnOneCPU() && c.Skip == "" {
		c.Skip = "a producer that spins until the next message is due keeps the consumer from their one CPU: choose --pacing sleep or another --placement"
	}
}

// has says whether the cell's workload has that dimension.
func (c Cell) has(column string) bool {
	w, err := workload.Lookup(c.Workload)
	return err == nil && w.Takes(column)
}

// RateOpen says whether the cell's rate is still to be found, see [Plan.FindRates].
func (c Cell) RateOpen() bool { return c.has(results.RateColumn) && c.RatePerS == 0 }

// checkRates refuses rates of which a launch would have too few messages.
func (p Plan) checkRates() error {
	if p.RateAuto && len(p.Rates) > 0 {
		return errors.New("--rate: auto finds the rates, and some are given: give one or the other")
	}
	for _, rate := range p.Rates {
		if p.Messages == 0 && rate*p.Time.Seconds() < leastOffered {
			return fmt.Errorf("--rate %s: %.3g messages in --time %v are too few, for a launch has at least %d: give it a longer --time",
				results.Plain(rate), rate*p.Time.Seconds(), p.Time, leastOffered)
		}
	}
	return nil
}

const (
	// leastOffered is how many messages are offered in a launch, at least.
	leastOffered = 10
	// lightest is what share of what a cell can carry the first of the rates is
	// that are found for it, and past by how much the last exceeds it.
	lightest, past = 1. / 25, 1.15
	// dense is the share from which on the rates are closer together.
	dense = 1. / 5
	// pilotTime is how long a stream is looked at to find out what that is.
	pilotTime = 20 * time.Millisecond
)

// FindRates replaces each cell whose rate is open by one for each of several rates,
// from a light load to past what the cell can carry, which a short stream of it
// tells. They are round, so that two runs have most of them in common. The streams
// are no results. A cell whose stream fails has failed.
func (p Plan) FindRates(ctx context.Context, cells []Cell) ([]Cell, error) {
	var found []Cell
	for _, c := range cells {
		if !c.RateOpen() || !c.Runnable() {
			found = append(found, c)
			continue
		}
		carries, err := p.saturation(ctx, c)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		rates := ratesUpTo(carries)
		if p.Messages == 0 {
			rates = slices.DeleteFunc(rates, func(rate float64) bool { return rate*p.Time.Seconds() < 2*leastOffered })
		}
		switch {
		case err != nil:
			c.Fail = "a stream to find out what it can carry: " + err.Error()
		case len(rates) == 0:
			c.Skip = fmt.Sprintf("it carries about %s, which is too few in a launch of %v: give it a longer --time", results.FormatRate(carries), p.Time)
		}
		if !c.Runnable() {
			found = append(found, c)
		}
		for _, rate := range rates {
			c.RatePerS = rate
			found = append(found, c)
		}
	}
	return found, nil
}

// saturation is how many messages per second a stream of the cell carries.
func (p Plan) saturation(ctx context.Context, c Cell) (perS float64, err error) {
	c.Workload, c.Arrivals, c.Pacing = workload.Throughput.Name, "", ""
	p = p.complete()
	p.Time, p.Messages = pilotTime, 0
	p.Timeout = max(p.Timeout, p.Time+p.Warmup.Time+spare)
	l := c.launch(ctx, p)
	if l.Status != results.OK {
		return 0, fmt.Errorf("%s", l.Reason)
	}
	return l.Metrics[results.MsgsPerS], nil
}

// ratesUpTo are rates for what carries so much: 1, 2 and 5 times powers of ten and,
// where it begins to matter, the preferred numbers of the series R5 (ISO 3).
func ratesUpTo(carries float64) []float64 {
	var rates []float64
	for decade := math.Floor(math.Log10(carries * lightest)); ; decade++ {
		for _, step := range []struct {
			digits float64
			coarse bool // in the first of the two series
			fine   bool // in the second
		}{{1, true, true}, {1.6, false, true}, {2, true, false}, {2.5, false, true}, {4, false, true}, {5, true, false}, {6.3, false, true}} {
			rate := math.Round(step.digits*10) * math.Pow(10, decade-1)
			if rate < carries*lightest || rate < carries*dense && !step.coarse || rate >= carries*dense && !step.fine {
				continue
			}
			rates = append(rates, rate)
			if rate >= carries*past {
				return rates
			}
		}
	}
}

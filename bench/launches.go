package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"ipcbench/internal/peer"
	"ipcbench/results"
)

// Run measures the cells of the plan: each cell by so many launches, and the
// launches of all cells in one random order, so that what drifts on the
// machine falls on all of them alike, or those of variants in turn. Then it
// launches some again: with Until those that are not narrow yet, else those that
// have too few launches of a kind. It keeps nothing: a [Run] does, and takes the
// floors beside.
//
// It calls each with every record as soon as its launch has ended and returns
// them all. Nothing runs beside a launch. A launch that fails is a record, not
// an error, and so is a cell that cannot run; those come first. On
// cancellation Run ends the launch in flight, which leaves no record, and
// returns what it has with the context's error.
func (p Plan) Run(ctx context.Context, cells []Cell, each func(results.Launch) error) ([]results.Launch, error) {
	if err := errors.Join(peer.Idle(), p.bounds()); err != nil {
		return nil, err
	}
	s := series{
		Plan: p.complete(), each: each, random: rand.New(rand.NewPCG(p.Seed, p.Seed)),
		switcher: switcher{plan: p}, stuck: map[results.Cell]int{},
	}
	err := s.refuse(cells)
	if err == nil {
		err = s.carryOut(ctx, cells)
	}
	switch {
	case err != nil:
	case p.Until > 0:
		err = s.narrow(ctx, cells)
	default:
		err = s.again(ctx, cells)
	}
	return s.records, err
}

// A series is the launches of a plan under way.
type series struct {
	Plan
	each    func(results.Launch) error
	random  *rand.Rand
	records []results.Launch
	stuck   map[results.Cell]int // launches that ran into their deadline
	order   int                  // of the last launch, from 1
	began   time.Time            // the first launch
	switcher
}

// refuse keeps a record of each cell that cannot run.
func (s *series) refuse(cells []Cell) error {
	for _, c := range cells {
		if !c.Runnable() {
			if err := s.keep(c.refusal(s.Plan)); err != nil {
				return err
			}
		}
	}
	return nil
}

// carryOut makes the plan's launches of all cells that can run.
func (s *series) carryOut(ctx context.Context, cells []Cell) error {
	s.began = time.Now()
	for turn := range s.planned(cells) {
		if err := s.launch(ctx, turn); err != nil {
			return err
		}
	}
	return nil
}

// giveUp is how many launches of a cell may run into their deadline before the
// rest of them is not even started.
const giveUp = 2

// launch makes one launch and keeps its record.
func (s *series) launch(ctx context.Context, t turn) error {
	if err := s.switcher.to(ctx, t.Cell); err != nil {
		return err
	}
	var record results.Launch
	if s.stuck[t.Cell.Cell] < giveUp {
		plan := s.Plan
		plan.number = uint64(t.number)
		record = t.launch(ctx, plan)
	} else {
		record = t.refusal(s.Plan)
		record.Status, record.Reason = results.Failed, fmt.Sprintf("not started: %d launches of this cell had run into their deadline", giveUp)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if record.Status == results.Failed && time.Since(record.Started) >= s.Timeout {
		s.stuck[t.Cell.Cell]++
	}
	s.order++
	record.Launch, record.Order = t.number, s.order
	return s.keep(record)
}

func (s *series) keep(record results.Launch) error {
	s.records = append(s.records, record)
	return s.each(record)
}

// refusal is the record of a cell that was not launched.
func (c Cell) refusal(p Plan) results.Launch {
	record := results.Launch{Cell: c.Cell, Started: time.Now().UTC(), Status: results.Skipped, Reason: c.Skip, Labels: p.labels(c.Cell)}
	if c.Fail != "" {
		record.Status, record.Reason = results.Failed, c.Fail
	}
	return record
}

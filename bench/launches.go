package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"ipcbench/results"
)

// Run measures the cells of the plan: each cell by so many launches, and the
// launches of all cells in one shuffled order, so that what drifts on the
// machine falls on all of them alike. With Until it then launches some again.
//
// It calls each with every record as soon as its launch has ended and returns
// them all. Nothing runs beside a launch. A launch that fails is a record, not
// an error, and so is a cell that cannot run; those come first. On
// cancellation Run ends the launch in flight, which leaves no record, and
// returns what it has with the context's error.
func (p Plan) Run(ctx context.Context, cells []Cell, each func(results.Launch) error) ([]results.Launch, error) {
	r := run{
		Plan: p, each: each, random: rand.New(rand.NewPCG(p.Seed, p.Seed)),
		of: map[results.Cell][]results.Launch{}, stuck: map[results.Cell]int{},
	}
	err := r.refuse(cells)
	if err == nil {
		err = r.carryOut(ctx, cells)
	}
	if err == nil && p.Until > 0 {
		err = r.narrow(ctx, cells)
	}
	return r.records, err
}

// A run is a plan under way.
type run struct {
	Plan
	each    func(results.Launch) error
	random  *rand.Rand
	records []results.Launch
	of      map[results.Cell][]results.Launch // the same by cell
	stuck   map[results.Cell]int              // launches that ran into their deadline
	order   int                               // of the last launch, from 1
	began   time.Time                         // the first launch
}

// A turn is one launch to come.
type turn struct {
	Cell
	number int // within the cell, from 1
}

// refuse keeps a record of each cell that cannot run.
func (r *run) refuse(cells []Cell) error {
	for _, c := range cells {
		if !c.Runnable() {
			if err := r.keep(c.refusal(r.Plan)); err != nil {
				return err
			}
		}
	}
	return nil
}

// carryOut makes the plan's launches of all cells that can run.
func (r *run) carryOut(ctx context.Context, cells []Cell) error {
	var turns []turn
	for _, c := range cells {
		for n := 1; n <= r.Launches && c.Runnable(); n++ {
			turns = append(turns, turn{c, n})
		}
	}
	r.began = time.Now()
	r.shuffle(turns)
	for _, turn := range turns {
		if err := r.launch(ctx, turn); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) shuffle(turns []turn) {
	r.random.Shuffle(len(turns), func(i, j int) { turns[i], turns[j] = turns[j], turns[i] })
}

// giveUp is how many launches of a cell may run into their deadline before the
// rest of them is not even started.
const giveUp = 2

// launch makes one launch and keeps its record.
func (r *run) launch(ctx context.Context, t turn) error {
	var record results.Launch
	if r.stuck[t.Cell.Cell] < giveUp {
		record = t.launch(ctx, r.Plan)
	} else {
		record = t.refusal(r.Plan)
		record.Status, record.Reason = results.Failed, fmt.Sprintf("not started: %d launches of this cell had run into their deadline", giveUp)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if record.Status == results.Failed && time.Since(record.Started) >= r.Timeout {
		r.stuck[t.Cell.Cell]++
	}
	r.order++
	record.Launch, record.Order = t.number, r.order
	return r.keep(record)
}

func (r *run) keep(record results.Launch) error {
	r.records = append(r.records, record)
	r.of[record.Cell] = append(r.of[record.Cell], record)
	return r.each(record)
}

// refusal is the record of a cell that was not launched.
func (c Cell) refusal(p Plan) results.Launch {
	record := results.Launch{Cell: c.Cell, Started: time.Now().UTC(), Status: results.Skipped, Reason: c.Skip, Labels: p.Labels}
	if c.Fail != "" {
		record.Status, record.Reason = results.Failed, c.Fail
	}
	return record
}

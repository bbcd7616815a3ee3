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
// machine falls on all of them alike.
//
// It calls each with every record as soon as its launch has ended and returns
// them all. Nothing runs beside a launch. A launch that fails is a record, not
// an error, and so is a cell that cannot run; those come first. On
// cancellation Run ends the launch in flight, which leaves no record, and
// returns what it has with the context's error.
func (p Plan) Run(ctx context.Context, cells []Cell, each func(results.Launch) error) ([]results.Launch, error) {
	var records []results.Launch
	keep := func(record results.Launch) error {
		records = append(records, record)
		return each(record)
	}
	for _, c := range cells {
		if !c.Runnable() {
			if err := keep(c.refusal(p)); err != nil {
				return records, err
			}
		}
	}
	stuck := map[results.Cell]int{}
	for i, turn := range p.order(cells) {
		record := results.Launch{}
		if stuck[turn.Cell.Cell] < giveUp {
			record = turn.launch(ctx, p)
		} else {
			record = turn.refusal(p)
			record.Status, record.Reason = results.Failed, fmt.Sprintf("not started: %d launches of this cell had run into their deadline", giveUp)
		}
		if err := ctx.Err(); err != nil {
			return records, err
		}
		if record.Status == results.Failed && time.Since(record.Started) >= p.Timeout {
			stuck[turn.Cell.Cell]++
		}
		record.Launch, record.Order = turn.number, i+1
		if err := keep(record); err != nil {
			return records, err
		}
	}
	return records, nil
}

// giveUp is how many launches of a cell may run into their deadline before the
// rest of them is not even started.
const giveUp = 2

// A turn is one launch to come.
type turn struct {
	Cell
	number int // within the cell, from 1
}

// order returns the launches of all cells that can run, shuffled.
func (p Plan) order(cells []Cell) []turn {
	var turns []turn
	for _, c := range cells {
		for n := 1; n <= p.Launches && c.Runnable(); n++ {
			turns = append(turns, turn{c, n})
		}
	}
	random := rand.New(rand.NewPCG(p.Seed, p.Seed))
	random.Shuffle(len(turns), func(i, j int) { turns[i], turns[j] = turns[j], turns[i] })
	return turns
}

// refusal is the record of a cell that was not launched.
func (c Cell) refusal(p Plan) results.Launch {
	record := results.Launch{Cell: c.Cell, Started: time.Now().UTC(), Status: results.Skipped, Reason: c.Skip, Labels: p.Labels}
	if c.Fail != "" {
		record.Status, record.Reason = results.Failed, c.Fail
	}
	return record
}

package peer

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"ipcbench/transports"
)

// grace is how long a worker may take to end by itself once its peer has
// failed: long enough to say why, if it knows.
const grace = 200 * time.Millisecond

// A Pair is a worker at each end of a link; a single worker where a transport
// has both ends in one process. It can be several such pairs, each with a link
// of its own, or more workers than two on a link, that start and end together.
type Pair struct {
	Workers []*Worker // in the order of their seats
	links   []transports.Link
	failing sync.Once
}

// A Seat is what a worker is started for.
type Seat struct {
	Side  transports.Side
	Links []transports.Link // that it has this end of
	Options
	Job func([]Inherited) any // what it is told, of what it inherits of each link
}

// StartPair starts a worker for each of the sides and tells it its job. All of
// them are killed when ctx ends.
func StartPair(ctx context.Context, link transports.Link, sides []transports.Side, options func(transports.Side) Options, job func(transports.Side, Inherited) any) (*Pair, error) {
	links := []transports.Link{link}
	var seats []Seat
	for _, side := range sides {
		seats = append(seats, Seat{side, links, options(side), func(i []Inherited) any { return job(side, i[0]) }})
	}
	return StartSeats(ctx, links, seats)
}

// StartSeats is StartPair for any number of workers, on any of several links.
func StartSeats(ctx context.Context, links []transports.Link, seats []Seat) (*Pair, error) {
	p := &Pair{links: links}
	for _, seat := range seats {
		var files []*os.File
		var inherited []Inherited
		for _, link := range seat.Links {
			h := link.For(seat.Side)
			files, inherited = append(files, h.Files...), append(inherited, Inherit(h))
		}
		w, err := Start(seat.Side, files, seat.Options)
		if err == nil {
			p.Workers = append(p.Workers, w)
			err = w.Tell(seat.Job(inherited))
		}
		if err != nil {
			p.Kill()
			p.Wait(ctx)
			return nil, err
		}
	}
	context.AfterFunc(ctx, p.Kill)
	return p, nil
}

// Kill ends all workers at once, having looked what they are at: one that is gone
// lets the others go on to something else.
func (p *Pair) Kill() {
	for _, w := range p.Workers {
		w.look()
	}
	for _, w := range p.Workers {
		w.Kill()
	}
}

// GiveUp ends all workers in a moment: one that has failed may say why by then.
func (p *Pair) GiveUp() {
	p.failing.Do(func() { time.AfterFunc(grace, p.Kill) })
}

// Go waits until all workers are ready and lets them start.
func (p *Pair) Go() error {
	if err := p.Ready(); err != nil {
		return err
	}
	return p.Begin("go")
}

// Ready waits until all workers are, and closes the driver's copies of what they
// share, so that a dead end really is closed.
func (p *Pair) Ready() error {
	if err := p.each("ready", func(_ int, w *Worker) error { return w.Hear(new(string)) }); err != nil {
		return err
	}
	for _, link := range p.links {
		if err := link.Close(); err != nil {
			p.Kill()
			return err
		}
	}
	return nil
}

// Begin lets all workers start, and tells them what they hear by
// [Control.ReadyFor].
func (p *Pair) Begin(what any) error {
	return p.each("started", func(_ int, w *Worker) error { return w.Tell(what) })
}

// Reports waits for what each worker tells when it is done, in the order of
// Workers.
func (p *Pair) Reports(into func(i int) any) error {
	return p.each("done", func(i int, w *Worker) error { return w.Hear(into(i)) })
}

// each calls f for every worker at once and returns the first error. After it,
// the other workers have a moment to end by themselves.
func (p *Pair) each(stage string, f func(int, *Worker) error) error {
	errs := make(chan error, len(p.Workers))
	for i, w := range p.Workers {
		go func() {
			err := f(i, w)
			if err == io.EOF {
				err = fmt.Errorf("the %s was not %s", w.Side, stage)
			}
			if err != nil {
				p.GiveUp()
			}
			errs <- err
		}()
	}
	var first error
	for range p.Workers {
		if err := <-errs; err != nil && first == nil {
			first = err
		}
	}
	return first
}

// Wait waits until all workers have ended; those that still run when ctx ends
// are killed.
func (p *Pair) Wait(ctx context.Context) []Exit {
	var exits []Exit
	for _, w := range p.Workers {
		exits = append(exits, w.Wait(ctx))
	}
	return exits
}

// Cause returns the end that explains why a pair failed, or nil where all
// ended well or were killed by the driver: one that a signal ended before one
// that found something wrong, and last one that only saw that its peer was
// gone. It is an [Exit].
func Cause(exits []Exit) error {
	bad := slices.DeleteFunc(slices.Clone(exits), func(e Exit) bool { return e.OK || e.Killed })
	if len(bad) == 0 {
		return nil
	}
	slices.SortFunc(bad, func(a, b Exit) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), a.At.Compare(b.At))
	})
	return bad[0]
}

func (e Exit) rank() int {
	switch {
	case e.Signal != "":
		return 0
	case e.PeerGone:
		return 2
	}
	return 1
}

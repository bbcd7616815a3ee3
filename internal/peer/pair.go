package peer

import (
	"cmp"
	"context"
	"fmt"
	"io"
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
// of its own, that start and end together.
type Pair struct {
	Workers []*Worker // link by link
	links   []transports.Link
	failing sync.Once
}

// StartPair starts a worker for each of the sides and tells it its job. All of
// them are killed when ctx ends.
func StartPair(ctx context.Context, link transports.Link, sides []transports.Side, options func(transports.Side) Options, job func(transports.Side, Inherited) any) (*Pair, error) {
	return StartPairs(ctx, []transports.Link{link}, sides, options, job)
}

// StartPairs is StartPair for several links at once.
func StartPairs(ctx context.Context, links []transports.Link, sides []transports.Side, options func(transports.Side) Options, job func(transports.Side, Inherited) any) (*Pair, error) {
	p := &Pair{links: links}
	for _, link := range links {
		for _, side := range sides {
			h := link.For(side)
			w, err := Start(side, h.Files, options(side))
			if err == nil {
				p.Workers = append(p.Workers, w)
				err = w.Tell(job(side, Inherit(h)))
			}
			if err != nil {
				p.Kill()
				p.Wait(ctx)
				return nil, err
			}
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

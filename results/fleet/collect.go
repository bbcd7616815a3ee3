package fleet

import (
	"context"
	"fmt"
	"sync"

	"ipcbench/internal/quote"
	"ipcbench/results"
)

// Collected is what became of the runs of some sources.
type Collected struct {
	Added, Known int
	Unfinished   int      // still under way, or killed: they are looked at again the next time
	Left         []string // why others were left out

	places map[string]bool // that the sources have
}

func (c Collected) and(more Collected) Collected {
	return Collected{Added: c.Added + more.Added, Known: c.Known + more.Known, Unfinished: c.Unfinished + more.Unfinished, Left: append(c.Left, more.Left...)}
}

// Collect adds to an index file, which it makes where there is none, the runs that it does
// not have. It can be interrupted at any time: what was added stays. told, where not nil, is
// told after each run.
func Collect(ctx context.Context, path string, sources []Source, told func(Collected)) (Collected, error) {
	a, err := openToAppend(path)
	if err != nil {
		return Collected{}, err
	}
	c, err := gather(ctx, a.index, sources, func(run *Run, so Collected) error {
		if told != nil {
			told(so)
		}
		if run == nil {
			return nil
		}
		return a.add(run)
	})
	if failed := a.close(); err == nil {
		err = failed
	}
	if err != nil {
		err = fmt.Errorf("index: %s: %w", path, err)
	}
	return c, err
}

// Read reads all runs of some sources, of which take says what is kept, into an index that is
// nowhere else. Of a source with an index of its own, what that does not have is added to it,
// and what the source no longer has is left out. told is as in Collect.
func Read(ctx context.Context, sources []Source, take func(*Run) bool, told func(Collected)) (*Index, Collected, error) {
	x := NewIndex()
	var all Collected
	var others []Source
	for _, source := range sources {
		path := source.Index()
		if path == "" {
			others = append(others, source)
			continue
		}
		c, err := Collect(ctx, path, []Source{source}, told)
		all = all.and(c)
		if err == nil {
			err = x.addFile(path, c.places, take)
		}
		if err != nil {
			return x, all, err
		}
	}
	c, err := gather(ctx, x, others, func(run *Run, so Collected) error {
		if told != nil {
			told(all.and(so))
		}
		if run == nil {
			return nil
		}
		if x.see(run); take(run) {
			x.Runs = append(x.Runs, run)
		}
		return nil
	})
	return x, all.and(c), err
}

// What a run came to.
type read struct {
	run   *Run  // nil: it is known, or unfinished
	err   error // of this run alone
	known bool
	place string // of a run that is read, or known
}

// gather reads the runs that an index does not know, several at once, and hands over one
// after the other.
func gather(ctx context.Context, x *Index, sources []Source, add func(*Run, Collected) error) (c Collected, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c.places = map[string]bool{}
	found, done := make(chan func() read), make(chan read)
	atOnce := 1
	for _, source := range sources {
		atOnce = max(atOnce, source.AtOnce())
	}
	go func() {
		defer close(found)
		find(ctx, x.places, sources, found)
	}()
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for each := range found {
				done <- each()
			}
		})
	}
	go func() {
		workers.Wait()
		close(done)
	}()
	for r := range done {
		c.places[quote.Line(r.place)] = true
		switch {
		case err != nil: // of an earlier one; the others are waited for
			continue
		case r.err != nil:
			c.Left = append(c.Left, r.err.Error())
		case r.known:
			c.Known++
		case r.run == nil:
			c.Unfinished++
		case x.identities[r.run.identity()]:
			c.Known++
			r.run = nil
		default:
			c.Added++
			x.identities[r.run.identity()] = true
		}
		if err = add(r.run, c); err != nil {
			cancel()
		}
	}
	if err == nil {
		err = context.Cause(ctx)
	}
	return c, err
}

// find sends how each run of the sources is read. Those of places that are known need not be.
func find(ctx context.Context, known map[string]bool, sources []Source, found chan<- func() read) {
	seen := map[string]bool{}
	for _, source := range sources {
		for path, err := range source.Runs() {
			place := placeOf(source, path)
			if seen[place] {
				continue // of a source in another
			}
			seen[place] = true
			each := func() read {
				switch {
				case err != nil:
					return read{err: fmt.Errorf("%s: %w", place, err)}
				case known[place]:
					return read{known: true, place: place}
				}
				return readOne(source, path, place)
			}
			select {
			case found <- each:
			case <-ctx.Done():
				return
			}
		}
	}
}

func readOne(source Source, path, place string) read {
	about, err := source.Run(path)
	if err != nil {
		return read{err: err}
	}
	if about.Status == results.Running {
		return read{}
	}
	run, launches, err := source.Read(path)
	if err != nil {
		return read{err: err}
	}
	r := newRun(place, run, launches)
	return read{run: &r, place: place}
}

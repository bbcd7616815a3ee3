package cmd

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	"ipcbench/results"
	"ipcbench/results/experiment"
	"ipcbench/results/store"
)

// destination is where what is measured goes: to a store, or nil where it stays, and the
// directory in which it is made.
func destination(ctx context.Context, out *console, at string) (to *store.Store, parent string, err error) {
	if !store.IsURL(at) {
		return nil, at, nil
	}
	to, err = store.Open(ctx, at)
	return to, out.localParent(), err
}

// withHost is the labels of a run that goes to a store: with the name of this host, where
// they do not name one.
func withHost(labels map[string]string) map[string]string {
	name, err := os.Hostname()
	if _, told := labels[results.HostLabel]; told || err != nil {
		return labels
	}
	named := map[string]string{results.HostLabel: name}
	maps.Copy(named, labels)
	return named
}

// send sends a run that has ended to its store, or says how it is sent later.
func send(ctx context.Context, out *console, s *store.Store, dir string) error {
	sent, err := pushEnded(ctx, s, dir)
	if err != nil {
		return fmt.Errorf("%w: the run is kept: send it later by ipcbench push %s '%s'", err, dir, s.URL(""))
	}
	out.note("the run is at " + sent.URL)
	return nil
}

// pushEnded has a run in a store. One that was interrupted is to be kept there too, and no
// longer waited for than a user does.
func pushEnded(ctx context.Context, s *store.Store, dir string) (store.Sent, error) {
	if ctx.Err() != nil {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), readerPatience)
		defer cancel()
		ctx = limited
	}
	return s.Push(ctx, dir)
}

// A sender has the runs of an experiment in a store, each as its turn ends. Without one,
// they stay here.
type sender struct {
	out   *console
	to    *store.Store
	dir   string          // of the experiment
	there map[string]bool // runs that are in the store, by their directory in dir
}

// between sends what the record has and the store has not. A store that is away keeps
// nobody from measuring: what it did not take is sent with the next run.
func (s *sender) between(ctx context.Context, record experiment.Record) {
	if s == nil {
		return
	}
	if err := s.send(ctx, record); err != nil {
		s.out.warn(fmt.Sprintf("%v: it is kept, and sent when the next turn has ended", err))
	}
}

// ended sends what is still missing, or says how it is sent later.
func (s *sender) ended(ctx context.Context, record experiment.Record) error {
	if s == nil {
		return nil
	}
	if err := s.send(ctx, record); err != nil {
		return fmt.Errorf("%w: the runs are kept: send what is missing by ipcbench push %s '%s'", err, s.dir, s.to.URL(""))
	}
	return nil
}

// send sends runs up to the first that is not taken. A turn that failed may have left none.
func (s *sender) send(ctx context.Context, record experiment.Record) error {
	for _, turn := range record.Turns {
		if s.there[turn.Run] {
			continue
		}
		sent, err := pushEnded(ctx, s.to, filepath.Join(s.dir, turn.Run))
		if err != nil && (turn.Failed == "" || errors.As(err, new(*store.Away))) {
			return err
		}
		s.there[turn.Run] = true
		if sent.Pieces > 0 {
			s.out.note("the run is at " + sent.URL)
		}
	}
	return nil
}

package cmd

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"ipcbench/results"
	"ipcbench/results/fleet"
	"ipcbench/results/store"
	"ipcbench/results/table"
)

// sourcesOf are directories and stores, as people name them: where runs are made if they name
// none. What was opened for that is closed by done.
func sourcesOf(out *console, words []string) (sources []fleet.Source, done func(), err error) {
	var stores []*storedRuns
	done = func() {
		for _, s := range stores {
			s.close()
		}
	}
	if len(words) == 0 {
		words = []string{out.parent()}
	}
	for _, word := range words {
		switch {
		case store.IsURL(word):
			s, err := openStored(out.ctx, word)
			if err != nil {
				done()
				return nil, nil, err
			}
			stores, sources = append(stores, s), append(sources, s)
		case isDir(word):
			sources = append(sources, fleet.Directory(word))
		default:
			done()
			return nil, nil, fmt.Errorf("runs are looked for in %s, which is no directory: name one that has runs in it", word)
		}
	}
	return sources, done, nil
}

// storedRuns are those of a store as a source: a run is fetched when it is read, and not
// kept. What an index has of it is less than a hundredth.
type storedRuns struct {
	ctx   context.Context
	store *store.Store
	keys  []string
	cache string   // of the store
	into  string   // where runs lie while they are read
	found sync.Map // manifests by key, of runs that are about to be read
}

// openStored lists the runs of a store, and reads none.
func openStored(ctx context.Context, at string) (s *storedRuns, err error) {
	s = &storedRuns{ctx: ctx}
	if s.store, err = store.Open(ctx, at); err != nil {
		return nil, err
	}
	if s.keys, err = s.store.Keys(ctx); err == nil {
		s.cache, err = s.store.Cache()
	}
	if err == nil {
		err = os.MkdirAll(s.cache, 0o755)
	}
	if err == nil {
		s.into, err = os.MkdirTemp(s.cache, "reading-")
	}
	if err != nil {
		s.store.Close()
		return nil, err
	}
	return s, nil
}

func (s *storedRuns) close() {
	os.RemoveAll(s.into)
	s.store.Close()
}

func (s *storedRuns) Place() string { return s.store.Where() }

func (s *storedRuns) Index() string { return filepath.Join(s.cache, fleet.IndexFile) }

func (s *storedRuns) AtOnce() int { return max(store.AtOnce, runtime.GOMAXPROCS(0)) }

func (s *storedRuns) Runs() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, key := range s.keys {
			if !yield(key, nil) {
				return
			}
		}
	}
}

func (s *storedRuns) Run(key string) (results.Run, error) {
	m, err := s.store.Find(s.ctx, key)
	if err != nil {
		return results.Run{}, err
	}
	s.found.Store(key, m)
	return m.Run(), nil
}

func (s *storedRuns) Read(key string) (results.Run, []results.Launch, error) {
	m, _ := s.found.LoadAndDelete(key)
	dir, err := s.store.Fetch(s.ctx, m.(store.Manifest), s.into, store.NoProfiles)
	if err != nil {
		return results.Run{}, nil, err
	}
	defer os.RemoveAll(dir)
	return fleet.Directory(s.into).Read(key)
}

// collected shows on a terminal how far reading is.
func (c *console) collected() func(fleet.Collected) {
	if !c.terminal(c.stderr) {
		return nil
	}
	var last time.Time
	return func(so fleet.Collected) {
		const often = 200 * time.Millisecond
		if time.Since(last) < often {
			return
		}
		last = time.Now()
		fmt.Fprintf(c.stderr, "\r\x1b[K%s", table.Cut(fmt.Sprintf("%s read, %d known", numbered(so.Added, "run"), so.Known), c.columns(c.stderr)-1))
	}
}

// clear takes away a line that is rewritten.
func (c *console) clear() {
	if c.terminal(c.stderr) {
		fmt.Fprint(c.stderr, "\r\x1b[K")
	}
}

package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"ipcbench/results/store"
)

// locateStored is locate of a URL: the run is fetched from its store, and what is
// returned is where it is now.
func locateStored(out *console, at string, with store.With) (path string, err error) {
	parent, word := store.Above(at)
	s, err := store.Open(out.ctx, parent)
	if err != nil {
		return "", err
	}
	defer s.Close()
	m, err := s.Find(out.ctx, word)
	if errors.Is(err, fs.ErrNotExist) || word == "" {
		m, err = chooseStored(out, s, at, word)
	}
	if err != nil {
		return "", err
	}
	into, err := s.Cache()
	if err != nil {
		return "", err
	}
	return s.Fetch(out.ctx, m, into, with)
}

// chooseStored is the run in a store that a name means.
func chooseStored(out *console, s *store.Store, at, word string) (store.Manifest, error) {
	name, back, err := cutBack(word)
	if err != nil {
		return store.Manifest{}, err
	}
	runs, all, err := storedIn(out, s)
	if err != nil {
		return store.Manifest{}, err
	}
	chosen, err := pick(out, at, s.URL(""), name, back, all)
	if err == nil {
		i := slices.IndexFunc(runs, func(m store.Manifest) bool { return s.URL(m.Key) == chosen.path })
		return runs[i], nil
	}
	if below, unread := storedAt(out, at); unread == nil && len(below) > 0 {
		err = fmt.Errorf("%s has %d runs: name one, as %s", at, len(below), store.Below(at, "latest"))
	}
	return store.Manifest{}, err
}

// storedIn are the runs in a store, the newest last, and the same as what was made here.
func storedIn(out *console, s *store.Store) (runs []store.Manifest, all []made, err error) {
	runs, broken, err := s.Runs(out.ctx)
	for _, why := range broken {
		out.warn(fmt.Sprintf("left out: %v", why))
	}
	for _, m := range runs {
		all = append(all, made{s.URL(m.Key), m.Run()})
	}
	return runs, all, err
}

// storedAt is storedIn of the store at a URL.
func storedAt(out *console, at string) ([]made, error) {
	s, err := store.Open(out.ctx, at)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	_, all, err := storedIn(out, s)
	return all, err
}

// fetchAll fetches all runs in the store at a URL. One that is not there in whole is left
// out, and said to be.
func fetchAll(out *console, at string) (paths []string, err error) {
	s, err := store.Open(out.ctx, at)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	runs, _, err := storedIn(out, s)
	if err != nil || len(runs) == 0 {
		return nil, err
	}
	into, err := s.Cache()
	if err != nil {
		return nil, err
	}
	for _, f := range s.FetchAll(out.ctx, runs, into) {
		if f.Err != nil {
			out.warn(fmt.Sprintf("left out: %v", f.Err))
			continue
		}
		paths = append(paths, f.Path)
	}
	return paths, out.ctx.Err()
}

// storeSchemes are the URLs that can be given, in words.
func storeSchemes() string { return strings.Join(store.Schemes(), ", ") }

package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"ipcbench/internal/folder"
)

// AtOnce is how many runs are read at a time: most of it is waiting for answers.
const AtOnce = 16

// Find is the run of that key, or fs.ErrNotExist where the store has none.
func (s *Store) Find(ctx context.Context, key string) (Manifest, error) {
	m, err := s.manifest(ctx, key)
	if err != nil {
		return m, fmt.Errorf("store: %w", err)
	}
	return m, nil
}

// Keys are those of the runs that the store has. Nothing is read of any.
func (s *Store) Keys(ctx context.Context) (keys []string, err error) {
	has, err := s.list(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	for name := range has {
		if key, is := strings.CutSuffix(name, manifestSuffix); is && key != "" {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys, nil
}

// Runs are those that the store has, the newest last. broken says of others, which have
// something like a manifest, why they are none.
func (s *Store) Runs(ctx context.Context) (runs []Manifest, broken []error, err error) {
	keys, err := s.Keys(ctx)
	if err != nil {
		return nil, nil, err
	}
	all, errs := make([]Manifest, len(keys)), make([]error, len(keys))
	each(len(keys), func(i int) { all[i], errs[i] = s.manifest(ctx, keys[i]) })
	for i, err := range errs {
		if err != nil {
			broken = append(broken, fmt.Errorf("store: %w", err))
			continue
		}
		runs = append(runs, all[i])
	}
	slices.SortStableFunc(runs, func(a, b Manifest) int {
		return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.Key, b.Key))
	})
	return runs, broken, ctx.Err()
}

// A Fetched is a run that was to be fetched.
type Fetched struct {
	Path string // of its run directory; "" after an error
	Err  error
}

// A With says what of a run is fetched beside the records of what it measured.
type With bool

// What that is.
const (
	NoProfiles With = false
	Profiles   With = true
)

// FetchAll is Fetch of each, without profiles.
func (s *Store) FetchAll(ctx context.Context, runs []Manifest, into string) []Fetched {
	all := make([]Fetched, len(runs))
	each(len(runs), func(i int) { all[i].Path, all[i].Err = s.Fetch(ctx, runs[i], into, NoProfiles) })
	return all
}

// each does what is to be done for each of n, several at a time.
func each(n int, do func(i int)) {
	var all sync.WaitGroup
	free := make(chan struct{}, AtOnce)
	for i := range n {
		free <- struct{}{}
		all.Go(func() {
			do(i)
			<-free
		})
	}
	all.Wait()
}

// Fetch has the run in a directory of its own in another one, and returns where. What is
// there already and is as the manifest says is not read again; nothing else is taken. Of
// profiles that nobody asked for, those may be there that somebody did: see [IsFetched].
func (s *Store) Fetch(ctx context.Context, m Manifest, into string, with With) (dir string, err error) {
	dir = filepath.Join(into, m.Key)
	if !filepath.IsLocal(m.Key) {
		return "", fmt.Errorf("store: fetch %s: %q is no name for a directory", s.URL(m.Key), m.Key)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("store: fetch %s: make %s: %w", s.URL(m.Key), dir, folder.Cause(err))
	}
	in, err := folder.Open(dir)
	if err != nil {
		return "", fmt.Errorf("store: fetch %s: open %s: %w", s.URL(m.Key), dir, err)
	}
	defer in.Close()
	in.Tidy()
	for _, f := range m.Files {
		if err := s.fetch(ctx, m.Key, f, in); err != nil {
			return "", err
		}
	}
	if with == Profiles {
		errs := make([]error, len(m.Profiles))
		each(len(errs), func(i int) { errs[i] = s.fetch(ctx, m.Key, m.Profiles[i], in) })
		err = cmp.Or(errs...)
	}
	return dir, err
}

// fetch has a file of a run in its directory.
func (s *Store) fetch(ctx context.Context, key string, f File, in *folder.Folder) (err error) {
	if f.isIn(in) {
		return nil
	}
	below, name := path.Split(f.Name)
	if below != "" {
		if in, err = in.Make(path.Clean(below)); err != nil {
			return fmt.Errorf("store: fetch %s: make %s: %w", s.URL(key), below, err)
		}
		defer in.Close()
	}
	if err := in.Replace(name, func(w io.Writer) error { return s.copy(ctx, key, f, w) }); err != nil {
		return fmt.Errorf("store: fetch %s: %w", s.URL(key), err)
	}
	return nil
}

// isIn says whether the directory has just this file.
func (f File) isIn(in *folder.Folder) bool {
	var all int64
	for _, p := range f.Pieces {
		all += p.Bytes
	}
	file, err := in.Open(f.Name, all)
	if err != nil {
		return false
	}
	defer file.Close()
	for _, p := range f.Pieces {
		sum := sha256.New()
		if n, err := io.CopyN(sum, file, p.Bytes); n != p.Bytes || err != nil || hex.EncodeToString(sum.Sum(nil)) != p.SHA256 {
			return false
		}
	}
	return true
}

// copy reads a file of a run, each piece of which is checked before it is written.
func (s *Store) copy(ctx context.Context, key string, f File, to io.Writer) error {
	for _, p := range f.Pieces {
		data, err := s.read(ctx, key+"/"+p.object(f.Name), p.Bytes)
		switch {
		case isAbsent(err):
			return fmt.Errorf("%s is not there, though the run's manifest names it: push the run again", s.URL(key+"/"+p.object(f.Name)))
		case err != nil:
			return err
		case !p.is(data):
			return fmt.Errorf("%s is not what the run's manifest says: push the run again", s.URL(key+"/"+p.object(f.Name)))
		}
		if _, err := to.Write(data); err != nil {
			return err
		}
	}
	return nil
}

// Cache is the directory in which runs of the store are kept that were fetched. Whatever
// is in it can be removed at any time.
func (s *Store) Cache() (string, error) {
	caches, err := caches()
	if err != nil {
		return "", errors.Join(errors.New("store: there is no directory for what is fetched: set XDG_CACHE_HOME"), err)
	}
	sum := sha256.Sum256([]byte(s.url.Scheme + "://" + s.url.Host + "/" + s.prefix))
	return filepath.Join(caches, hex.EncodeToString(sum[:8])), nil
}

// caches is where the caches of all stores are.
func caches() (string, error) {
	of, err := os.UserCacheDir()
	return filepath.Join(of, "ipcbench", "store"), err
}

// IsFetched says whether a run directory is in the cache of a store. It has profiles then if
// somebody once asked for them, which another answer is not to depend on.
func IsFetched(dir string) bool {
	caches, err := caches()
	if err != nil {
		return false
	}
	whole, err := filepath.Abs(dir)
	if err != nil {
		return false
	}
	below, err := filepath.Rel(caches, whole)
	return err == nil && filepath.IsLocal(below)
}

package store

import (
	"bytes"
	"context"
	"fmt"
	"math"

	"ipcbench/internal/folder"
	"ipcbench/results"
)

// A Sent is what became of a run that was to be in a store.
type Sent struct {
	URL    string // where it is
	Pieces int    // that were sent; 0: all of it was there
}

// An Away is the error of a store that did not take what it was given, however often.
// It may later; another run would fare no better now.
type Away struct{ cause error }

func (a *Away) Error() string { return "store: " + a.cause.Error() }
func (a *Away) Unwrap() error { return a.cause }

// Push has a run directory in the store: what is missing of it is sent until all of it is
// there, and then the manifest. No answer is believed: what the store took is looked for.
// An error that is no [Away] is of the run.
func (s *Store) Push(ctx context.Context, dir string) (Sent, error) {
	in, err := results.OpenFolder(dir)
	if err != nil {
		return Sent{}, err
	}
	defer in.Close()
	m, err := describe(in)
	if err != nil {
		return Sent{}, err
	}
	sent := Sent{URL: s.URL(m.Key)}
	least := math.MaxInt // pieces that were missing
	for tries, wait := 0, Patience.First; ; {
		has, err := s.list(ctx, m.Key+"/")
		if err != nil {
			return sent, &Away{err}
		}
		missing := m.missing(has)
		if len(missing) == 0 {
			return sent, s.seal(ctx, m)
		}
		if len(missing) < least {
			least, tries, wait = len(missing), 0, Patience.First
		}
		n, lost, err := s.send(ctx, in, m, missing)
		sent.Pieces += n
		if lost != nil {
			return sent, lost
		}
		tries++
		if err == nil && tries == 1 {
			continue // to see that all is there
		}
		if err == nil {
			err = fmt.Errorf("%s took %d objects of a run and then had them not", s.URL(""), len(missing))
		}
		if tries >= Patience.Tries || pause(ctx, wait) != nil {
			return sent, &Away{err}
		}
		wait *= 2
	}
}

// missing are the objects of the run that are not among those that there are.
func (m Manifest) missing(has map[string]int64) map[string]bool {
	missing := map[string]bool{}
	for _, f := range m.all() {
		for _, p := range f.Pieces {
			if bytes, there := has[p.object(f.Name)]; !there || bytes != p.Bytes {
				missing[p.object(f.Name)] = true
			}
		}
	}
	return missing
}

// send sends those pieces, up to the first that is not taken, and says how many were.
// lost is that the run cannot be read, or is no longer what its manifest says.
func (s *Store) send(ctx context.Context, in *folder.Folder, m Manifest, missing map[string]bool) (n int, lost, err error) {
	for _, f := range m.all() {
		next := 0
		lost = pieces(in, f.Name, func(data []byte) error {
			if next == len(f.Pieces) || err != nil {
				return nil
			}
			p := f.Pieces[next]
			next++
			switch name := p.object(f.Name); {
			case !missing[name]:
				return nil
			case !p.is(data):
				return fmt.Errorf("store: %s of %s changed while it was sent: send it when the run is over", f.Name, in.Path())
			default:
				if err = s.write(ctx, m.Key+"/"+name, data); err == nil {
					n++
				}
				return nil
			}
		})
		if lost != nil || err != nil {
			return n, lost, err
		}
	}
	return n, nil, nil
}

func (s *Store) write(ctx context.Context, key string, data []byte) error {
	limited, cancel := context.WithTimeout(ctx, Patience.Operation)
	defer cancel()
	if err := s.place.Write(limited, s.prefix+key, data); err != nil {
		return fmt.Errorf("write %s: %w", s.URL(key), err)
	}
	return nil
}

// seal has the manifest in the store, with which the run can be seen.
func (s *Store) seal(ctx context.Context, m Manifest) error {
	data, err := m.encode()
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	key := m.Key + manifestSuffix
	sealed := func(ctx context.Context) bool {
		has, err := s.place.Read(ctx, s.prefix+key, manifestBytes)
		return err == nil && bytes.Equal(has, data)
	}
	err = persist(ctx, func(ctx context.Context) (bool, error) {
		if sealed(ctx) {
			return false, nil
		}
		if err := s.place.Write(ctx, s.prefix+key, data); err != nil {
			return true, fmt.Errorf("write %s: %w", s.URL(key), err)
		}
		if !sealed(ctx) {
			return true, fmt.Errorf("%s was taken and is not there", s.URL(key))
		}
		return false, nil
	})
	if err != nil {
		return &Away{err}
	}
	return nil
}

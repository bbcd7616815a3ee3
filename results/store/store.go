// Package store keeps runs elsewhere than on the machine that made them: in a bucket of
// objects, or in a directory that many hosts write to.
//
// Of a run, its records and profiles are kept, from which all else is made again. They are cut into
// pieces, each an object that is called by what it holds; then comes a manifest, which
// names them with their sizes and hashes. What has no manifest is no run, so that nobody
// sees half of one, and what was sent of it needs not be sent again:
//
//	night/a7-20261123T101500Z-8f14e45fceea167a/5d41402abc4b2a76-run.json
//	night/a7-20261123T101500Z-8f14e45fceea167a/7d793037a0760186-launches.jsonl
//	night/a7-20261123T101500Z-8f14e45fceea167a.json
//
// It knows keys, objects and hashes, and files by file://. It must not know any service:
// another module registers its own (see [Register]).
package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A Place is where objects lie, each under a key, as in a bucket. An object is there in
// whole or not at all, and may be replaced. Several goroutines may use it at once.
type Place interface {
	// List gives the objects whose key begins with prefix and has no slash after that.
	List(ctx context.Context, prefix string) iter.Seq2[Object, error]

	// Read reads an object, and is an error where it has more than limit bytes. The error
	// is fs.ErrNotExist where there is none of that key.
	Read(ctx context.Context, key string, limit int64) ([]byte, error)

	// Write makes or replaces an object.
	Write(ctx context.Context, key string, data []byte) error

	Close() error
}

// An Object is one that a place has.
type Object struct {
	Key   string
	Bytes int64
}

// opens are the places that there are, by the scheme of their URLs.
var opens = map[string]func(ctx context.Context, bucket *url.URL) (Place, error){
	"file": func(context.Context, *url.URL) (Place, error) { return files{}, nil },
}

// Register makes URLs of a scheme known. The bucket has no path: what stands there begins
// the keys. It is called from an init function and panics on a scheme that is taken.
func Register(scheme string, open func(ctx context.Context, bucket *url.URL) (Place, error)) {
	if opens[scheme] != nil {
		panic(fmt.Sprintf("store: %s:// is registered twice", scheme))
	}
	opens[scheme] = open
}

// Schemes are those that are known, as "file://".
func Schemes() []string {
	var all []string
	for _, scheme := range slices.Sorted(maps.Keys(opens)) {
		all = append(all, scheme+"://")
	}
	return all
}

// IsURL says whether a word is a URL, of whatever scheme, and so no path.
func IsURL(word string) bool { return strings.Contains(word, "://") }

// Patience is how long a store is waited for, and how often it is tried again.
var Patience = struct {
	Operation time.Duration // that reads or writes one object, of no more than pieceBytes
	Tries     int           // that come to nothing, one after the other
	First     time.Duration // before the second of them; each further time twice as long
}{time.Minute, 5, 200 * time.Millisecond}

// A Store is a place and what all keys in it begin with.
type Store struct {
	place  Place
	url    *url.URL
	prefix string // ends in a slash, or is ""
}

// Open opens the store at a URL. It need not be reached for that.
func Open(ctx context.Context, at string) (*Store, error) {
	u, err := url.Parse(at)
	if err != nil {
		return nil, fmt.Errorf("store: %w", errors.Unwrap(err))
	}
	open, known := opens[u.Scheme]
	if !known {
		return nil, fmt.Errorf("store: %s: no %s:// is known: there is %s; ipcbench-fleet is this program with s3://, gs:// and azblob:// as well", at, u.Scheme, strings.Join(Schemes(), ", "))
	}
	if u.Scheme == "file" && (u.Host != "" || u.Path == "") {
		return nil, fmt.Errorf("store: %s: write the whole path behind file://, as file:///srv/runs", at)
	}
	bucket := *u
	bucket.Path, bucket.RawPath = "", ""
	s := &Store{url: u, prefix: strings.Trim(u.Path, "/")}
	if s.prefix != "" {
		s.prefix += "/"
	}
	if s.place, err = open(ctx, &bucket); err != nil {
		return nil, fmt.Errorf("store: open %s: %w", at, err)
	}
	return s, nil
}

// Close closes the place.
func (s *Store) Close() error { return s.place.Close() }

// URL is where a run of that key is, or the store itself where the key is "". What a
// URL says of how to get there, behind a question mark, stands in it too.
func (s *Store) URL(key string) string {
	u := *s.url
	u.Path = "/" + s.prefix + key
	u.RawPath = ""
	if key == "" && u.Host != "" {
		u.Path = strings.TrimSuffix(u.Path, "/")
	}
	return u.String()
}

// Where is the URL of the store without what it says of how to get there.
func (s *Store) Where() string {
	u := url.URL{Scheme: s.url.Scheme, Host: s.url.Host, Path: "/" + strings.TrimSuffix(s.prefix, "/")}
	return strings.TrimSuffix(u.String(), "/")
}

// Above cuts the last word off a URL's path: what may be a run's name or key in the store
// before it. The word is "" where there is none.
func Above(at string) (store, word string) {
	u, err := url.Parse(at)
	if err != nil {
		return at, ""
	}
	path := strings.TrimSuffix(u.Path, "/")
	cut := strings.LastIndexByte(path, '/')
	if cut < 0 || cut == 0 && u.Host == "" {
		return at, ""
	}
	word = path[cut+1:]
	u.Path, u.RawPath = path[:cut], ""
	return u.String(), word
}

// Below is the URL of a word in a store.
func Below(at, word string) string {
	u, err := url.Parse(at)
	if err != nil {
		return at
	}
	return u.JoinPath(word).String()
}

// read reads an object, and tries again where that fails and it may be there.
func (s *Store) read(ctx context.Context, key string, limit int64) (data []byte, err error) {
	err = persist(ctx, func(ctx context.Context) (again bool, err error) {
		data, err = s.place.Read(ctx, s.prefix+key, limit)
		return !isAbsent(err), err
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.URL(key), err)
	}
	return data, nil
}

// list is all that is directly below a prefix, by its name there.
func (s *Store) list(ctx context.Context, prefix string) (sizes map[string]int64, err error) {
	err = persist(ctx, func(ctx context.Context) (bool, error) {
		sizes = map[string]int64{}
		for object, err := range s.place.List(ctx, s.prefix+prefix) {
			if err != nil {
				return true, err
			}
			sizes[strings.TrimPrefix(object.Key, s.prefix+prefix)] = object.Bytes
		}
		return true, nil
	})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", s.URL(prefix), err)
	}
	return sizes, nil
}

// persist tries until there is no error, or no use, or no patience.
func persist(ctx context.Context, try func(context.Context) (again bool, err error)) error {
	for tries, wait := 1, Patience.First; ; tries, wait = tries+1, 2*wait {
		limited, cancel := context.WithTimeout(ctx, Patience.Operation)
		again, err := try(limited)
		cancel()
		if err == nil || !again || tries >= Patience.Tries || pause(ctx, wait) != nil {
			return err
		}
	}
}

// pause waits, and no longer than ctx lasts.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ipcbench/results"
	"ipcbench/results/resultstest"
	"ipcbench/results/store"
)

// objects is a place in memory, and what it does to whoever uses it.
type objects struct {
	mu     sync.Mutex
	data   map[string][]byte
	writes int

	refuses func(write int, key string) bool // a write fails
	forgets func(write int, key string) bool // a write is acknowledged, and nothing kept
	hangs   func(write int) bool             // a write ends with its context
	fails   func() bool                      // a list or a read fails
}

var places = map[string]*objects{}

func init() {
	store.Register("test", func(_ context.Context, bucket *url.URL) (store.Place, error) { return places[bucket.Host], nil })
	store.Patience.First, store.Patience.Operation = time.Millisecond, 50*time.Millisecond
}

var errAway = errors.New("the store is away")

func (o *objects) List(_ context.Context, prefix string) iter.Seq2[store.Object, error] {
	return func(yield func(store.Object, error) bool) {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.fails != nil && o.fails() {
			yield(store.Object{}, errAway)
			return
		}
		for key, data := range o.data {
			if rest, is := strings.CutPrefix(key, prefix); is && !strings.Contains(rest, "/") && !yield(store.Object{Key: key, Bytes: int64(len(data))}, nil) {
				return
			}
		}
	}
}

func (o *objects) Read(_ context.Context, key string, limit int64) ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	data, has := o.data[key]
	switch {
	case o.fails != nil && o.fails():
		return nil, errAway
	case !has:
		return nil, fs.ErrNotExist
	case int64(len(data)) > limit:
		return nil, errors.New("too large")
	}
	return slices.Clone(data), nil
}

func (o *objects) Write(ctx context.Context, key string, data []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.writes++
	switch n := o.writes; {
	case o.hangs != nil && o.hangs(n):
		<-ctx.Done()
		return ctx.Err()
	case o.refuses != nil && o.refuses(n, key):
		return errAway
	case o.forgets != nil && o.forgets(n, key):
		return nil
	}
	o.data[key] = slices.Clone(data)
	return nil
}

func (o *objects) Close() error { return nil }

// open is a store in a new such place.
func open(t *testing.T) (*store.Store, *objects) {
	t.Helper()
	o := &objects{data: map[string][]byte{}}
	name := fmt.Sprintf("bucket%d", len(places))
	places[name] = o
	return at(t, "test://"+name+"/night"), o
}

func at(t *testing.T, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// made is a run directory with a few launches and two profiles, on a host of that name.
// Pieces are so small that most files have several.
func made(t *testing.T, host string, ns ...float64) string {
	t.Helper()
	run := resultstest.Run
	run.Name = "base"
	run.Labels = map[string]string{results.HostLabel: host}
	d, err := results.CreateDirectory(t.TempDir(), run)
	if err != nil {
		t.Fatal(err)
	}
	for _, launch := range resultstest.Of(resultstest.Cell("pipe", "latency", 64, "same-cpu"), results.RTTP50, ns...) {
		if err := d.Append(launch); err != nil {
			t.Fatal(err)
		}
	}
	addProfiles(t, d)
	if err := d.Finish(run); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.SetPieceBytes(300))
	return d.Path()
}

// addProfiles has two cells sampled. What a profile looks like is nothing to a store.
func addProfiles(t *testing.T, d *results.Directory) {
	t.Helper()
	into, err := results.ProfilesIn(d.Folder())
	if err != nil {
		t.Fatal(err)
	}
	defer into.Close()
	for i, size := range []int{64, 4096} {
		l := resultstest.Of(resultstest.Cell("pipe", "latency", size, "same-cpu"), results.RTTP50, 1000)[0]
		l.Profile = &results.Profile{Of: results.OnCPU, Event: "cycles"}
		seen := bytes.Repeat([]byte{byte(i)}, 400+i)
		err := d.AppendProfiled(l)
		if err == nil {
			err = into.Replace(results.ProfileFile(l.Cell), func(w io.Writer) error { _, err := w.Write(seen); return err })
		}
		if err == nil {
			err = into.Replace(results.ProfileFlame(l.Cell, results.OnCPU), func(io.Writer) error { return nil })
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// holds checks that the store has just these runs, and that each is read as it was sent.
func holds(t *testing.T, s *store.Store, dirs ...string) {
	t.Helper()
	runs, broken, err := s.Runs(t.Context())
	if err != nil || len(broken) > 0 {
		t.Fatalf("%v, %v", err, broken)
	}
	if len(runs) != len(dirs) {
		t.Fatalf("the store has %d runs, and not %d", len(runs), len(dirs))
	}
	want, got := map[string]bool{}, map[string]bool{}
	for _, dir := range dirs {
		want[records(t, dir)] = true
	}
	for _, m := range runs {
		dir, err := s.Fetch(t.Context(), m, t.TempDir(), store.Profiles)
		if err != nil {
			t.Fatal(err)
		}
		got[records(t, dir)] = true
		if _, _, warnings, err := results.Open(dir); err != nil || len(warnings) > 0 {
			t.Errorf("the fetched run: %v, %v", err, warnings)
		}
	}
	if !maps.Equal(want, got) {
		t.Error("what was fetched is not what was sent")
	}
}

// records are the files of a run directory that a store has, one after the other.
func records(t *testing.T, dir string) string {
	t.Helper()
	in, err := results.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	profiles, err := results.ProfileRecords(in)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range slices.Concat(results.Records(), profiles) {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "%s %d %s\n", name, len(data), data)
	}
	return all.String()
}

func TestARunIsSentAndReadAgain(t *testing.T) {
	for name, s := range map[string]*store.Store{
		"objects": func() *store.Store { s, _ := open(t); return s }(),
		"files":   at(t, "file://"+t.TempDir()+"/night"),
		"root":    at(t, strings.Replace(func() string { s, _ := open(t); return s.URL("") }(), "/night", "", 1)),
	} {
		t.Run(name, func(t *testing.T) {
			holds(t, s)
			one, other := made(t, "a", 1000, 1001, 1002, 1003), made(t, "b", 2000)
			sent, err := s.Push(t.Context(), one)
			if err != nil || sent.Pieces < 4 {
				t.Fatalf("%+v, %v", sent, err)
			}
			holds(t, s, one)
			again, err := s.Push(t.Context(), one)
			if err != nil || again.Pieces != 0 || again.URL != sent.URL {
				t.Errorf("pushed again: %+v, %v", again, err)
			}
			if _, err := s.Push(t.Context(), other); err != nil {
				t.Fatal(err)
			}
			holds(t, s, one, other)
			parent, key := store.Above(sent.URL)
			m, err := at(t, parent).Find(t.Context(), key)
			if err != nil || m.Key != key || m.Labels[results.HostLabel] != "a" || !strings.HasPrefix(key, "a-20261123T101500Z-") {
				t.Errorf("%s has %+v, %v", sent.URL, m, err)
			}
		})
	}
}

// TestHalfARunIsNeverRead: whatever was sent when the sender died, no reader sees a run;
// and the next push sends just the rest.
func TestHalfARunIsNeverRead(t *testing.T) {
	dir := made(t, "a", 1000, 1001, 1002, 1003)
	whole, o := open(t)
	if _, err := whole.Push(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	all := o.writes
	for survives := range all {
		s, o := open(t)
		o.refuses = func(n int, _ string) bool { return n > survives }
		if _, err := s.Push(t.Context(), dir); !errors.As(err, new(*store.Away)) || !errors.Is(err, errAway) {
			t.Fatalf("a store that is away gives %v", err)
		}
		holds(t, s)
		o.refuses, o.writes = nil, 0
		if _, err := s.Push(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		if o.writes != all-survives {
			t.Errorf("%d objects were there, and %d of %d were sent", survives, o.writes, all)
		}
		holds(t, s, dir)
	}
}

// TestAStoreThatFailsAndForgets does so to every third and every fifth request.
func TestAStoreThatFailsAndForgets(t *testing.T) {
	dir := made(t, "a", 1000, 1001, 1002, 1003)
	s, o := open(t)
	asked := 0
	o.fails = func() bool { asked++; return asked%3 == 0 }
	o.refuses = func(n int, _ string) bool { return n%3 == 0 }
	o.forgets = func(n int, _ string) bool { return n%5 == 1 }
	o.hangs = func(n int) bool { return n == 4 }
	if _, err := s.Push(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	holds(t, s, dir)
}

func TestAStoreThatKeepsNothingIsGivenUp(t *testing.T) {
	s, o := open(t)
	o.forgets = func(int, string) bool { return true }
	if _, err := s.Push(t.Context(), made(t, "a", 1)); !errors.As(err, new(*store.Away)) || !strings.Contains(err.Error(), "had them not") {
		t.Errorf("%v", err)
	}
	s, o = open(t)
	o.forgets = func(_ int, key string) bool {
		return strings.HasSuffix(key, ".json") && !strings.Contains(key, "run.json")
	}
	if _, err := s.Push(t.Context(), made(t, "a", 1)); !errors.As(err, new(*store.Away)) || !strings.Contains(err.Error(), "is not there") {
		t.Errorf("%v", err)
	}
	holds(t, s)
}

// TestWhatWasLostLaterIsMissed: an object that went after the manifest was written, or is
// another by now, and then the run is pushed again.
func TestWhatWasLostLaterIsMissed(t *testing.T) {
	dir := made(t, "a", 1000, 1001, 1002, 1003)
	s, o := open(t)
	if _, err := s.Push(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	for _, key := range slices.Sorted(maps.Keys(o.data)) {
		if !strings.HasSuffix(key, "-launches.jsonl") && !strings.HasSuffix(key, "-profiles") {
			continue
		}
		was := o.data[key]
		for what, spoil := range map[string]func(){
			"is not there":                          func() { delete(o.data, key) },
			"is not what the run's manifest says":   func() { o.data[key] = slices.Repeat([]byte("x"), len(was)) },
			"is not what the run's manifest says: ": func() { o.data[key] = was[:len(was)-1] },
		} {
			spoil()
			runs, _, err := s.Runs(t.Context())
			if err != nil || len(runs) != 1 {
				t.Fatalf("%v, %v", runs, err)
			}
			if _, err := s.Fetch(t.Context(), runs[0], t.TempDir(), store.Profiles); err == nil || !strings.Contains(err.Error(), what) || !strings.Contains(err.Error(), "push the run again") {
				t.Errorf("%s: %v", what, err)
			}
			o.data[key] = was
		}
		delete(o.data, key)
		if sent, err := s.Push(t.Context(), dir); err != nil || sent.Pieces != 1 {
			t.Fatalf("pushed again: %+v, %v", sent, err)
		}
	}
	holds(t, s, dir)
}

// TestTwinsDoNotCollide: runs of one name, begun in the same moment on hosts that say the
// same of themselves.
func TestTwinsDoNotCollide(t *testing.T) {
	s, _ := open(t)
	one, other := made(t, "vm", 1000), made(t, "vm", 1001)
	for _, dir := range []string{one, other} {
		if _, err := s.Push(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
	}
	holds(t, s, one, other)
	// A copy is the same run.
	moved := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(moved, os.DirFS(one)); err != nil {
		t.Fatal(err)
	}
	if sent, err := s.Push(t.Context(), moved); err != nil || sent.Pieces != 0 {
		t.Errorf("a copy of a run that is there: %+v, %v", sent, err)
	}
	holds(t, s, one, other)
}

// TestARunThatGoesOn is one run, as it was last sent.
func TestARunThatGoesOn(t *testing.T) {
	s, _ := open(t)
	run := resultstest.Run
	d, err := results.CreateDirectory(t.TempDir(), run)
	if err != nil {
		t.Fatal(err)
	}
	for i, launch := range resultstest.Of(resultstest.Cell("pipe", "latency", 64, "same-cpu"), results.RTTP50, 1, 2, 3) {
		if err := d.Append(launch); err != nil {
			t.Fatal(err)
		}
		if sent, err := s.Push(t.Context(), d.Path()); err != nil || sent.Pieces > 2 {
			t.Fatalf("launch %d: %+v, %v", i, sent, err)
		}
		holds(t, s, d.Path())
	}
	if err := d.Finish(run); err != nil {
		t.Fatal(err)
	}
}

// TestWhatIsFetchedIsKept: a second time, nothing is read but what is no longer as it was.
func TestWhatIsFetchedIsKept(t *testing.T) {
	dir, cache := made(t, "a", 1000, 1001), t.TempDir()
	s, o := open(t)
	if _, err := s.Push(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	runs, _, err := s.Runs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Fetch(t.Context(), runs[0], cache, store.Profiles)
	if err != nil {
		t.Fatal(err)
	}
	o.fails = func() bool { return true }
	if _, err := s.Fetch(t.Context(), runs[0], cache, store.Profiles); err != nil {
		t.Errorf("it was there: %v", err)
	}
	if err := os.WriteFile(filepath.Join(got, "launches.jsonl"), []byte("{}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Fetch(t.Context(), runs[0], cache, store.NoProfiles); !errors.Is(err, errAway) {
		t.Errorf("what was changed was taken: %v", err)
	}
	o.fails = nil
	if _, err := s.Fetch(t.Context(), runs[0], cache, store.NoProfiles); err != nil || records(t, got) != records(t, dir) {
		t.Errorf("it is not as it was: %v", err)
	}
}

// TestProfilesAreReadByWhoAsksForThem, and by nobody else.
func TestProfilesAreReadByWhoAsksForThem(t *testing.T) {
	dir, cache := made(t, "a", 1000), t.TempDir()
	s, o := open(t)
	if _, err := s.Push(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	kept := maps.Clone(o.data)
	isOfProfiles := func(key string, _ []byte) bool {
		return strings.HasSuffix(key, "-profiles") || strings.HasSuffix(key, "-profile.jsonl")
	}
	maps.DeleteFunc(o.data, isOfProfiles)
	if len(o.data) > len(kept)-4 {
		t.Fatalf("of profiles, there were %d objects", len(kept)-len(o.data))
	}
	runs, _, err := s.Runs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range s.FetchAll(t.Context(), runs, cache) {
		if f.Err != nil {
			t.Errorf("without profiles it was not read: %v", f.Err)
		}
	}
	if _, err := s.Fetch(t.Context(), runs[0], cache, store.Profiles); err == nil || !strings.Contains(err.Error(), "push the run again") {
		t.Errorf("profiles that are gone: %v", err)
	}
	o.data = kept
	if got, err := s.Fetch(t.Context(), runs[0], cache, store.Profiles); err != nil || records(t, got) != records(t, dir) {
		t.Errorf("the profiles are not as they were: %v", err)
	}
}

// TestProfilesThatCameLater are added to a run that is there without.
func TestProfilesThatCameLater(t *testing.T) {
	s, _ := open(t)
	dir := made(t, "a", 1000)
	aside := t.TempDir()
	for _, name := range []string{"profile.jsonl", "profiles"} {
		if err := os.Rename(filepath.Join(dir, name), filepath.Join(aside, name)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Push(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	holds(t, s, dir)
	if err := os.CopyFS(dir, os.DirFS(aside)); err != nil {
		t.Fatal(err)
	}
	if sent, err := s.Push(t.Context(), dir); err != nil || sent.Pieces < 4 {
		t.Errorf("%+v, %v", sent, err)
	}
	holds(t, s, dir)
}

// TestManifestsOfStrangers name no file outside of the run's directory, and fill nothing.
func TestManifestsOfStrangers(t *testing.T) {
	s, o := open(t)
	good := `{"schema":1,"name":"a","files":[{"name":"run.json","pieces":[{"bytes":1,"sha256":"` + strings.Repeat("0", 64) + `"}]}]}`
	for what, text := range map[string]string{
		"cut":     good[:len(good)-5],
		"newer":   strings.Replace(good, `"schema":1`, `"schema":9`, 1),
		"nothing": `{}`,
		"outside": strings.Replace(good, "run.json", "../../run.json", 1),
		"other":   strings.Replace(good, "run.json", "report.html", 1),
		"hash":    strings.Replace(good, "00", "..", 1),
		"profile": strings.Replace(good, "}]}]}", `}]}],"profiles":[{"name":"profiles/../../a.pb.gz"}]}`, 1),
		"drawing": strings.Replace(good, "}]}]}", `}]}],"profiles":[{"name":"profiles/a.svg"}]}`, 1),
		"record":  strings.Replace(good, "}]}]}", `}]}],"profiles":[{"name":"run.json"}]}`, 1),
		"endless": strings.Replace(good, `"bytes":1`, `"bytes":1000000000000`, 1),
	} {
		o.data = map[string][]byte{"night/x.json": []byte(text), "night/y.txt": nil}
		runs, broken, err := s.Runs(t.Context())
		if err != nil || len(runs) != 0 || len(broken) != 1 || !strings.Contains(broken[0].Error(), "night/x.json") {
			t.Errorf("%s: %v, %v, %v", what, runs, broken, err)
		}
	}
}

func TestURLs(t *testing.T) {
	for at, want := range map[string][2]string{
		"test://bucket/night/x":             {"test://bucket/night", "x"},
		"test://bucket/night/x?region=a":    {"test://bucket/night?region=a", "x"},
		"test://bucket/night/":              {"test://bucket", "night"},
		"test://bucket":                     {"test://bucket", ""},
		"file:///srv/night/latest~1":        {"file:///srv/night", "latest~1"},
		"file:///srv/night%20shift/a":       {"file:///srv/night%20shift", "a"},
		"test://bucket/night/a@b,c?x=1%2F2": {"test://bucket/night?x=1%2F2", "a@b,c"},
	} {
		if above, word := store.Above(at); above != want[0] || word != want[1] {
			t.Errorf("%s is %q in %q", at, word, above)
		}
	}
	if got := store.Below("test://bucket/night?region=a", "base"); got != "test://bucket/night/base?region=a" {
		t.Errorf("%s", got)
	}
	for _, wrong := range []string{"s3://bucket/night", "file://srv/night", "file://", "test://%zz"} {
		if _, err := store.Open(t.Context(), wrong); err == nil || strings.Contains(err.Error(), "%!") {
			t.Errorf("%s was opened: %v", wrong, err)
		}
	}
}

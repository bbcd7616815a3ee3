package fleet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"ipcbench/results"
	"ipcbench/results/fleet/synthetic"
)

var small = synthetic.Fleet{Name: "small", Seed: 1, Hosts: 4, Runs: 2, Cells: 3, Between: 0.1, Within: 0.03, Launches: 3}

func collect(t *testing.T, path string, sources ...Source) Collected {
	t.Helper()
	c, err := Collect(context.Background(), path, sources, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func opened(t *testing.T, path string) *Index {
	t.Helper()
	x, err := OpenIndex(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// TestARunThatWasCutShortIsNoRun: an experiment has set it aside, and measured it again.
func TestARunThatWasCutShortIsNoRun(t *testing.T) {
	dir := t.TempDir()
	if err := small.Write(filepath.Join(dir, "night")); err != nil {
		t.Fatal(err)
	}
	if err := small.Write(filepath.Join(dir, "night", results.CutShort, "01-on-123")); err != nil {
		t.Fatal(err)
	}
	if c := collect(t, filepath.Join(dir, IndexFile), Directory(filepath.Join(dir, "night"))); c.Added != 16 {
		t.Errorf("of 16 runs that count %+v", c)
	}
}

// TestAnIndexHasWhatTheRunsHave holds what was read again against what directories say.
func TestAnIndexHasWhatTheRunsHave(t *testing.T) {
	dir := t.TempDir()
	if err := small.Write(filepath.Join(dir, "night")); err != nil {
		t.Fatal(err)
	}
	index, source := filepath.Join(dir, IndexFile), Directory(filepath.Join(dir, "night"))
	if c := collect(t, index, source); c.Added != 16 || c.Known != 0 {
		t.Errorf("the first time %+v", c)
	}
	direct, _, err := Read(context.Background(), []Source{source}, func(*Run) bool { return true }, nil)
	if err != nil {
		t.Fatal(err)
	}
	indexed := opened(t, index)
	byPlace := func(runs []*Run) map[string]Run {
		all := map[string]Run{}
		for _, r := range runs {
			slices.SortFunc(r.Values, func(a, b Value) int { return results.CompareCells(*a.Cell, *b.Cell) })
			all[r.Place] = *r
		}
		return all
	}
	if a, b := byPlace(indexed.Runs), byPlace(direct.Runs); len(a) != 16 || !reflect.DeepEqual(a, b) {
		t.Errorf("the index has %d runs, which are not the %d of the directories", len(a), len(b))
	}
}

// TestOnlyNewRunsAreRead: those that are known are not even opened.
func TestOnlyNewRunsAreRead(t *testing.T) {
	dir := t.TempDir()
	night, index := filepath.Join(dir, "night"), filepath.Join(dir, IndexFile)
	if err := small.Write(night); err != nil {
		t.Fatal(err)
	}
	collect(t, index, Directory(night))
	before, _ := os.ReadFile(index)
	if err := os.WriteFile(filepath.Join(night, "h01", "old-0", "launches.jsonl"), []byte("broken"), 0o644); err != nil {
		t.Fatal(err)
	}
	if c := collect(t, index, Directory(night)); c.Added != 0 || c.Known != 16 || len(c.Left) != 0 {
		t.Errorf("the second time %+v", c)
	}
	if after, _ := os.ReadFile(index); !bytes.Equal(before, after) {
		t.Error("though nothing is new, the index is another")
	}
	more := small
	more.Runs = 3
	fresh := filepath.Join(dir, "fresh")
	if err := more.Write(fresh); err != nil {
		t.Fatal(err)
	}
	if c := collect(t, index, Directory(night), Directory(fresh)); c.Added != 8 || c.Known != 32 {
		t.Errorf("with 8 new runs, and 16 copies elsewhere, %+v", c)
	}
	if n := len(opened(t, index).Runs); n != 24 {
		t.Errorf("the index has %d runs", n)
	}
}

// TestAnIndexThatWasCutAnywhere is read, and what is missing is added again.
func TestAnIndexThatWasCutAnywhere(t *testing.T) {
	dir := t.TempDir()
	index := filepath.Join(dir, IndexFile)
	source := synthetic.Source{Fleet: small}
	collect(t, index, source)
	whole, _ := os.ReadFile(index)
	lines := bytes.Count(whole, []byte("\n"))
	for _, at := range []int{len(whole) - 1, len(whole) - 40, len(whole) / 2, len(whole) / 3, bytes.IndexByte(whole, '\n') + 5} {
		if err := os.WriteFile(index, whole[:at], 0o644); err != nil {
			t.Fatal(err)
		}
		had := len(opened(t, index).Runs)
		if c := collect(t, index, source); c.Added != 16-had {
			t.Errorf("cut at %d of %d bytes: of 16 runs it had %d, and %d were added", at, len(whole), had, c.Added)
		}
		if x := opened(t, index); len(x.Runs) != 16 {
			t.Errorf("cut at %d of %d bytes (%d lines), it has %d runs in the end", at, len(whole), lines, len(x.Runs))
		}
	}
}

// TestWhoIsInterruptedLosesNothing: what was added before stays, and the rest follows.
func TestWhoIsInterruptedLosesNothing(t *testing.T) {
	index := filepath.Join(t.TempDir(), IndexFile)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	source := synthetic.Source{Fleet: small}
	c, err := Collect(ctx, index, []Source{source}, func(so Collected) {
		if so.Added == 5 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || c.Added < 5 {
		t.Errorf("interrupted after the fifth: %+v, %v", c, err)
	}
	if again := collect(t, index, source); c.Added+again.Added != 16 {
		t.Errorf("%d and then %d were added", c.Added, again.Added)
	}
}

// TestTwoWhoAppendAtOnce do not spoil each other's lines.
func TestTwoWhoAppendAtOnce(t *testing.T) {
	index := filepath.Join(t.TempDir(), IndexFile)
	collect(t, index)
	done := make(chan error)
	for seed := range 2 {
		f := small
		f.Name, f.Seed, f.Cells = string(rune('a'+seed)), uint64(seed), 5
		go func() {
			_, err := Collect(context.Background(), index, []Source{synthetic.Source{Fleet: f}}, nil)
			done <- err
		}()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if x := opened(t, index); len(x.Runs) != 16 || x.Torn > 0 { // each is once: both are of the same hosts and hours
		t.Errorf("%d runs and %d broken lines", len(x.Runs), x.Torn)
	}
}

// TestARunThatGoesOnIsLeftForLater, and one that cannot be read is named.
func TestARunThatGoesOnIsLeftForLater(t *testing.T) {
	dir := t.TempDir()
	night, index := filepath.Join(dir, "night"), filepath.Join(dir, IndexFile)
	if err := small.Write(night); err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(night, "h02", "new-1", "run.json")
	text, _ := os.ReadFile(at)
	if err := os.WriteFile(at, bytes.Replace(text, []byte(`"status":"done"`), []byte(`"status":"running"`), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(night, "h03", "old-0", "run.json"), []byte(`{"schema": 1000}`), 0o644); err != nil {
		t.Fatal(err)
	}
	c := collect(t, index, Directory(night))
	if c.Added != 14 || c.Unfinished != 1 || len(c.Left) != 1 || !strings.Contains(c.Left[0], "schema version 1000") {
		t.Errorf("%+v", c)
	}
	os.WriteFile(at, text, 0o644)
	if c := collect(t, index, Directory(night)); c.Added != 1 || c.Unfinished != 0 {
		t.Errorf("once it has ended %+v", c)
	}
}

func TestWhatIsNoIndex(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"empty": "", "text": "hello\n", "json": "{}\n", "newer": "{\"ipcbench_fleet\":1000}\n"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenIndex(path, nil); err == nil {
			t.Errorf("%s is taken for an index", name)
		}
		if _, err := Collect(context.Background(), path, nil, nil); err == nil {
			t.Errorf("%s is appended to", name)
		}
		if now, _ := os.ReadFile(path); string(now) != text {
			t.Errorf("%s was changed", name)
		}
	}
}

// FuzzIndex has anybody's file read: no more than an error comes of it.
func FuzzIndex(f *testing.F) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.Encode(line{Version: 1})
	encoder.Encode(line{Cell: "a", Is: &results.Cell{Transport: "pipe"}})
	encoder.Encode(line{Around: "b", Has: map[string]string{"kernel": "6"}})
	encoder.Encode(line{Run: &indexed{Around: "b", Metrics: map[string]column{"rtt_p50_ns": {[]string{"a"}, []float64{1}, []int{1}, []int{0}}}}})
	f.Add(text.Bytes())
	f.Fuzz(func(_ *testing.T, text []byte) { NewIndex().read(bytes.NewReader(text), nil) })
}

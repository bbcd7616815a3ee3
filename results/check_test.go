package results_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ipcbench/results"
)

// TestWhatCannotBeDrawnIsNotRead: each of these passed, and then charts looped, the
// memory filled or a minute went by.
func TestWhatCannotBeDrawnIsNotRead(t *testing.T) {
	line, err := json.Marshal(someLaunches()[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, hostile := range []string{
		`"metrics":{"rtt_p50_ns":1e308}`, `"metrics":{"rtt_p50_ns":5e-324}`, `"metrics":{"x` + strings.Repeat("x", 100_000) + `":1}`,
		`"transport":"` + strings.Repeat("x", 100_000) + `"`, `"placement":"` + strings.Repeat("x", 300) + `"`,
		`"dir":"` + strings.Repeat("x", 100_000) + `"`, `"reason":"` + strings.Repeat("x", 1_000_000) + `"`,
		`"size_bytes":9e18`, `"elapsed_ns":9e18`, `"rate_per_s":1e300`, `"pairs":-1`, `"producer_cpu":9e18`, `"order":-9e18`,
		`"slices_ns":[1e300]`, `"cache_line_ns":[-1e300]`, `"clock_error_ns":9e18`, `"jitter":{"steal_ns":9e18}`,
		`"workers":[{"clock_ns":1e300}]`, `"workers":[{"threads":[{"wait_channel":"` + strings.Repeat("x", 1000) + `"}]}]`, `"labels":{"k":"` + strings.Repeat("x", 100_000) + `"}`,
		`"warnings":[{"id":"modes","values":{"modes":1e300}}]`, `"workers":[` + strings.Repeat("{},", 10_000) + `{}]`,
	} {
		launches := append(bytes.TrimSuffix(bytes.Clone(line), []byte("}")), ","+hostile+"}\n"...)
		_, _, err := results.ReadLaunches("launches.jsonl", launches, results.Schema)
		if err == nil || strings.Contains(err.Error(), "\n") || len(err.Error()) > 400 || !strings.Contains(err.Error(), "launches.jsonl:1: ") {
			t.Errorf("with %.60s it says %.500v", hostile, err)
		}
	}
	for _, hostile := range []string{
		`"floors":[{"name":"clock","ns":1e300}]`, `"host":{"cpu":"` + strings.Repeat("x", 1<<20) + `"}`, `"plan":{"specs":["` + strings.Repeat("x", 1000) + `"]}`,
		`"plan":{"percentiles":[1e300]}`, `"plan":{"percentiles":[0]}`, `"plan":{"percentiles":[1e-30]}`, `"plan":{"percentiles":[` + strings.Repeat("50,", 1000) + `50]}`,
	} {
		if _, err := results.ReadRun("run.json", []byte(`{"schema":2,`+hostile+`}`)); err == nil || len(err.Error()) > 400 {
			t.Errorf("with %.60s it says %.500v", hostile, err)
		}
	}
}

// TestALineWithoutEndIsNotHeld: it is refused long before all of it is read.
func TestALineWithoutEndIsNotHeld(t *testing.T) {
	d := newDirectory(t, someLaunches()...)
	path := filepath.Join(d.Path(), "launches.jsonl")
	if err := os.Truncate(path, results.Bounds.LaunchesBytes); err != nil { // zeros, none of which is on the disk
		t.Fatal(err)
	}
	if _, _, _, err := results.Open(d.Path()); err == nil || !strings.Contains(err.Error(), "launches.jsonl:4: the line has more than ") {
		t.Errorf("it says %v", err)
	}
	if err := os.Truncate(path, results.Bounds.LaunchesBytes+1); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := results.Open(d.Path()); err == nil || !strings.Contains(err.Error(), "it is too large") {
		t.Errorf("it says %v", err)
	}
}

func TestNoMoreIsReadThanCanBeDrawn(t *testing.T) {
	launch := someLaunches()[0]
	for what, vary := range map[string]func(i int, l *results.Launch){
		"transports":           func(i int, l *results.Launch) { l.Transport = fmt.Sprint(i) },
		"directories":          func(i int, l *results.Launch) { l.Dir = fmt.Sprint(i) },
		"placements and rates": func(i int, l *results.Launch) { l.RatePerS = float64(i) },
	} {
		var lines []byte
		for i := range max(results.Bounds.Subjects, results.Bounds.Settings) + 1 {
			vary(i, &launch)
			line, err := json.Marshal(launch)
			if err != nil {
				t.Fatal(err)
			}
			lines = append(append(lines, line...), '\n')
		}
		_, _, err := results.ReadLaunches("launches.jsonl", lines, results.Schema)
		if err == nil || !strings.Contains(err.Error(), " "+what+" are taken: ") {
			t.Errorf("of too many %s it says %v", what, err)
		}
		launch = someLaunches()[0]
	}
}

// TestForeignTextIsReadAsTextToShow and stays in the record as it was.
func TestForeignTextIsReadAsTextToShow(t *testing.T) {
	launch := someLaunches()[0]
	launch.Dir, launch.Reason = "/tmp/\x1b[31m\n", "first\nsecond\x1b[0m"
	launch.Labels = map[string]string{"\x1b]0;": "\u202e"}
	launch.Warnings = []results.Warning{results.Told.With("text", "a\nb\a")}
	d := newDirectory(t, launch)
	_, read, _, err := results.Open(d.Path())
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%q %q %q %q", read[0].Dir, read[0].Reason, read[0].Labels, read[0].Warnings[0])
	if want := `"/tmp/\\u001b[31m\\n" "first\nsecond\\u001b[0m" map["\\u001b]0;":"\\u202e"] "a\\nb\\u0007"`; got != want {
		t.Errorf("it is %s and not %s", got, want)
	}
	var kept results.Launch
	if err := json.Unmarshal([]byte(readFile(t, d.Path(), "launches.jsonl")), &kept); err != nil || kept.Dir != launch.Dir {
		t.Errorf("the record has %q, %v", kept.Dir, err)
	}
}

// TestARunWhoseRecordSomebodyChangedIsNotDone whatever they did to it.
func TestARunWhoseRecordSomebodyChangedIsNotDone(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"emptied":   func(path string) error { return os.Truncate(path, 0) },
		"cut":       func(path string) error { return os.Truncate(path, 100) },
		"removed":   os.Remove,
		"replaced":  func(path string) error { return os.Rename(path+".other", path) },
		"changed":   func(path string) error { return writeAt(path, 30, "x") },
		"continued": func(path string) error { return writeAt(path, 1<<20, "x") },
	} {
		d := newDirectory(t, someLaunches()...)
		path := filepath.Join(d.Path(), "launches.jsonl")
		if err := os.WriteFile(path+".other", []byte(readFile(t, d.Path(), "launches.jsonl")), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := change(path); err != nil {
			t.Fatal(err)
		}
		next := someLaunches()[0]
		next.Launch = 9
		if err := d.Append(next); err == nil && name != "changed" {
			t.Errorf("%s: another launch was appended", name)
		}
		done := results.Run{Status: results.RunDone}
		if err := d.Finish(done); err == nil || !strings.Contains(err.Error(), "somebody else") {
			t.Errorf("%s: it ended with %v", name, err)
		}
		var noted results.Run
		if err := json.Unmarshal([]byte(readFile(t, d.Path(), "run.json")), &noted); err != nil || noted.Status != results.RunFailed || noted.CutShort == "" {
			t.Errorf("%s: it is noted as %s, %q, %v", name, noted.Status, noted.CutShort, err)
		}
	}
}

func writeAt(path string, at int64, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = file.WriteAt([]byte(text), at)
	return err
}

// TestNothingIsLeftWhereNoRunCanBe of the directories above it neither.
func TestNothingIsLeftWhereNoRunCanBe(t *testing.T) {
	parent := t.TempDir()
	run := results.Run{Labels: map[string]string{"k": "v"}}
	if err := os.WriteFile(filepath.Join(parent, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, in := range []string{"file/results", "/proc/results"} {
		if !filepath.IsAbs(in) {
			in = filepath.Join(parent, in)
		}
		if _, err := results.CreateDirectory(in, run); err == nil {
			t.Errorf("a run directory was made in %s", in)
		}
	}
	if entries, err := os.ReadDir(parent); err != nil || len(entries) != 1 {
		t.Errorf("there are %v, %v", entries, err)
	}
}

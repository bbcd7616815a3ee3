package results_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ipcbench/results"
	"ipcbench/results/export"
	"ipcbench/results/resultstest"
	"ipcbench/results/summary"
	"ipcbench/results/table"
)

// newDirectory makes a run directory with some launches in it.
func newDirectory(t *testing.T, launches ...results.Launch) *results.Directory {
	t.Helper()
	d, err := results.CreateDirectory(filepath.Join(t.TempDir(), "results"), resultstest.Run)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Finish(resultstest.Run) })
	for _, launch := range launches {
		if err := d.Append(launch); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func someLaunches() []results.Launch {
	migrations := int64(2)
	launches := resultstest.Of(resultstest.Cell("pipe", "latency", 64, "free"), results.RTTP50, 5, 6, 7)
	launches[1].Started = time.Date(2026, 11, 23, 10, 15, 1, 500, time.UTC)
	launches[1].Workers = []results.Worker{{Side: "producer", CPU: 1, Migrations: &migrations, LastWords: "a <b> & \"c\"\nd"}}
	launches[2].Labels = map[string]string{"k": "v"}
	return launches
}

func TestRunDirectoryReadsBackAsWritten(t *testing.T) {
	launches := someLaunches()
	d := newDirectory(t, launches...)
	ended := resultstest.Run
	ended.Status, ended.Ended = "interrupted", time.Date(2026, 11, 23, 10, 16, 0, 0, time.UTC)
	if err := d.Finish(ended); err != nil {
		t.Fatal(err)
	}
	run, read, warnings, err := results.Open(d.Path())
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	ended.Name = d.Name()
	if diff := cmp.Diff(ended, run); diff != "" {
		t.Errorf("the run came back different:\n%s", diff)
	}
	if diff := cmp.Diff(launches, read, cmpopts.IgnoreFields(results.Launch{}, "Run")); diff != "" {
		t.Errorf("the launches came back different:\n%s", diff)
	}
	if read[0].Run != d.Name() {
		t.Errorf("a launch is of run %q, not of %q", read[0].Run, d.Name())
	}
}

func TestRunDirectoryIsNamedAfterItsTime(t *testing.T) {
	d := newDirectory(t)
	if !regexp.MustCompile(`^20261123T101500Z-[0-9a-f]{4}$`).MatchString(d.Name()) {
		t.Errorf("name is %q", d.Name())
	}
	if filepath.Base(d.Path()) != d.Name() {
		t.Errorf("%s is not called %s", d.Path(), d.Name())
	}
}

func TestRunDirectoryOfAnInterruptedProcessCanBeRead(t *testing.T) {
	d := newDirectory(t, someLaunches()...) // and no Finish
	_, launches, warnings, err := results.Open(d.Path())
	if err != nil || len(launches) != 3 || len(warnings) != 0 {
		t.Errorf("%d launches, warnings %q, %v", len(launches), warnings, err)
	}
}

func TestFinishLeavesTheRecordsAndNothingElse(t *testing.T) {
	d := newDirectory(t, someLaunches()...)
	if err := d.Finish(resultstest.Run); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(d.Path())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if diff := cmp.Diff([]string{"launches.jsonl", "run.json"}, names); diff != "" {
		t.Error(diff)
	}
}

func readFile(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestCreateDirectoryInAnImpossiblePlace(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	parent := filepath.Join(file, "results")
	_, err := results.CreateDirectory(parent, resultstest.Run)
	want := "run directory: make one in " + parent + ": not a directory: choose another place with --out"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// A run that has a name has its directory, and another of that name one that is new.
func TestCreateDirectoryOfAName(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "results")
	d, err := results.CreateDirectory(parent, results.Run{Name: "before"})
	if err != nil || d.Name() != "before" || d.Path() != filepath.Join(parent, "before") {
		t.Fatalf("%v: %+v", err, d)
	}
	again, err := results.CreateDirectory(parent, results.Run{Name: "before"})
	if err != nil || !strings.HasPrefix(again.Name(), "before-2") {
		t.Fatalf("%v: %+v", err, again)
	}
	for of, want := range map[*results.Directory]string{d: "before", again: again.Name()} {
		run, err := results.OpenRun(of.Path())
		if err != nil || run.Name != "before" || run.ID() != want {
			t.Errorf("%v: %s, in %s", err, run.Name, run.ID())
		}
	}
	for name, want := range map[string]string{
		"latest": "the word for the newest run", "a/b": "write it as a-b", "..": "no name for a run", ".hidden": "write it as hidden",
		"-q": "write it as q", "base~1": "write it as base-1", "a b": "write it as a-b", "e\u202ex": "write it as e-x", strings.Repeat("n", 101): "no more than 100",
	} {
		if _, err := results.CreateDirectory(parent, results.Run{Name: name}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

func launchLine(number int) string {
	return fmt.Sprintf(`{"size_bytes": 8, "launch": %d, "status": "ok"}`, number) + "\n"
}

func TestOpenRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		file, content string
		say           string
	}{
		"no run.json":        {"run.json", "", "is none: it has no run.json"},
		"an empty run.json":  {"run.json", " ", "run.json:1: unexpected end"},
		"a broken run.json":  {"run.json", "{\n\n\"schema\": 1,\n]", "run.json:4: invalid character"},
		"a wrong run.json":   {"run.json", "{\"schema\": 1,\n\"plan\": {\"seed\": \"x\"}}", "run.json:2: plan.seed is a string where a uint64 belongs"},
		"another's run.json": {"run.json", `{"name": "x"}`, "not from ipcbench"},
		"a newer run.json":   {"run.json", `{"schema": 3, "plan": "of another shape"}`, "schema version 3 and this ipcbench reads up to 2: use a newer"},
		"no launches.jsonl":  {"launches.jsonl", "", "launches.jsonl: no such file"},
		"no launches":        {"launches.jsonl", "\n", "holds no launch"},
		"a broken line":      {"launches.jsonl", launchLine(1) + "{\"stat\n" + launchLine(2), "launches.jsonl:2: "},
		"a line of another":  {"launches.jsonl", launchLine(1) + `{"size_bytes": 8, "status": "fine"}` + "\n", "launches.jsonl:2: not a launch"},
		"no size":            {"launches.jsonl", launchLine(1) + `{"size_bytes": -3, "status": "ok"}` + "\n", "launches.jsonl:2: not a launch"},
		"a text for a time":  {"launches.jsonl", launchLine(1) + `{"size_bytes": 8, "status": "ok", "metrics": {"rtt_p50_ns": "NaN"}}` + "\n", "launches.jsonl:2: metrics is a string where a float64 belongs"},
		"a text for a size":  {"launches.jsonl", launchLine(1) + `{"size_bytes": "8", "status": "ok"}` + "\n", "launches.jsonl:2: size_bytes is a string where a int belongs"},
		"an endless time":    {"launches.jsonl", launchLine(1) + `{"size_bytes": 8, "status": "ok", "metrics": {"rtt_p50_ns": 1e999}}` + "\n", "launches.jsonl:2: metrics is a number 1e999 where"},
		"a negative time":    {"launches.jsonl", launchLine(1) + `{"size_bytes": 8, "status": "ok", "metrics": {"rtt_p50_ns": -3}}` + "\n", "launches.jsonl:2: not a launch: its rtt_p50_ns is -3"},
		"a negative count":   {"launches.jsonl", launchLine(1) + `{"size_bytes": 8, "status": "ok", "messages": -1}` + "\n", "launches.jsonl:2: not a launch: its messages is -1"},
		"a line twice":       {"launches.jsonl", launchLine(1) + launchLine(2) + launchLine(1), "launches.jsonl:3: the launch of line 1 stands here again"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDirectory(t, someLaunches()...)
			path := filepath.Join(d.Path(), c.file)
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if c.content != "" {
				if err := os.WriteFile(path, []byte(c.content), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			_, _, _, err := results.Open(d.Path())
			if err == nil || !strings.Contains(err.Error(), c.say) || !strings.Contains(err.Error(), d.Path()) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v\nwant one line about %s with %q", err, d.Path(), c.say)
			}
		})
	}
}

// A histogram that cannot be read takes nothing from what else its launch says,
// and whoever shows the run is told.
func TestABrokenHistogramIsToldWithItsCell(t *testing.T) {
	launches := someLaunches()
	launches[1].Histograms = map[string]string{results.RoundTrips: "HISTFAAA"}
	run, read, told, err := results.Open(newDirectory(t, launches...).Path())
	if err != nil || len(told) > 0 || len(read) != 3 {
		t.Fatalf("%d launches, %q, %v", len(read), told, err)
	}
	cell := summary.Analyze(run, read, nil).Cells[0]
	want := "launch 2 is not in the percentiles: histogram: decode: "
	if len(cell.Warnings) != 1 || !strings.HasPrefix(cell.Warnings[0].String(), want) || cell.Launches != 3 {
		t.Errorf("%d launches with the warnings %q", cell.Launches, cell.Warnings)
	}
}

func TestOpenOfNoDirectory(t *testing.T) {
	d := newDirectory(t, someLaunches()...)
	for path, say := range map[string]string{
		filepath.Join(d.Path(), "missing"):        "no such file or directory",
		filepath.Join(d.Path(), "launches.jsonl"): "is a file: name the directory",
	} {
		if _, _, _, err := results.Open(path); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("got %v, want %q", err, say)
		}
	}
}

// A crash can cut the last line anywhere. Whatever is left of it, the launches
// before it are read, and it is either whole or left out with a warning.
func TestLastLineCutAnywhere(t *testing.T) {
	d := newDirectory(t, someLaunches()...)
	path := filepath.Join(d.Path(), "launches.jsonl")
	data := []byte(readFile(t, d.Path(), "launches.jsonl"))
	last := bytes.LastIndexByte(bytes.TrimRight(data, "\n"), '\n') + 1
	for end := last; end <= len(data); end++ {
		if err := os.WriteFile(path, data[:end], 0o644); err != nil {
			t.Fatal(err)
		}
		_, launches, warnings, err := results.Open(d.Path())
		if err != nil {
			t.Fatalf("cut at byte %d of %d: %v", end, len(data), err)
		}
		whole, nothingLeft := end >= len(data)-1, end == last
		switch {
		case whole && (len(launches) != 3 || len(warnings) != 0),
			nothingLeft && (len(launches) != 2 || len(warnings) != 0),
			!whole && !nothingLeft && (len(launches) != 2 || len(warnings) != 1 || !strings.Contains(warnings[0], "launches.jsonl:3")):
			t.Fatalf("cut at byte %d of %d: %d launches, warnings %q", end, len(data), len(launches), warnings)
		}
	}
}

func FuzzReadLaunches(f *testing.F) {
	line, err := json.Marshal(someLaunches()[1])
	if err != nil {
		f.Fatal(err)
	}
	f.Add(append(append(line, '\n'), line...))
	f.Add([]byte("{\"status\":\"ok\"}\n\n{\"status\":\"fai"))
	f.Add([]byte("null\n"))
	f.Add([]byte("\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, _, err := results.ReadLaunches("launches.jsonl", data, 1); err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("the error is not one line: %q", err)
		}
		launches, warnings, err := results.ReadLaunches("launches.jsonl", data, results.Schema)
		if err != nil {
			return
		}
		if lines := bytes.Count(data, []byte("\n")) + 1; len(launches)+len(warnings) > lines {
			t.Errorf("%d launches and %d warnings of %d lines", len(launches), len(warnings), lines)
		}
		// Whatever was read can be summarized and written.
		var out bytes.Buffer
		if err := export.WriteLaunchesCSV(&out, launches); err != nil {
			t.Error(err)
		}
		if err := export.WriteBench(&out, resultstest.Run, launches); err != nil {
			t.Error(err)
		}
		summaries := summary.Of(launches)
		if err := table.Write(&out, summaries, table.Text(120)); err != nil {
			t.Error(err)
		}
		if err := export.WriteJSON(&out, summary.Analyze(resultstest.Run, launches, nil)); err != nil {
			t.Error(err)
		}
	})
}

func TestLaunchesThatExplainAreNoneOfTheLaunches(t *testing.T) {
	d := newDirectory(t, someLaunches()...)
	explains := someLaunches()[0]
	explains.Launch = 0
	explains.Workers = []results.Worker{{Side: "producer", Perf: map[string]float64{"context-switches": 3}}}
	if err := d.AppendWhy(explains); err != nil {
		t.Fatal(err)
	}
	if err := d.Finish(resultstest.Run); err != nil {
		t.Fatal(err)
	}
	_, launches, _, err := results.Open(d.Path())
	if err != nil || len(launches) != len(someLaunches()) {
		t.Errorf("%d launches, %v", len(launches), err)
	}
	diagnosed, warnings, err := results.OpenWhy(d.Path(), results.Schema)
	if err != nil || len(warnings) > 0 || len(diagnosed) != 1 || diagnosed[0].Workers[0].Perf["context-switches"] != 3 || diagnosed[0].Run != d.Name() {
		t.Errorf("%+v, %q, %v", diagnosed, warnings, err)
	}
}

package report

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ipcbench/results"
	"ipcbench/results/resultstest"
	"ipcbench/results/summary"
)

// tables are what Remake makes for other programs.
var tables = []string{"launches.csv", "workers.csv", "summary.csv", "bench.txt"}

// kept makes a run's directory and all that follows from its records.
func kept(t *testing.T, launches, diagnosed []results.Launch) string {
	t.Helper()
	d, err := results.CreateDirectory(t.TempDir(), resultstest.Run)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range launches {
		if err := d.Append(l); err != nil {
			t.Fatal(err)
		}
	}
	for _, l := range diagnosed {
		if err := d.AppendWhy(l); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Finish(resultstest.Run); err != nil {
		t.Fatal(err)
	}
	run := resultstest.Run
	run.Name = d.Name()
	for i := range launches {
		launches[i].Run = d.Name()
	}
	if err := Remake(d.Path(), summary.Analyze(run, launches, diagnosed)); err != nil {
		t.Fatal(err)
	}
	return d.Path()
}

func someLaunches() []results.Launch {
	return append(resultstest.Of(resultstest.Cell("pipe", "latency", 64, "free"), results.RTTP50, 5, 6, 7),
		resultstest.Of(resultstest.Cell("unix", "latency", 64, "free"), results.RTTP50, 8)...)
}

func readFile(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestRemakeMakesTheTablesAndLeavesNothingElse(t *testing.T) {
	dir := kept(t, someLaunches(), nil)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	want := []string{"bench.txt", "charts", "launches.csv", "launches.jsonl", "report.html", "run.json", "summary.csv", "workers.csv"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	_, rows := resultstest.ReadCSV(t, readFile(t, dir, "launches.csv"))
	if len(rows) != 4 || rows[2]["rtt_p50_ns"] != "7" || rows[2]["run"] != filepath.Base(dir) {
		t.Errorf("launches.csv has %v", rows)
	}
}

func TestRemakeWithoutLaunchesMakesEmptyTables(t *testing.T) {
	whole, _ := resultstest.ReadCSV(t, readFile(t, kept(t, someLaunches(), nil), "launches.csv"))
	if header, rows := resultstest.ReadCSV(t, readFile(t, kept(t, nil, nil), "launches.csv")); header != whole || len(rows) != 0 {
		t.Errorf("launches.csv has %q and %v", header, rows)
	}
}

func TestRemakeMakesDeletedTablesAgain(t *testing.T) {
	dir := kept(t, someLaunches(), nil)
	before := map[string]string{}
	for _, name := range append(slices.Clone(tables), PageFile) {
		before[name] = readFile(t, dir, name)
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	run, launches, _, err := results.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := Remake(dir, summary.Analyze(run, launches, nil)); err != nil {
		t.Fatal(err)
	}
	for name, want := range before {
		if got := readFile(t, dir, name); got != want {
			t.Errorf("%s is now\n%s\nand was\n%s", name, got, want)
		}
	}
}

func TestLaunchesThatExplainAreInTheWorkersTableAlone(t *testing.T) {
	explains := someLaunches()[0]
	explains.Launch, explains.Workers = 0, []results.Worker{{Side: "producer", Perf: map[string]float64{"context-switches": 3}}}
	dir := kept(t, someLaunches(), []results.Launch{explains})
	if text := readFile(t, dir, "workers.csv"); !strings.Contains(text, ",why,") {
		t.Errorf("workers.csv has\n%s", text)
	}
	if _, rows := resultstest.ReadCSV(t, readFile(t, dir, "launches.csv")); len(rows) != 4 {
		t.Errorf("launches.csv has %d rows of 4 launches", len(rows))
	}
}

// TestKeptRunIsCurrent makes the tables of results/sample again. What the
// README shows comes from there, so it has to be what this version makes; if
// not, run ipcbench report results/sample.
func TestKeptRunIsCurrent(t *testing.T) {
	const sample = "../sample"
	run, launches, warnings, err := results.Open(sample)
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	made := t.TempDir()
	if err := Remake(made, summary.Analyze(run, launches, nil)); err != nil {
		t.Fatal(err)
	}
	for _, name := range tables {
		want, err := os.ReadFile(filepath.Join(sample, name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(made, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("results/sample/%s is not what its records give", name)
		}
	}
}

package results_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ipcbench/results"
	"ipcbench/results/resultstest"
)

// testdata/schema1 is a part of a run of schema 1: what its records do not say in the words of this
// schema is filled in.
func TestTheKeptRunOfSchema1IsRead(t *testing.T) {
	run, launches, told, err := results.Open("testdata/schema1")
	if err != nil || len(told) > 0 {
		t.Fatal(err, told)
	}
	type ways struct {
		group string
		way   results.Way
	}
	want := map[string]ways{
		"mmap":            {"Shared memory", results.Spins},
		"mmap:wait=futex": {"Shared memory", results.Sleeps},
		"pipe":            {"Pipes", results.Sleeps},
		"unix":            {"Sockets", results.Sleeps},
		"file":            {"Files", results.Spins},
	}
	warned := 0
	for _, l := range launches {
		if got := (ways{l.Group, l.Way()}); got != want[l.Transport] {
			t.Fatalf("%s is of %+v, want %+v", l.Transport, got, want[l.Transport])
		}
		_, has := l.Histograms[results.RoundTrips]
		if want := l.Workload == "latency" && l.Status == results.OK; has != want || len(l.Histograms) > 1 {
			t.Fatalf("launch %d of %s has the histograms %d", l.Launch, l.Transport, len(l.Histograms))
		}
		for _, w := range l.Warnings {
			warned++
			if want := "waking a sleeping virtual CPU leaves the guest "; len(w.String()) < len(want) || w.String()[:len(want)] != want {
				t.Fatalf("the warning is %q", w)
			}
		}
	}
	if run.Schema != 1 || warned == 0 {
		t.Errorf("schema %d, %d warnings of launches", run.Schema, warned)
	}
	const unsteady = "the machine was not steady: the cache-line round trip between CPUs 0 and 1 took 63.6 ns to 178 ns during the run, and 6 of 8 floors moved by more than 20 %"
	if len(run.Warnings) != 1 || run.Warnings[0].String() != unsteady {
		t.Errorf("the run's warnings are %q", run.Warnings)
	}
}

// wholeLaunch has a value in every field that a record has.
func wholeLaunch(t *testing.T) results.Launch {
	t.Helper()
	encoded, err := resultstest.Histogram(1, 2, 3).Encode()
	if err != nil {
		t.Fatal(err)
	}
	zero, cpu := int64(0), 3
	worker := results.Worker{
		Side: "producer", Pair: 1, CPU: 2, Pinned: true, Migrations: &zero, CPUNS: 3, UserNS: 4, SystemNS: 5, Voluntary: 6, Preempted: 7,
		Minor: 8, Major: 9, WaitNS: &zero, Mallocs: 10, GCs: 11, StampEvery: 12, ClockNS: 13.25, TickNS: 14, StampNS: 15.5, Exit: "exit status 0", LastWords: "a <b> & \"c\"\nd",
		Perf: map[string]float64{"cycles:u": 1.5}, PerfMissing: map[string]string{"cycles": "no"}, SharedTable: "EPERM",
		Sampled: &results.Sampled{WindowNS: 1, Samples: 2, OnNS: 3, RawNS: 7, AsleepNS: 4, PreemptedNS: 5, Sleeps: 6},
		Buffers: map[string]int64{"pipe capacity": 65536},
		Threads: []results.Thread{{State: "S", CPU: 1, Call: "read", ForUs: true, Channel: "pipe_read"}},
	}
	return results.Launch{
		Run: "r", Cell: full, Launch: 3, Order: 4, Started: time.Date(2026, 11, 23, 10, 15, 1, 500, time.UTC),
		Status: results.Failed, Reason: "why",
		Warnings: []results.Warning{
			results.Told.With("text", "a < b & c"),
			results.Allocated.With("side", "producer", "mallocs", 1234567.0, "gcs", 0.0),
			{ID: "of-a-newer-version", Values: map[string]any{"ratio": 0.25, "name": "x"}},
			{ID: "bare"},
		},
		Messages: 5, Bytes: 1<<53 + 1, ElapsedNS: 7, Waiting: 4, Verified: 8,
		Metrics:      map[string]float64{results.RTTP50: 1.25, "strange_ns": 1e17},
		Histograms:   map[string]string{results.RoundTrips: encoded, "strange": encoded},
		ClockErrorNS: &zero, SlicesNS: []float64{1, 2.5},
		Jitter:      &results.Jitter{StealNS: 1, CPUs: 2, WatchedNS: 3, Throttled: 6, WaitNS: &zero, ProbeCPU: &cpu, Stalls: 4, WorstNS: 5},
		CacheLineNS: []float64{110.5, 571},
		Parts:       []results.Part{{Messages: 5, ElapsedNS: 7}},
		Workers:     []results.Worker{worker},
		Profile:     &results.Profile{Of: results.OnCPU, Event: "cpu-clock:u", NoKernel: "a", Unnamed: "b", Missing: "c", Lost: 7},
		Labels:      map[string]string{"k": "v"},
	}
}

// unrecorded are the fields of which nothing, or 0, is kept.
var unrecorded = []string{"ProducerCPU", "Stratum"}

func TestALaunchComesBackAsItWasRecorded(t *testing.T) {
	launch := wholeLaunch(t)
	for what, of := range map[string]reflect.Value{
		"launch": reflect.ValueOf(launch), "cell": reflect.ValueOf(launch.Cell),
		"worker": reflect.ValueOf(launch.Workers[0]), "jitter": reflect.ValueOf(*launch.Jitter), "profile": reflect.ValueOf(*launch.Profile), "sampling": reflect.ValueOf(*launch.Workers[0].Sampled), "thread": reflect.ValueOf(launch.Workers[0].Threads[0]),
	} {
		for i := range of.NumField() {
			if of.Field(i).IsZero() && !slices.Contains(unrecorded, of.Type().Field(i).Name) {
				t.Errorf("this test knows nothing of the %s's %s", what, of.Type().Field(i).Name)
			}
		}
	}
	line, err := json.Marshal(launch)
	if err != nil {
		t.Fatal(err)
	}
	back, err := results.ReadLaunch(line, results.Schema)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(launch, back); diff != "" {
		t.Errorf("the launch came back different:\n%s", diff)
	}
	if again, err := json.Marshal(back); err != nil || !bytes.Equal(again, line) {
		t.Errorf("recorded again, it is\n%s\nand was\n%s\n%v", again, line, err)
	}
}

// A run of schema 1 that is written again is one of this schema, and says the
// same.
func TestARunOfSchema1WrittenAgainSaysTheSame(t *testing.T) {
	run, launches, _, err := results.Open("testdata/schema1")
	if err != nil {
		t.Fatal(err)
	}
	launches = slices.DeleteFunc(launches, func(l results.Launch) bool { return l.Launch > 1 })
	d, err := results.CreateDirectory(t.TempDir(), run)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range launches {
		if err := d.Append(l); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Finish(run); err != nil {
		t.Fatal(err)
	}
	again, read, told, err := results.Open(d.Path())
	if err != nil || len(told) > 0 {
		t.Fatal(err, told)
	}
	run.Schema, run.Name = results.Schema, d.Name()
	for i := range launches {
		launches[i].Run = d.Name()
	}
	if diff := cmp.Diff(run, again); diff != "" {
		t.Errorf("the run:\n%s", diff)
	}
	if diff := cmp.Diff(launches, read); diff != "" {
		t.Errorf("the launches:\n%s", diff)
	}
	data, err := os.ReadFile(filepath.Join(d.Path(), "launches.jsonl"))
	if err != nil || bytes.Contains(data, []byte("rtt_hist")) {
		t.Errorf("%v: a record of this schema has a field of the other", err)
	}
}

package export

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"

	"ipcbench/results"
	"ipcbench/results/resultstest"
)

// readBench reads the benchmark format as benchstat does.
func readBench(t *testing.T, run results.Run, launches []results.Launch) (read []*benchfmt.Result, units benchfmt.UnitMetadataMap) {
	t.Helper()
	var out bytes.Buffer
	if err := WriteBench(&out, run, launches); err != nil {
		t.Fatal(err)
	}
	reader := benchfmt.NewReader(bytes.NewReader(out.Bytes()), "bench.txt")
	for reader.Scan() {
		switch record := reader.Result().(type) {
		case *benchfmt.Result:
			read = append(read, record.Clone())
		case *benchfmt.SyntaxError:
			t.Errorf("%v in\n%s", record, out.String())
		}
	}
	return read, reader.Units()
}

func TestBenchReadsBackOneResultForEachLaunch(t *testing.T) {
	launches := resultstest.Launches(t)
	measured := 0
	for _, launch := range launches {
		if launch.Status == results.OK {
			measured++
		}
	}
	read, units := readBench(t, resultstest.Run, launches)
	if len(read) != measured {
		t.Errorf("%d launches ended ok and %d were written", measured, len(read))
	}
	for unit, better := range map[string]int{"sec/op": -1, "B/s": 1, "p50-sec": -1, "p99-sec": -1, "cpu-sec/op": -1} {
		if units.GetBetter(unit) != better {
			t.Errorf("%s is better towards %+d, want %+d", unit, units.GetBetter(unit), better)
		}
	}
}

func TestBenchConfigurationIsTheRunsAndNeverChangesWithin(t *testing.T) {
	read, _ := readBench(t, resultstest.Run, resultstest.Launches(t))
	want := map[string]string{
		"goos": "linux", "goarch": "amd64", "pkg": "ipcbench", "cpu": "Example 9000", "kernel": "6.18.0",
		"kernel-config": "voluntary", "loadavg": "", "governor": "",
	}
	for _, result := range read {
		for key, value := range want {
			if result.GetConfig(key) != value {
				t.Fatalf("%s is %q, want %q", key, result.GetConfig(key), value)
			}
		}
	}
}

func TestBenchConfigurationTakesHostileLabels(t *testing.T) {
	run := resultstest.Run
	run.Labels = map[string]string{"Two Words": "a\nb", "9": "x", "cpu": "not this", "a:b": "x", "": "x", "empty": ""}
	read, _ := readBench(t, run, []results.Launch{resultstest.OK(resultstest.Cell("pipe", "latency", 64, "free"), 1, results.RTTMean, 5)})
	if len(read) != 1 || read[0].GetConfig("two-words") != "a b" || read[0].GetConfig("cpu") != "Example 9000" {
		t.Errorf("read back %+v", read)
	}
}

// TestEveryLabelIsInTheBenchmarks whatever its key, and none in the place of another.
func TestEveryLabelIsInTheBenchmarks(t *testing.T) {
	run := resultstest.Run
	run.Labels = map[string]string{"Größe": "1", "標籤": "2", "9": "3", "a:b": "4", "cpu": "5", "CPU": "6", "ключ": "7"}
	read, _ := readBench(t, run, []results.Launch{resultstest.OK(resultstest.Cell("pipe", "latency", 64, "free"), 1, results.RTTMean, 5)})
	for key, want := range map[string]string{
		"größe": "1", "label-標籤": "2", "label-9": "3", "a-b": "4", "label-cpu": "6", "label-label-cpu": "5", "ключ": "7", "cpu": "Example 9000",
	} {
		if got := read[0].GetConfig(key); got != want {
			t.Errorf("%s is %q, not %q", key, got, want)
		}
	}
}

func TestBenchNamesTellEveryDimension(t *testing.T) {
	cell := resultstest.Cell("mmap:sync=async,wait=futex", "latency", 65536, "0-1")
	cell.Dir, cell.FSType, cell.Wait = "/mnt/a b", "ext4", "futex"
	plainPipe := resultstest.Cell("pipe", "throughput", 64, "same-llc")
	plainPipe.Wait = "block"
	busy := plainPipe
	busy.Pairs, busy.RatePerS = 4, 50_000

	read, _ := readBench(t, resultstest.Run, []results.Launch{resultstest.OK(cell, 1, results.RTTMean, 5), resultstest.OK(plainPipe, 1, results.MsgsPerS, 5), resultstest.OK(busy, 1, results.MsgsPerS, 5)})
	var names []string
	for _, result := range read {
		names = append(names, result.Name.String())
		if _, parts := result.Name.Parts(); string(parts[len(parts)-1]) != "-1" {
			t.Errorf("the last part of %s is read as its placement's", result.Name)
		}
	}
	want := []string{
		"Latency/transport=mmap/wait=futex/sync=async/fs=ext4/size=65536/placement=0-1-1",
		"Throughput/transport=pipe/wait=block/size=64/placement=same-llc-1",
		"Throughput/transport=pipe/wait=block/pairs=4/rate=50000/size=64/placement=same-llc-1",
	}
	if !slices.Equal(names, want) {
		t.Errorf("names are\n%s\nwant\n%s", strings.Join(names, "\n"), strings.Join(want, "\n"))
	}
}

func TestBenchNamesTellTwoDirectoriesOnOneFilesystemApart(t *testing.T) {
	a, b := resultstest.Cell("mmap", "latency", 64, "free"), resultstest.Cell("mmap", "latency", 64, "free")
	a.Dir, a.FSType, b.Dir, b.FSType = "/mnt/a", "ext4", "/mnt/b", "ext4"
	read, _ := readBench(t, resultstest.Run, []results.Launch{resultstest.OK(a, 1, results.RTTMean, 5), resultstest.OK(b, 1, results.RTTMean, 5)})
	if read[0].Name.String() == read[1].Name.String() {
		t.Errorf("both are called %s, and would be taken for one", read[0].Name)
	}
}

func TestBenchValues(t *testing.T) {
	latency := resultstest.OK(resultstest.Cell("pipe", "latency", 64, "free"), 1, results.RTTMean, 5000)
	latency.ElapsedNS = 1 // the metric counts, not what could be derived
	latency.Metrics[results.RTTP50], latency.Metrics[results.RTTP99], latency.Metrics[results.CPUPerMsg] = 4500, 20_000, 9000
	stream := resultstest.OK(resultstest.Cell("pipe", "throughput", 64, "free"), 1, results.MsgsPerS, 2e6)
	stream.Metrics[results.BytesPerS] = 128e6

	read, _ := readBench(t, resultstest.Run, []results.Launch{latency, stream})
	for i, values := range []map[string]float64{
		{"sec/op": 5e-6, "p50-sec": 4.5e-6, "p99-sec": 20e-6, "cpu-sec/op": 9e-6},
		{"sec/op": 0.5e-6, "B/s": 128e6},
	} {
		if read[i].Iters != 1000 || len(read[i].Values) != len(values) {
			t.Errorf("%s: %d iterations, values %+v", read[i].Name, read[i].Iters, read[i].Values)
		}
		for unit, want := range values {
			if got, _ := read[i].Value(unit); got < want*0.999999 || got > want*1.000001 {
				t.Errorf("%s: %v %s, want %v", read[i].Name, got, unit, want)
			}
		}
	}
}

func TestBenchLeavesOutWhatDidNotEndOK(t *testing.T) {
	failed := resultstest.OK(resultstest.Cell("pipe", "latency", 64, "free"), 1, results.RTTMean, 5)
	failed.Status = results.Failed
	empty := resultstest.OK(resultstest.Cell("pipe", "latency", 64, "free"), 2, results.RTTMean, 5)
	empty.Messages = 0
	if read, _ := readBench(t, resultstest.Run, []results.Launch{failed, empty}); len(read) != 0 {
		t.Errorf("read back %d results of a failed and an empty launch", len(read))
	}
}

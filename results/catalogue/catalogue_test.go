package catalogue_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ipcbench/internal/facts"
	"ipcbench/results"
	"ipcbench/results/catalogue"
	"ipcbench/results/resultstest"
	"ipcbench/results/summary"
)

// of is what can be passed on of a run.
func of(t *testing.T, run results.Run, launches []results.Launch) catalogue.Machine {
	t.Helper()
	m, _, err := catalogue.Of(summary.Analyze(run, launches, nil))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func encoded(t *testing.T, m catalogue.Machine) []byte {
	t.Helper()
	text, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// launches are those of a round trip of so many ns.
func launches(cell results.Cell, ns float64) []results.Launch {
	return resultstest.Of(cell, results.RTTP50, ns, ns+1, ns+2, ns+3, ns+4, ns+5, ns+6)
}

// TestNothingPassedOnNamesAnybody puts a word into every text of a run that somebody else
// than this program may have written.
func TestNothingPassedOnNamesAnybody(t *testing.T) {
	const me = "alice@box"
	run := resultstest.Run
	run.Name, run.Directory, run.Version, run.CutShort = me, me, "v1 "+me, me
	run.Args, run.Labels = []string{"run", "-d", "/home/" + me}, map[string]string{me: me}
	run.Plan.Specs, run.Plan.Dirs = []string{me}, []string{"/home/" + me}
	run.Storage = map[string][]results.Layer{"/home/" + me: {{}}}
	run.Host = map[string]string{"cpu": "Example 9000", "memory": "24684092 kB", "kernel": "6.18.44-" + me, "strange-" + me: me}
	for _, fact := range facts.All {
		if run.Host[fact.Name] == "" && fact.Share(me) == "" {
			run.Host[fact.Name] = me
		}
	}
	cell := resultstest.Cell("pipe", "latency", 64, "same-cpu")
	cell.Dir, cell.Mount = "/home/"+me, me
	named, path, variant, mix := cell, cell, cell, cell
	named.FSType = "fuse." + me
	path.Transport = "mmap:file=/home/" + me
	variant.Variant, mix.SizeMix = me, "@/home/"+me
	var all []results.Launch
	for _, c := range []results.Cell{cell, named, path, variant, mix} {
		all = append(all, launches(c, 5000)...)
	}
	for i := range all {
		all[i].Run, all[i].Labels, all[i].Reason = me, run.Labels, me
	}
	m := of(t, run, all)
	text := string(encoded(t, m))
	if strings.Contains(text, "alice") || strings.Contains(text, "box") {
		t.Errorf("it names somebody: %s", text)
	}
	want := map[string]string{"cpu": "Example 9000", "memory": "24 GiB", "kernel": "6.18.44"}
	if diff := cmp.Diff(want, m.Facts); diff != "" {
		t.Error(diff)
	}
	if len(m.Cells) != 2 || m.Cells[0].Metrics[results.RTTP50].Median() != 5003 {
		t.Errorf("%+v", m.Cells)
	}
	if name := m.FileName(); !strings.HasPrefix(name, "example-9000-6.18.44-") {
		t.Error(name)
	}
}

// TestWhatIsPassedOnIsReadAgain: a record says the same to a stranger.
func TestWhatIsPassedOnIsReadAgain(t *testing.T) {
	run := resultstest.Run
	run.Floors = []results.Floor{{Name: results.WakeUpFloor, CPUs: []int{0}, NS: 7421.25}, {Name: results.CopyFloor, SizeBytes: 64, NS: 7}}
	run.Host = map[string]string{"cpu": "Example 9000", "memory": "24684092 kB", "cpus": "0-3", facts.Emulated: "no"}
	offered := resultstest.Cell("pipe", "latency", 64, "same-cpu")
	offered.RatePerS, offered.Arrivals, offered.Pairs = 1000, "constant", 2
	m := of(t, run, append(launches(resultstest.Cell("mmap:wait=futex", "latency", 64, "same-llc"), 200), launches(offered, 3000)...))
	again, err := catalogue.Read(encoded(t, m))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m, again, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	if again.CPUs() != 4 || again.FileName() != m.FileName() {
		t.Errorf("%d CPUs, %s", again.CPUs(), again.FileName())
	}
}

func TestReadRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "no record of a machine",
		"{}":                      "\"ipcbench share\" makes one",
		`{"ipcbench_machine": 2}`: "use a newer ipcbench",
		`{"ipcbench_machine": 1, "cells": [{"transport": "\u001b[2J", "workload": "latency", "placement": "same-cpu"}]}`:                               "a cell of it is of",
		`{"ipcbench_machine": 1, "cells": [{"transport": "pipe", "workload": "latency", "placement": "same-cpu", "metrics": {"rtt_p50_ns": [-1]}}]}`:   "rtt_p50_ns",
		`{"ipcbench_machine": 1, "cells": [{"transport": "pipe", "workload": "latency", "placement": "same-cpu", "metrics": {"rtt_p50_ns": []}}]}`:     "0 numbers",
		`{"ipcbench_machine": 1, "cells": [{"transport": "pipe", "workload": "latency", "placement": "same-cpu", "metrics": {"rtt_p50_ns": [1, 2]}}]}`: "2 numbers",
		`{"ipcbench_machine": 1, "floors": [{"name": "clock", "ns": -3}]}`:                                                                             "its floor clock is -3 ns",
		`{"ipcbench_machine": 1, "cells": [{"transport": "pipe", "workload": "latency", "placement": "same-cpu", "fstype": "a b"}]}`:                   "a cell of it is of",
	} {
		if _, err := catalogue.Read([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	m, err := catalogue.Read([]byte(`{"ipcbench_machine": 1, "facts": {"cpu": "a\u001b[2Jb", "host-name": "box", "product": "box"}}`))
	if want := map[string]string{"cpu": `a\u001b[2Jb`}; err != nil || cmp.Diff(want, m.Facts) != "" {
		t.Errorf("%v: %v", err, m.Facts)
	}
}

// TestARecordStaysSmall: of a run of many cells, it has fewer metrics of each, and of one
// of far too many there is none.
func TestARecordStaysSmall(t *testing.T) {
	many := func(n int) []results.Launch {
		var all []results.Launch
		for i := range n {
			cell := resultstest.Cell("pipe", "throughput", 64+i, "same-cpu")
			for number := range 7 {
				all = append(all, resultstest.Throughput(cell, number+1, float64(1000*(i+1)+number)))
			}
		}
		return all
	}
	m, leftOut, err := catalogue.Of(summary.Analyze(resultstest.Run, many(250), nil))
	if err != nil || len(m.Cells) != 250 || !strings.Contains(strings.Join(leftOut, "\n"), "for the file's length") {
		t.Errorf("%v: %d cells, without %s", err, len(m.Cells), leftOut)
	}
	if text := encoded(t, m); len(text) > catalogue.MaxBytes {
		t.Errorf("%d bytes", len(text))
	}
	if _, _, err := catalogue.Of(summary.Analyze(resultstest.Run, many(2000), nil)); err == nil || !strings.Contains(err.Error(), "share a run of fewer cells than 2000") {
		t.Error(err)
	}
}

// TestEmulatedMachinesStandApart: no table has both them and hardware, whichever of them
// is the reader's.
func TestEmulatedMachinesStandApart(t *testing.T) {
	machine := func(emulated string, ns float64) catalogue.Machine {
		run := resultstest.Run
		run.Host = map[string]string{"cpu": "Example 9000", facts.Emulated: emulated}
		return of(t, run, launches(resultstest.Cell("pipe", "latency", 64, "same-cpu"), ns))
	}
	this, real, played := machine("no", 1000), machine("no", 2000), machine("QEMU TCG", 90000)
	shown := func(this, other catalogue.Machine, rest ...catalogue.Machine) string {
		var b bytes.Buffer
		if err := catalogue.WriteText(&b, catalogue.Catalogue{This: &this, Others: append(rest, other)}, 100); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	text := shown(this, real, played)
	hardware, emulated, apart := strings.Cut(text, "Emulated:")
	if !apart || !strings.Contains(hardware, "2.00 µs ×2.00") || strings.Contains(hardware, "90.0 µs") || !strings.Contains(emulated, "90.0 µs") || strings.Contains(emulated, "90.0 µs ×") {
		t.Error(text)
	}
	if text := shown(played, played, real); !strings.Contains(text, "90.0 µs ×1.00") || strings.Contains(text, "2.00 µs ×") {
		t.Error(text)
	}
}

// TestOnlyWhatIsAlikeIsInAColumn: another size, rate or filesystem is no probe.
func TestOnlyWhatIsAlikeIsInAColumn(t *testing.T) {
	cell := resultstest.Cell("mmap", "latency", 64, "same-llc")
	tmpfs, ext4, large, pairs := cell, cell, cell, cell
	tmpfs.FSType, ext4.FSType, large.FSType, pairs.FSType = "tmpfs", "ext4", "tmpfs", "tmpfs"
	large.SizeBytes, pairs.Pairs = 4096, 2
	for c, want := range map[results.Cell]int{tmpfs: 1, ext4: 0, large: 0, pairs: 0} {
		tables := 0
		for _, g := range (catalogue.Catalogue{Others: []catalogue.Machine{of(t, resultstest.Run, launches(c, 200))}}).Groups() {
			tables += len(g.Tables)
		}
		if tables != want {
			t.Errorf("%s on %s: %d tables", c.Describe(" "), c.FSType, tables)
		}
	}
}

// TestOurMachineIsTheSample: the first record of the catalogue is what "ipcbench share"
// makes of the run that is kept.
func TestOurMachineIsTheSample(t *testing.T) {
	run, all, _, err := results.Open("../sample")
	if err != nil {
		t.Fatal(err)
	}
	m := of(t, run, all)
	kept, err := os.ReadFile(filepath.Join("../../machines", m.FileName()))
	if err != nil {
		t.Fatalf("%v: make it again by \"ipcbench share results/sample --yes\"", err)
	}
	if diff := cmp.Diff(string(encoded(t, m)), string(kept)); diff != "" {
		t.Error(diff)
	}
}

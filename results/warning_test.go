package results_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"ipcbench/results"
	_ "ipcbench/results/summary" // which declares most of them
)

// samples have values for each kind of warning, of the types that whoever finds
// such gives it.
var samples = map[string][]any{
	"told":          {"text", "a < b"},
	"shared-table":  {"why", "operation not permitted"},
	"allocated":     {"side", "producer", "mallocs", int64(1234567), "gcs", int64(0)},
	"floor-unknown": {"error", "no second CPU"},
	"not-cold":      {"why", "the kernel does not take it"},
	"no-pages":      {"error", "no room"},
	"not-alone":     {"pid", 4711, "cpus", "0-1"},
	"joined":        {"pid", 4711, "cpus", "0-1"},

	"interrupted":          {"launches", 7},
	"not-ended":            {"launches", 7},
	"machine":              {"finding", "governor is powersave", "remedy", "cpupower frequency-set -g performance"},
	"own-runtime":          {"needs", "allocates,threads"},
	"why-failed":           {"cell", "pipe latency 64 B", "reason", "deadline"},
	"histogram-unreadable": {"launch", 2, "error", "histogram: decode: EOF"},
	"modes":                {"modes", "5.10 µs ×7, 36.0 µs ×3", "placement", "free"},
	"mixed":                {"mixed", 1, "launches", 12, "fast_ns", 5012.0, "slow_ns", 36e3},
	"contended":            {"contended", 3, "launches", 10, "taken", 0.553},
	"pinning-unreal":       nil,
	"throttled":            {"throttled", 2, "launches", 3, "share", 0.48},
	"drift-down":           nil,
	"drift-up":             nil,
	"outlier-slow":         nil,
	"outlier-fast":         nil,
	"outlier-slow-explained": {
		"launch", 7, "times", 4.0917, "suspect", "steal", "took_ns", int64(8e6),
	},
	"crowded":           {"ends", 9, "cpus", 2, "spin", true},
	"strata":            {"a", 0, "b", 1, "near_ns", 52.5, "far_ns", 310.0},
	"unsteady":          {"floor", "reading the clock", "lo_ns", 63.6, "hi_ns", 178.0, "moved", 6, "floors", 8},
	"not-narrow":        {"until", 0.025, "cell", "pipe latency 64 B", "margin", 0.071, "launches", 34, "failed", 2},
	"not-narrow-either": {"until", 0.02, "cells", 25},
	"not-held":          {"achieved_per_s", 8e5, "scheduled_per_s", 1e6},
	"sync-memory":       {"layer", "tmpfs"},
	"sync-skipped":      {"layer", "overlay", "option", "volatile"},
	"sync-no-flush":     {"layer", "ext4", "option", "nobarrier", "device", "sda"},
	"sync-up-to-host":   {"layer", "vda"},
	"sync-loop":         {"layer", "loop0", "below", "ext4"},
	"sync-elsewhere":    {"layer", "9p"},
	"short-stream":      {"messages", int64(100), "waiting", int64(80)},
	"budget-spent":      {"budget_ns", int64(90e9), "until", 0.02, "launches", 10},
	"budget-short":      {"budget_ns", int64(90e9), "until", 0.02, "launches", 10},
}

// A record keeps values: whoever reads it must get the words that were said when
// it was made.
func TestEveryWarningSaysTheSameFromARecord(t *testing.T) {
	for _, c := range results.AllCautions() {
		values, known := samples[c.ID]
		if !known {
			t.Errorf("this test has no values for %s", c.ID)
			continue
		}
		made := c.With(values...)
		record, err := json.Marshal(made)
		if err != nil {
			t.Fatal(err)
		}
		var read results.Warning
		if err := json.Unmarshal(record, &read); err != nil {
			t.Fatal(err)
		}
		if read.String() != made.String() || read.Brief() != made.Brief() {
			t.Errorf("%s\nsaid %q, %q\nand from a record %q, %q", c.ID, made, made.Brief(), read, read.Brief())
		}
		for _, text := range []string{made.String(), made.Brief()} {
			if text == "" || strings.ContainsAny(text, "\n\x00") || strings.Contains(text, "%!") || strings.Contains(text, "<nil>") {
				t.Errorf("%s says %q", c.ID, text)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(samples)) {
		if !slices.ContainsFunc(results.AllCautions(), func(c results.Caution) bool { return c.ID == id }) {
			t.Errorf("there is no warning %s", id)
		}
	}
}

func TestAWarningOfANewerVersionSaysWhatItHas(t *testing.T) {
	for _, c := range []struct {
		warning results.Warning
		want    string
	}{
		{results.Warning{ID: "too-warm"}, "too-warm"},
		{results.Warning{ID: "too-warm", Values: map[string]any{"celsius": 95.5, "cpu": "a"}}, "too-warm map[celsius:95.5 cpu:a]"},
	} {
		if got := c.warning.String(); got != c.want || c.warning.Brief() != c.want {
			t.Errorf("got %q, %q, want %q", got, c.warning.Brief(), c.want)
		}
	}
}

func TestTheSameWarningIsToldOnce(t *testing.T) {
	a, b := results.Told.With("text", "a"), results.Told.With("text", "b")
	got := results.AppendOnce([]results.Warning{a}, b, a, b)
	if len(got) != 2 || got[0].String() != "a" || got[1].String() != "b" {
		t.Errorf("%q", got)
	}
}

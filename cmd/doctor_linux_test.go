package cmd

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"ipcbench/internal/doctor"
	"ipcbench/internal/host"
	"ipcbench/results"
)

// scriptFindings wants a file to have the documented fields of doctor --json,
// and what was measured.
func scriptFindings(ts *testscript.TestScript, _ bool, args []string) {
	var found struct {
		Findings []map[string]any
		Measured results.Noise
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &found))
	for _, finding := range found.Findings {
		for _, field := range []string{"id", "level", "finding", "why", "remedy"} {
			if text, _ := finding[field].(string); text == "" {
				ts.Fatalf("%v has no %s", finding, field)
			}
		}
		if level := finding["level"]; !slices.Contains([]any{"ok", "note", "warning"}, level) {
			ts.Fatalf("%v is no level", level)
		}
	}
	cpus, err := host.Affinity()
	ts.Check(err)
	if len(found.Findings) < 20 || len(found.Measured.CPUs) != len(cpus) {
		ts.Fatalf("%d findings, and %d of %d CPUs measured", len(found.Findings), len(found.Measured.CPUs), len(cpus))
	}
}

func TestTheDoctorSaysWhatToMindFirst(t *testing.T) {
	c := checkup{Findings: []doctor.Finding{
		{ID: "clock-source", Level: doctor.OK, Finding: "the clock source is tsc", About: "clock source"},
		{ID: "hugepages", Level: doctor.Note, Finding: "no huge page is reserved", Why: strings.Repeat("some words ", 10), Remedy: "sysctl vm.nr_hugepages=64"},
		{ID: "lockdown", Level: doctor.Note, Finding: "kernel lockdown: not known", About: "kernel lockdown", Unknown: true},
		{ID: "steal", Level: doctor.Warning, Finding: "half of the time was stolen", Why: "it is missing", Remedy: "none: a host " + strings.Repeat("of its own ", 6), About: "steal time"},
	}}
	const want = `not quite fit to measure, 1 warning: steal time

warning   half of the time was stolen
          it is missing
  remedy  none: a host of its own of its own of its
          own of its own of its own of its own

note      no huge page is reserved
          some words some words some words some
          words some words some words some words
          some words some words some words
  remedy  sysctl vm.nr_hugepages=64

ok        the clock source is tsc
unknown   kernel lockdown
`
	var b strings.Builder
	if err := c.print(&b, 52); err != nil {
		t.Fatal(err)
	}
	if b.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", b.String(), want)
	}
}

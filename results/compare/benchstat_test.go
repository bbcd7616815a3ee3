package compare

import (
	"bytes"
	"math"
	"testing"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchmath"

	"ipcbench/results/export"
)

// TestBenchstatAgrees reads two runs' bench.txt as benchstat does: what is
// significant there is so here, in the same direction and of the same size.
func TestBenchstatAgrees(t *testing.T) {
	random := seeded()
	old, new := newRun("A"), newRun("B")
	changes := []float64{-0.9, -0.3, -0.05, 0, 0.02, 0.08, 0.5, 3}
	for i, change := range changes {
		old.measure(random, latencyOf("pipe", 64+i), 10, 50e3, 0.02)
		new.measure(random, latencyOf("pipe", 64+i), 10, 50e3*(1+change), 0.02)
	}
	rows := compareRuns(t, []Run{old}, []Run{new}).Rows
	before, after := benchValues(t, old), benchValues(t, new)
	if len(before) != len(changes) {
		t.Fatalf("%d benchmarks in bench.txt", len(before))
	}
	for i, name := range namesBySize(t, old) {
		a, b := benchmath.NewSample(before[name], &benchmath.DefaultThresholds), benchmath.NewSample(after[name], &benchmath.DefaultThresholds)
		p := benchmath.AssumeNothing.Compare(a, b).P
		delta := benchmath.AssumeNothing.Summary(b, 0.95).Center/benchmath.AssumeNothing.Summary(a, 0.95).Center - 1
		if math.Abs(p-rows[i].P) > 1e-9 {
			t.Errorf("%s: p = %v, benchstat's is %v", name, rows[i].P, p)
		}
		if p <= 0.05 && (delta > 0) != (rows[i].Change > 0) || math.Abs(delta-rows[i].Change) > 0.02*(1+math.Abs(delta)) {
			t.Errorf("%s: changed by %v, by benchstat's medians %v", name, rows[i].Change, delta)
		}
	}
}

// benchValues returns the p50-ns of each benchmark in a run's bench.txt, which the
// format's reader turns into seconds.
func benchValues(t *testing.T, run Run) map[string][]float64 {
	values := map[string][]float64{}
	eachResult(t, run, func(r *benchfmt.Result) {
		if value, has := r.Value("p50-sec"); has {
			values[r.Name.String()] = append(values[r.Name.String()], value)
		}
	})
	return values
}

func namesBySize(t *testing.T, run Run) []string {
	var names []string
	seen := map[string]bool{}
	eachResult(t, run, func(r *benchfmt.Result) {
		if name := r.Name.String(); !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	})
	return names
}

func eachResult(t *testing.T, run Run, each func(*benchfmt.Result)) {
	t.Helper()
	var text bytes.Buffer
	if err := export.WriteBench(&text, run.Run, run.Launches); err != nil {
		t.Fatal(err)
	}
	reader := benchfmt.NewReader(&text, "bench.txt")
	for reader.Scan() {
		switch record := reader.Result().(type) {
		case *benchfmt.Result:
			each(record)
		case *benchfmt.SyntaxError:
			t.Fatal(record)
		}
	}
}

package bench_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ipcbench/bench"
	"ipcbench/results"
	"ipcbench/results/summary"
)

// A diary is an observer that writes down what it was told.
type diary struct {
	phases   []bench.Phase
	launches []results.Launch
	launched func()
}

func (d *diary) Begins(p bench.Phase) { d.phases = append(d.phases, p) }

func (d *diary) Launched(l results.Launch) {
	d.launches = append(d.launches, l)
	if d.launched != nil {
		d.launched()
	}
}

// carry carries out a run of the plan and returns its directory's path too.
func carry(t *testing.T, ctx context.Context, p bench.Plan, o bench.Options) (summary.Analysis, string, error) {
	t.Helper()
	cells, err := p.Cells(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	o.Parent = t.TempDir()
	run, err := bench.NewRun(p, cells, o)
	if err != nil {
		t.Fatal(err)
	}
	analysis, err := run.Carry(ctx)
	return analysis, run.Path(), err
}

// sameAsOnDisk holds what a run says against what follows from its directory
// alone.
func sameAsOnDisk(t *testing.T, says summary.Analysis, path string) {
	t.Helper()
	run, launches, warnings, err := results.Open(path)
	if err != nil || len(warnings) > 0 {
		t.Fatal(warnings, err)
	}
	diagnosed, _, err := results.OpenWhy(path, run.Schema)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(summary.Analyze(run, launches, diagnosed), says, cmpopts.EquateNaNs(), cmp.AllowUnexported(summary.Distribution{})); diff != "" {
		t.Errorf("the run does not say what its directory does (-directory +run)\n%s", diff)
	}
}

func TestARunHasAllThatBelongsToOne(t *testing.T) {
	p := smallPlan(t, "pipe", "null")
	var seen diary
	a, path, err := carry(t, t.Context(), p, bench.Options{Version: "v0", Args: []string{"run"}, Why: true, Observer: &seen})
	if err != nil {
		t.Fatal(err)
	}
	if a.Status != results.RunDone || a.CutShort != "" || a.Version != "v0" || len(a.Args) != 1 || a.Ended.Before(a.Started) || a.Host["goos"] != "linux" {
		t.Errorf("%+v", a.Run)
	}
	if len(a.Launches) != 4 || len(a.Diagnosed) != 2 || len(a.Cells) != 2 || len(seen.launches) != 4 {
		t.Errorf("%d launches, %d to explain them, of %d cells; %d were told", len(a.Launches), len(a.Diagnosed), len(a.Cells), len(seen.launches))
	}
	for _, f := range a.Floors {
		if len(f.Samples) < 3 {
			t.Errorf("%s was taken %d times", f.Name, len(f.Samples))
		}
	}
	phases := slices.Compact(seen.phases)
	if len(a.Floors) < 3 || phases[0] != bench.TakingFloors || phases[1] != bench.Launching || phases[len(phases)-1] != bench.Diagnosing {
		t.Errorf("%d floors in phases %v", len(a.Floors), seen.phases)
	}
	sameAsOnDisk(t, a, path)
}

func TestAnInterruptedRunKeepsWhatIsFinished(t *testing.T) {
	p := smallPlan(t, "pipe")
	p.Launches = 1000
	ctx, cancel := context.WithCancel(t.Context())
	seen := diary{launched: cancel}
	a, path, err := carry(t, ctx, p, bench.Options{Observer: &seen})
	if !errors.Is(err, context.Canceled) || err.Error() != "interrupted" {
		t.Errorf("%v", err)
	}
	if a.Status != results.RunInterrupted || a.CutShort != "interrupted" || len(a.Launches) != 1 || len(a.Warnings) == 0 {
		t.Errorf("%s by %q, %d launches, %v", a.Status, a.CutShort, len(a.Launches), a.Warnings)
	}
	sameAsOnDisk(t, a, path)
}

func TestARunOfWhichAPartFailedSaysSo(t *testing.T) {
	a, path, err := carry(t, t.Context(), smallPlan(t, "killed", "pipe"), bench.Options{})
	if err == nil || a.Status != results.RunFailed || a.CutShort != "" || len(a.Launches) != 4 {
		t.Errorf("%s with %d launches: %v", a.Status, len(a.Launches), err)
	}
	sameAsOnDisk(t, a, path)
}

func TestARunThatIsOverBeforeItsFirstLaunchHasNone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a, _, err := carry(t, ctx, smallPlan(t, "pipe"), bench.Options{})
	if !errors.Is(err, context.Canceled) || len(a.Launches) != 0 || a.Status != results.RunInterrupted {
		t.Errorf("%s: %v", a.Status, err)
	}
}

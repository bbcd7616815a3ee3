package summary

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"ipcbench/results"
	"ipcbench/results/resultstest"
)

// words says the warnings, and fails where they would say anything else after
// they had been in a record.
func words(t *testing.T, warnings []results.Warning) []string {
	t.Helper()
	var said []string
	for _, w := range warnings {
		record, err := json.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		var read results.Warning
		if err := json.Unmarshal(record, &read); err != nil {
			t.Fatal(err)
		}
		if read.String() != w.String() || read.Brief() != w.Brief() {
			t.Errorf("%q, %q became %q, %q in a record", w, w.Brief(), read, read.Brief())
		}
		said = append(said, w.String())
	}
	return said
}

func TestWhatFollowsFromARunsRecordsIsToldOfIt(t *testing.T) {
	wide := resultstest.Of(resultstest.Cell("pipe", "latency", 64, "same-cpu"), results.RTTP50, 10, 30, 20, 15, 25, 12, 28)
	narrow := resultstest.Of(resultstest.Cell("unix", "latency", 64, "same-cpu"), results.RTTP50, 10, 10, 10, 10, 10, 10, 10)
	few := resultstest.Of(resultstest.Cell("mq", "latency", 64, "same-cpu"), results.RTTP50, 10)
	broken := append(resultstest.Of(resultstest.Cell("mq", "latency", 64, "same-cpu"), results.RTTP50, 10, 11), results.Launch{
		Cell: resultstest.Cell("mq", "latency", 64, "same-cpu"), Launch: 3, Status: results.Failed, Reason: "gone",
	})
	until := results.Plan{Until: 0.02, BudgetNS: 90e9, Launches: 6}
	patient := until
	patient.Launches = 10
	moved := []results.Floor{floorOf("clock", 0, nil, 20, 20, 20, 40, 40, 40)}
	for name, c := range map[string]struct {
		change    func(*results.Run)
		launches  []results.Launch
		diagnosed []results.Launch
		want      []string
	}{
		"it is done": {nil, wide, nil, nil},
		"it has its own": {
			func(r *results.Run) {
				r.Warnings = []results.Warning{results.FloorUnknown.With("error", "no second CPU")}
			}, wide, nil,
			[]string{"a floor is not known throughout: no second CPU"},
		},
		"interrupted": {
			func(r *results.Run) { r.Status = results.RunInterrupted }, wide, nil,
			[]string{"the run was interrupted: of its launches, 7 are here"},
		},
		"killed": {
			func(r *results.Run) { r.Status = results.Running }, wide[:2], nil,
			[]string{"the run has not ended, or was killed: of its launches, 2 are here"},
		},
		"unsteady": {
			func(r *results.Run) { r.Floors = moved }, wide, nil,
			[]string{"the machine was not steady: reading the clock took 20.0 ns to 40.0 ns during the run"},
		},
		"an older one, which keeps what follows": {
			func(r *results.Run) {
				r.Schema, r.Floors, r.Status, r.Plan = 1, moved, results.RunInterrupted, until
				r.Warnings = []results.Warning{results.Told.With("text", "as it was said then")}
			}, wide, nil,
			[]string{"as it was said then"},
		},
		"narrow as asked for": {func(r *results.Run) { r.Plan = until }, narrow, nil, nil},
		"not narrow, the widest first": {
			func(r *results.Run) { r.Plan = until }, slices.Concat(narrow, wide), nil,
			[]string{
				"--budget 1m30s was spent before every cell was within ±2 %",
				"not within ±2 %: pipe latency 64 B same-cpu: ±43 % after 7 launches",
			},
		},
		"no budget for more than the first launches": {
			func(r *results.Run) { r.Plan = patient }, few, nil,
			[]string{
				"the first 10 launches of each cell alone took --budget 1m30s: there were no further ones",
				"not within ±2 %: mq latency 64 B same-cpu: no interval after 1 launches",
			},
		},
		"not narrow because some failed": {
			func(r *results.Run) { r.Plan = until }, broken, nil,
			[]string{"not within ±2 %: mq latency 64 B same-cpu: no interval after 2 launches, and 1 failed"},
		},
		"cut short, with its budget left": {
			func(r *results.Run) { r.Plan, r.CutShort = until, "too many launches failed" }, wide, nil, nil,
		},
		"a launch that was to explain others": {
			nil, wide, []results.Launch{{Cell: resultstest.Cell("pipe", "latency", 64, "same-cpu"), Status: results.Failed, Reason: "killed"}, wide[0]},
			[]string{"pipe latency 64 B same-cpu: the launch with perf events failed: killed"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			run := resultstest.Run
			if c.change != nil {
				c.change(&run)
			}
			a := Analyze(run, c.launches, c.diagnosed)
			if got := words(t, a.Warnings); !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func TestOnlyTheWidestCellsAreNamed(t *testing.T) {
	var launches []results.Launch
	for i := range 13 {
		launches = append(launches, resultstest.Of(resultstest.Cell("pipe", "latency", 64+i, "same-cpu"), results.RTTP50, 10, 30, 20, 15, 25, 12, 28)...)
	}
	run := resultstest.Run
	run.Plan = results.Plan{Until: 0.025, BudgetNS: 1e9, Launches: 6}
	got := words(t, Analyze(run, launches, nil).Warnings)
	if len(got) != 12 || got[11] != "not within ±2.5 % either: 3 more, none of them wider" {
		t.Errorf("%d warnings:\n%s", len(got), strings.Join(got, "\n"))
	}
}

// What is to be said of the machine stands before all else of a cell, and only
// of such as have a result and it matters to.
func TestTheMachinesFaultsAreToldOfTheCellsTheyConcern(t *testing.T) {
	sleeping, spinning := resultstest.Cell("pipe", "latency", 64, "same-llc"), resultstest.Cell("mmap", "latency", 64, "same-llc")
	sleeping.Kind, sleeping.Waits, spinning.Kind, spinning.Waits = "stream", string(results.Sleeps), "memory", string(results.Spins)
	onOneCPU, skipped := resultstest.Cell("unix", "latency", 64, "same-cpu"), resultstest.Cell("mq", "latency", 64, "same-llc")
	onOneCPU.Kind, onOneCPU.Waits, onOneCPU.ConsumerCPU = "stream", string(results.Sleeps), 0
	launches := slices.Concat(resultstest.Of(sleeping, results.RTTP50, 1, 2), resultstest.Of(spinning, results.RTTP50, 1, 2), resultstest.Of(onOneCPU, results.RTTP50, 1, 2),
		[]results.Launch{{Cell: skipped, Launch: 1, Status: results.Skipped, Reason: "no"}})
	launches[0].Warnings = []results.Warning{results.Told.With("text", "own")}
	run := resultstest.Run
	run.Host = map[string]string{"cpu": "Example 9000", "hypervisor": "yes", "idle-driver": "haltpoll", "idle-governor": "haltpoll", "guest-halt-poll-ns": "0"}

	said := map[string][]string{}
	for _, s := range Analyze(run, launches, nil).Cells {
		said[s.Transport] = words(t, s.Warnings)
	}
	const halt = "waking a sleeping virtual CPU leaves the guest (guest_halt_poll_ns is 0): echo 50000 > /sys/module/haltpoll/parameters/guest_halt_poll_ns"
	if pipe := said["pipe"]; len(pipe) < 2 || !slices.Contains(pipe, halt) || pipe[len(pipe)-1] != "own" {
		t.Errorf("of a pipe it is said: %q", pipe)
	}
	if slices.Contains(said["mmap"], halt) || slices.Contains(said["unix"], halt) || said["mq"] != nil {
		t.Errorf("of what never sleeps it is said: %q, of one CPU: %q, and of what was skipped: %q", said["mmap"], said["unix"], said["mq"])
	}
}

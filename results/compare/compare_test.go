package compare

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"ipcbench/results"
	"ipcbench/results/effect"
)

// host is a machine of the size that most trials ran on.
var host = map[string]string{
	"goarch": "amd64", "cpu": "AMD EPYC", "cpus": "0-1", "numa-nodes": "0", "smt-active": "0", "hypervisor": "yes", "memory": "24684096 kB",
	"kernel": "6.18.44", "guest-halt-poll-ns": "0", "loadavg": "0.80 0.73 1.06", "psi-cpu": "some avg10=2.23", "cpu-times": "cpu 1 2 3",
}

// latencyOf is a cell of two ends on two CPUs.
func latencyOf(transport string, size int) results.Cell {
	return results.Cell{Transport: transport, Workload: "latency", SizeBytes: size, Placement: "same-llc", ProducerCPU: 0, ConsumerCPU: 1, Pairs: 1}
}

func onOneCPU(c results.Cell) results.Cell {
	c.Placement, c.ConsumerCPU = "same-cpu", c.ProducerCPU
	return c
}

func throughputOf(transport string, size int) results.Cell {
	c := latencyOf(transport, size)
	c.Workload = "throughput"
	return c
}

func in(c results.Cell, dir, fstype string) results.Cell {
	c.Dir, c.FSType, c.Mount = dir, fstype, "rw,relatime"
	return c
}

// newRun makes a finished run without launches.
func newRun(name string) Run {
	return Run{Run: results.Run{
		Schema: results.Schema, Name: name, Version: "v0.3.0", Status: "done", Host: maps.Clone(host),
		Plan: results.Plan{TimeNS: 5e7, Warmup: "5ms", Verify: "header"},
	}}
}

// measure adds launches of a cell about a value of its primary metric.
func (r *Run) measure(random *rand.Rand, cell results.Cell, n int, value, cv float64) {
	for range n {
		r.add(cell, value*math.Exp(cv*random.NormFloat64()))
	}
}

// add adds one launch for each value of the cell's primary metric.
func (r *Run) add(cell results.Cell, values ...float64) {
	for _, value := range values {
		order := len(r.Launches) + 1
		r.Launches = append(r.Launches, results.Launch{
			Run: r.Name, Cell: cell, Launch: order, Order: order, Status: results.OK, Messages: 1000, Labels: r.Labels,
			Metrics: map[string]float64{results.PrimaryMetric(cell.Workload): value},
		})
	}
}

// floor adds a floor with samples about a value.
func (r *Run) floor(random *rand.Rand, floor results.Floor, value float64) {
	floor.NS = value
	for i := range 12 {
		floor.Samples = append(floor.Samples, results.Sample{At: time.Unix(int64(i), 0), NS: value * math.Exp(0.005*random.NormFloat64())})
	}
	r.Floors = append(r.Floors, floor)
}

func seeded() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

func compareRuns(t *testing.T, old, new []Run) Comparison {
	t.Helper()
	c, err := Runs(old, new, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestVerdicts(t *testing.T) {
	random := seeded()
	old, new := newRun("A"), newRun("B")
	for _, c := range []struct {
		cell     results.Cell
		from, to float64
		cv       float64
		want     Verdict
	}{
		{latencyOf("pipe", 64), 50e3, 5e3, 0.03, Faster},
		{latencyOf("unix", 64), 50e3, 60e3, 0.03, Slower},
		{latencyOf("mmap", 64), 200, 200, 0.01, Same},
		{latencyOf("file", 64), 200, 205, 0.3, Noisy},
		{throughputOf("pipe", 64), 1e6, 2e6, 0.03, Faster},
		{throughputOf("unix", 64), 1e6, 0.8e6, 0.03, Slower},
	} {
		old.measure(random, c.cell, 10, c.from, c.cv)
		new.measure(random, c.cell, 10, c.to, c.cv)
		c2, err := Runs([]Run{old}, []Run{new}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(c2.Rows, func(r Row) bool { return r.Cell == c.cell })
		row := c2.Rows[i]
		if row.Verdict != c.want {
			t.Errorf("%s %s from %v to %v: %+v", c.cell.Workload, describe(c.cell), c.from, c.to, row)
		}
		if (row.Because != "") != (c.want == Noisy) || (row.Within > 0) != (c.want == Same) {
			t.Errorf("%s: within %v because %q", row.Verdict, row.Within, row.Because)
		}
	}
}

func TestCellsAreMatchedByWhatTheyMeasured(t *testing.T) {
	old, new := newRun("A"), newRun("B")
	old.add(latencyOf("pipe", 64), 1, 2, 3)
	new.add(latencyOf("pipe", 64), 4, 5, 6)
	old.add(in(latencyOf("mmap", 64), "/mnt/x", "ext4"), 1, 2, 3) // another filesystem in the same place
	new.add(in(latencyOf("mmap", 64), "/mnt/x", "xfs"), 4, 5, 6)
	old.add(latencyOf("pipe", 4096), 1) // only there
	new.add(onOneCPU(latencyOf("pipe", 64)), 1)
	old.add(latencyOf("mq", 64), 1) // here it fails
	failed := results.Launch{Run: "B", Cell: latencyOf("mq", 64), Status: results.Skipped, Reason: "no message queues"}
	new.Launches = append(new.Launches, failed)
	bad := results.Launch{Cell: latencyOf("sysv", 64), Status: results.Skipped, Reason: "nowhere"}
	old.Launches, new.Launches = append(old.Launches, bad), append(new.Launches, bad)

	c := compareRuns(t, []Run{old}, []Run{new})
	if len(c.Rows) != 2 {
		t.Fatalf("%d rows, want those of pipe and mmap: %+v", len(c.Rows), c.Rows)
	}
	want := []Missing{
		{latencyOf("pipe", 4096), "new", "", "", ""},
		{onOneCPU(latencyOf("pipe", 64)), "old", "", "", ""},
		{latencyOf("mq", 64), "new", "", results.Skipped, "no message queues"},
	}
	if !slices.Equal(c.Missing, want) {
		t.Errorf("missing are %+v", c.Missing)
	}
	if !slices.Contains(c.Environment, Difference{"fstype", "ext4", "xfs"}) {
		t.Errorf("the environment does not tell the filesystems: %+v", c.Environment)
	}
}

func TestTheOnlyOtherDirectoryIsTheCounterpart(t *testing.T) {
	old, new := newRun("A"), newRun("B")
	for _, dir := range []string{"/dev/shm", "/mnt/ext4"} {
		old.add(in(latencyOf("mmap", 64), dir, "ext4"), 1, 2, 3)
	}
	new.add(in(latencyOf("mmap", 64), "/dev/shm", "ext4"), 1, 2, 3)
	new.add(in(latencyOf("mmap", 64), "/mnt/xfs", "xfs"), 4, 5, 6)
	c := compareRuns(t, []Run{old}, []Run{new})
	if len(c.Rows) != 2 || len(c.Missing) != 0 || c.Rows[1].OldCell.Dir != "/mnt/ext4" || c.Rows[1].Cell.Dir != "/mnt/xfs" {
		t.Errorf("rows %+v, missing %+v", c.Rows, c.Missing)
	}
	for _, want := range []Difference{{"dir", "/mnt/ext4", "/mnt/xfs"}, {"fstype of /mnt/xfs", "ext4", "xfs"}} {
		if !slices.Contains(c.Environment, want) {
			t.Errorf("no %v in %v", want, c.Environment)
		}
	}

	new.add(in(latencyOf("mmap", 64), "/mnt/btrfs", "btrfs"), 4, 5, 6)
	if c := compareRuns(t, []Run{old}, []Run{new}); len(c.Rows) != 1 || len(c.Missing) != 3 {
		t.Errorf("of two other directories one was chosen: %d rows, missing %+v", len(c.Rows), c.Missing)
	}
}

func TestNothingInCommonSaysWhatEachSideHas(t *testing.T) {
	old, new := newRun("A"), newRun("B")
	old.add(latencyOf("pipe", 64), 1, 2, 3)
	new.add(latencyOf("unix", 4096), 1, 2, 3)
	_, err := Runs([]Run{old}, []Run{new}, Options{})
	if err == nil || !strings.Contains(err.Error(), "latency of pipe with 64 B on same-llc") || !strings.Contains(err.Error(), "latency of unix with 4 KiB on same-llc") {
		t.Errorf("error is %v", err)
	}
}

// TestDifferentHardwareOrPlacementIsRefused is about results that look alike
// and are of different things.
func TestDifferentHardwareOrPlacementIsRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Run)
		want   string // "": not refused
	}{
		{"the CPU", func(r *Run) { r.Host["cpu"] = "Intel Xeon" }, "cpu is AMD EPYC in A and Intel Xeon in B"},
		{"the number of CPUs", func(r *Run) { r.Host["cpus"] = "0-3" }, "cpus is 0-1"},
		{"hyper-threading", func(r *Run) { r.Host["smt-active"] = "1" }, "smt-active"},
		{"half the memory", func(r *Run) { r.Host["memory"] = "12000000 kB" }, "memory"},
		{"a little memory", func(r *Run) { r.Host["memory"] = "24500000 kB" }, ""},
		{"a fact that only one knows", func(r *Run) { delete(r.Host, "numa-nodes"); r.Host["product"] = "X1" }, ""},
		{"the kernel", func(r *Run) { r.Host["kernel"] = "6.12.1" }, ""},
		{"other CPUs of the same kind", func(r *Run) {
			for i := range r.Launches {
				r.Launches[i].ProducerCPU, r.Launches[i].ConsumerCPU = 2, 3
			}
		}, "same-llc is CPUs 0-1 and CPUs 2-3"},
		{"another placement", func(r *Run) {
			for i := range r.Launches {
				r.Launches[i].Cell = onOneCPU(r.Launches[i].Cell)
			}
		}, "the old side has same-llc and the new side same-cpu"},
	} {
		old, new := newRun("A"), newRun("B")
		old.add(latencyOf("pipe", 64), 1, 2, 3)
		new.add(latencyOf("pipe", 64), 1, 2, 3)
		c.change(&new)
		_, err := Runs([]Run{old}, []Run{new}, Options{})
		var refusal *Refusal
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: refused: %v", c.name, err)
		case c.want != "" && (!errors.As(err, &refusal) || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: error is %v", c.name, err)
		}
		forced, err := Runs([]Run{old}, []Run{new}, Options{Force: true})
		if err != nil || len(forced.Rows) != 1 {
			t.Errorf("%s: by force: %d rows, %v", c.name, len(forced.Rows), err)
		}
		warned := slices.ContainsFunc(forced.Warnings, func(w string) bool { return c.want != "" && strings.Contains(w, c.want) })
		if warned != (c.want != "") {
			t.Errorf("%s: by force: warnings are %q", c.name, forced.Warnings)
		}
	}
}

// Times of an emulator are no machine's, whoever asks.
func TestEmulationIsNeverComparedWithHardware(t *testing.T) {
	for _, c := range []struct {
		old, new string
		refused  bool
	}{
		{"no", "QEMU TCG", true},
		{"QEMU TCG", "no", true},
		{"QEMU TCG", "QEMU TCG", false},
		{"", "no", false}, // of before it was a fact
	} {
		old, new := newRun("A"), newRun("B")
		old.add(latencyOf("pipe", 64), 1, 2, 3)
		new.add(latencyOf("pipe", 64), 1, 2, 3)
		old.Host["emulated"], new.Host["emulated"] = c.old, c.new
		_, err := Runs([]Run{old}, []Run{new}, Options{Force: true})
		var refusal *Refusal
		if errors.As(err, &refusal) != c.refused {
			t.Errorf("%q with %q by force: %v", c.old, c.new, err)
		}
	}
}

func TestARunTwiceIsNoReplicate(t *testing.T) {
	a, b := newRun("A"), newRun("B")
	a.add(latencyOf("pipe", 64), 1)
	b.add(latencyOf("pipe", 64), 1)
	if _, err := Runs([]Run{a, a, a}, []Run{b}, Options{}); err == nil || !strings.Contains(err.Error(), "A is given twice") {
		t.Errorf("error is %v", err)
	}
}

func TestEnvironmentNamesWhatDiffersTheLikeliestFirst(t *testing.T) {
	old, new := newRun("A"), newRun("B")
	old.add(latencyOf("pipe", 64), 1)
	new.add(latencyOf("pipe", 64), 1)
	new.Host["guest-halt-poll-ns"] = "50000"
	new.Host["loadavg"], new.Host["psi-cpu"], new.Host["cpu-times"] = "9 9 9", "some avg10=99", "cpu 9 9 9"
	old.Host["seccomp"], new.Host["seccomp"] = "", "1 filter"                                                                                          // asked for on both sides
	new.Host["sched-policy"], new.Host["aaa"] = "fifo", "1"                                                                                            // of a version that asks for more
	new.Version, new.Plan.TimeNS, new.Labels = "v0.4.0", 1e8, map[string]string{"poll": "50us", results.VariantLabel: "fast", results.RoundLabel: "2"} // of which two only name it
	want := []Difference{
		{"seccomp", "not said", "1 filter"},
		{"guest-halt-poll-ns", "0", "50000"},
		{"ipcbench", "v0.3.0", "v0.4.0"},
		{"measured", "50.0 ms a launch", "100 ms a launch"},
		{"label.poll", "not known", "50us"},
	}
	c := compareRuns(t, []Run{old}, []Run{new})
	if !slices.Equal(c.Environment, want) {
		t.Errorf("the environment differs in %+v", c.Environment)
	}
	if !slices.Equal(c.Known.OneSide, []string{"sched-policy", "aaa"}) || !slices.Contains(c.Known.Neither, "governor") {
		t.Errorf("it is not known of %+v", c.Known)
	}
}

// Nothing was said to differ where one side was of a version that did not ask.
func TestWhatIsNotKnownIsNoAgreement(t *testing.T) {
	old, new := newRun("A"), newRun("B")
	old.add(latencyOf("pipe", 64), 1)
	new.add(latencyOf("pipe", 64), 1)
	new.Host["seccomp"] = "1 filter"
	c := compareRuns(t, []Run{old}, []Run{new})
	if want := " Of " + numberOf(c.Known.Facts, "fact") + ", 1 are not known of one side (seccomp), and "; len(c.Environment) > 0 || !strings.Contains(c.Holds(), want) {
		t.Errorf("differs in %v: %s", c.Environment, c.Holds())
	}
}

func TestWhatALaunchGotOfTheKernelIsCompared(t *testing.T) {
	old, new := newRun("A"), newRun("B")
	old.add(latencyOf("pipe", 64), 1)
	new.add(latencyOf("pipe", 64), 1)
	old.Launches[0].Workers = []results.Worker{{Buffers: map[string]int64{"pipe capacity": 64 << 10}}}
	new.Launches[0].Workers = []results.Worker{{Buffers: map[string]int64{"pipe capacity": 4 << 10}}}
	want := []Difference{{"pipe capacity of pipe", "64 KiB", "4 KiB"}}
	if c := compareRuns(t, []Run{old}, []Run{new}); !slices.Equal(c.Environment, want) {
		t.Errorf("the environment differs in %+v", c.Environment)
	}
}

// A directory mounted in another way was said to differ in nothing.
func TestByDirectoryConsultsHowEachIsMounted(t *testing.T) {
	run := newRun("A")
	for dir, mount := range map[string]string{"/a": "rw,sync", "/b": "rw,noatime"} {
		cell := in(latencyOf("file", 64), dir, "ext4")
		cell.Mount = mount
		run.add(cell, 1, 2, 3)
	}
	run.Plan.Dirs = []string{"/a", "/b"}
	c, err := By([]Run{run}, "dir", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if want := []Difference{{"mount options", "rw,sync", "rw,noatime"}}; !slices.Equal(c.Environment, want) {
		t.Errorf("the environment differs in %+v", c.Environment)
	}
}

// What a sync reaches explains more than how a filesystem is mounted.
func TestWhatStoresADirectoryIsPartOfTheEnvironment(t *testing.T) {
	old, new := newRun("A"), newRun("B")
	for run, cache := range map[*Run]string{&old: results.WriteBack, &new: results.WriteThrough} {
		run.add(in(latencyOf("log:sync=sync", 64), "/mnt/x", "ext4"), 1, 2, 3)
		run.Storage = map[string][]results.Layer{"/mnt/x": {{FSType: "ext4"}, {Device: "sda", WriteCache: cache}}}
	}
	want := []Difference{{"storage", "sda (write back)", "sda (write through)"}}
	if c := compareRuns(t, []Run{old}, []Run{new}); !slices.Equal(c.Environment, want) {
		t.Errorf("the environment differs in %+v", c.Environment)
	}
	old.Storage = nil // of an older version
	if c := compareRuns(t, []Run{old}, []Run{new}); len(c.Environment) != 0 {
		t.Errorf("that a record is older is told as a difference: %+v", c.Environment)
	}
}

// TestASmallMoveOfAFloorExplainsNoLargeChange has a cell of which little is
// certain, and a clock that certainly moved by that little.
func TestASmallMoveOfAFloorExplainsNoLargeChange(t *testing.T) {
	clock := Control{Floor: results.Floor{Name: "clock"}, Effect: effect.Effect{Change: 0.005, Lo: 0.004, Hi: 0.006}}
	row := Row{Metric: results.RTTP50, Effect: effect.Effect{Change: 0.2, Lo: 0.004, Hi: 0.4}, controls: []Control{clock}}
	if suspect, found := row.suspect(); found {
		t.Errorf("%s explains a change of 20 %%", suspect.What())
	}
	row.Metric = results.CtxswPer
	if list := concerning([]Control{clock}, row); list != nil {
		t.Errorf("the clock concerns a count: %v", list)
	}
}

// TestOneEqualValueASideProvesNothing has two launches of 5 µs, or two runs.
func TestOneEqualValueASideProvesNothing(t *testing.T) {
	for _, replicate := range []string{byLaunch, byRun} {
		if e := effectOf([]float64{5000}, []float64{5000}, replicate); !math.IsNaN(e.Lo) {
			t.Errorf("by %s, the interval of one value a side is %v to %v", replicate, e.Lo, e.Hi)
		}
	}
}

// TestNothingVariesAndNothingDiffers has no ratio to measure a change by.
func TestNothingVariesAndNothingDiffers(t *testing.T) {
	for _, replicate := range []string{byLaunch, byRun} {
		for _, value := range []float64{0, 5} {
			same := []float64{value, value, value, value}
			if e := effectOf(same, same, replicate); e.Change != 0 || e.Lo != 0 || e.Hi != 0 || e.P != 1 {
				t.Errorf("by %s, %v against the same: %+v", replicate, same, e)
			}
		}
	}
}

// TestFloorsAreTheControl has a machine that became 12 % slower under a cell
// that became 10 % slower, and another cell that became 3 times slower.
func TestFloorsAreTheControl(t *testing.T) {
	cacheline := results.Floor{Name: "cacheline", CPUs: []int{0, 1}}
	wakeup := results.Floor{Name: "wakeup", CPUs: []int{0, 1}}
	for _, c := range []struct {
		name     string
		floor    results.Floor
		from, to float64
		cell     results.Cell
		old, new float64
		want     Verdict
	}{
		{"it moved as much", cacheline, 100, 112, latencyOf("mmap", 64), 200, 220, MachineChanged},
		{"it moved much less", cacheline, 100, 112, latencyOf("mmap", 64), 200, 600, Slower},
		{"it moved the other way", cacheline, 100, 88, latencyOf("mmap", 64), 200, 220, Slower},
		{"it did not move", cacheline, 100, 100, latencyOf("mmap", 64), 200, 220, Slower},
		{"it is of two CPUs and the cell of one", cacheline, 100, 112, onOneCPU(latencyOf("mmap", 64)), 200, 220, Slower},
		{"it sleeps, and the cache line is all there is", cacheline, 100, 112, waiting(results.Sleeps, latencyOf("mmap", 64)), 200, 220, MachineChanged},
		{"waking moved under one that sleeps", wakeup, 100, 112, waiting(results.Sleeps, latencyOf("pipe", 64)), 200, 220, MachineChanged},
		{"waking moved under one that spins", wakeup, 100, 112, waiting(results.Spins, latencyOf("mmap", 64)), 200, 220, Slower},
		{"waking two CPUs moved, and the cell is of one", wakeup, 100, 112, onOneCPU(waiting(results.Sleeps, latencyOf("pipe", 64))), 200, 220, Slower},
		{"a rate is a time's reciprocal", cacheline, 100, 150, throughputOf("mmap", 64), 3e6, 2e6, MachineChanged},
		{"it got faster", results.Floor{Name: "clock"}, 30, 20, latencyOf("mmap", 64), 300, 200, MachineChanged},
		{"it is of a size nearby", results.Floor{Name: "copy", SizeBytes: 4096}, 100, 150, latencyOf("mmap", 64), 200, 260, MachineChanged},
	} {
		random := seeded()
		old, new := newRun("A"), newRun("B")
		old.measure(random, c.cell, 10, c.old, 0.01)
		new.measure(random, c.cell, 10, c.new, 0.01)
		old.floor(random, c.floor, c.from)
		new.floor(random, c.floor, c.to)
		comparison := compareRuns(t, []Run{old}, []Run{new})
		row := comparison.Rows[0]
		if row.Verdict != c.want || (row.Because != "") != (c.want == MachineChanged) {
			t.Errorf("%s: %s because %q", c.name, row.Verdict, row.Because)
		}
		if isFirst := strings.HasPrefix(comparison.Headline, "the machine changed"); isFirst != (c.want == MachineChanged) {
			t.Errorf("%s: %s", c.name, comparison.Headline)
		}
		if len(comparison.Controls) != 1 || math.Abs(comparison.Controls[0].Change-(c.to/c.from-1)) > 0.02 {
			t.Errorf("%s: controls are %+v", c.name, comparison.Controls)
		}
	}
}

// TestFloorsThatMoveInTurnSpeakForAChange has a setting of the kernel under which waking
// takes longer, and so do the cells that are woken: measured in turn, that is its effect.
func TestFloorsThatMoveInTurnSpeakForAChange(t *testing.T) {
	random := seeded()
	cell := waiting(results.Sleeps, latencyOf("pipe", 64))
	var old, new []Run
	for i := range 4 {
		a, b := newRun(fmt.Sprintf("A%d", i)), newRun(fmt.Sprintf("B%d", i))
		a.measure(random, cell, 6, 200, 0.01)
		b.measure(random, cell, 6, 220, 0.01)
		a.floor(random, results.Floor{Name: results.WakeUpFloor, CPUs: []int{0, 1}}, 100)
		b.floor(random, results.Floor{Name: results.WakeUpFloor, CPUs: []int{0, 1}}, 112)
		old, new = append(old, a), append(new, b)
	}
	for inTurn, want := range map[bool]Verdict{true: Slower, false: MachineChanged} {
		c, err := Runs(old, new, Options{InTurn: inTurn})
		if err != nil {
			t.Fatal(err)
		}
		if row := c.Rows[0]; row.Verdict != want || !strings.Contains(row.Because, "wake-up round trip") {
			t.Errorf("in turn %v: %s because %q", inTurn, row.Verdict, row.Because)
		}
	}
}

func TestTheFloorNamesItsCPUs(t *testing.T) {
	random := seeded()
	old, new := newRun("A"), newRun("B")
	old.measure(random, latencyOf("mmap", 64), 10, 200, 0.01)
	new.measure(random, latencyOf("mmap", 64), 10, 220, 0.01)
	old.floor(random, results.Floor{Name: "cacheline", CPUs: []int{0, 1}}, 100)
	new.floor(random, results.Floor{Name: "cacheline", CPUs: []int{0, 1}}, 112)
	old.floor(random, results.Floor{Name: "cacheline", CPUs: []int{0, 2}}, 100) // of no concern
	new.floor(random, results.Floor{Name: "cacheline", CPUs: []int{0, 2}}, 300)
	got := compareRuns(t, []Run{old}, []Run{new}).Rows[0].Because
	if got != "the cache-line round trip between CPUs 0 and 1 became 12 % slower too" {
		t.Errorf("because %q", got)
	}
}

// TestASleepingRowHasTheWakeUpForItsControl has a machine whose CPUs hand over a
// cache line later and wake each other as ever, and the other way round.
func TestASleepingRowHasTheWakeUpForItsControl(t *testing.T) {
	spins, sleeps := waiting(results.Spins, latencyOf("mmap", 64)), waiting(results.Sleeps, latencyOf("pipe", 64))
	for moved, want := range map[string]map[results.Way]Verdict{
		results.CacheLineFloor: {results.Spins: MachineChanged, results.Sleeps: Slower},
		results.WakeUpFloor:    {results.Spins: Slower, results.Sleeps: MachineChanged},
	} {
		random := seeded()
		old, new := newRun("A"), newRun("B")
		for _, cell := range []results.Cell{spins, sleeps} {
			old.measure(random, cell, 10, 200, 0.01)
			new.measure(random, cell, 10, 220, 0.01)
		}
		for _, name := range []string{results.CacheLineFloor, results.WakeUpFloor} {
			floor, to := results.Floor{Name: name, CPUs: []int{0, 1}}, 100.0
			if name == moved {
				to = 112
			}
			old.floor(random, floor, 100)
			new.floor(random, floor, to)
		}
		for _, row := range compareRuns(t, []Run{old}, []Run{new}).Rows {
			if row.Verdict != want[row.Cell.Way()] {
				t.Errorf("the %s moved, and of one that %s it is said: %s (%s)", moved, row.Cell.Way(), row.Verdict, row.Because)
			}
		}
	}
}

func waiting(way results.Way, cell results.Cell) results.Cell {
	cell.Waits = string(way)
	return cell
}

func TestWithoutFloorsThereIsNoControl(t *testing.T) {
	old, new := newRun("A"), newRun("B")
	old.add(latencyOf("pipe", 64), 1, 2, 3)
	new.add(latencyOf("pipe", 64), 1, 2, 3)
	old.Floors = []results.Floor{{Name: "clock", NS: 30}} // of an older version: one value
	new.Floors = []results.Floor{{Name: "clock", NS: 30}}
	c := compareRuns(t, []Run{old}, []Run{new})
	if !slices.ContainsFunc(c.Warnings, func(w string) bool { return strings.HasPrefix(w, "no control") }) {
		t.Errorf("warnings are %q", c.Warnings)
	}
}

func TestOneRunASideSpeaksForThoseRunsOnly(t *testing.T) {
	old, new := newRun("A"), newRun("B")
	old.add(latencyOf("pipe", 64), 1, 2, 3, 4)
	new.add(latencyOf("pipe", 64), 11, 12, 13, 14)
	c := compareRuns(t, []Run{old}, []Run{new})
	if c.Replicate != "launch" || !strings.HasPrefix(c.Scope, "within these two runs") || !strings.HasPrefix(c.Headline, "differs between these two runs: ") {
		t.Errorf("replicate %s, scope %q, headline %q", c.Replicate, c.Scope, c.Headline)
	}
}

// TestMountsDifferMoreThanTheirLaunches is what a machine showed: the same
// filesystem, made and mounted anew, took 55 to 232 µs for one msync, while the
// launches on one mount agreed. One run a side calls that a change. Three a
// side must not.
func TestMountsDifferMoreThanTheirLaunches(t *testing.T) {
	cell := in(latencyOf("mmap:sync=sync", 64), "/mnt/x", "ext4")
	mount := func(name string, random *rand.Rand) Run {
		r := newRun(name)
		r.measure(random, cell, 10, 55e3*math.Pow(232./55, random.Float64()), 0.05)
		return r
	}
	random := seeded()
	const trials = 400
	within, between := 0, 0
	for range trials {
		var old, new []Run
		for i := range 3 {
			old, new = append(old, mount(fmt.Sprint("A", i), random)), append(new, mount(fmt.Sprint("B", i), random))
		}
		if compareRuns(t, old[:1], new[:1]).Rows[0].Verdict != Noisy {
			within++
		}
		c := compareRuns(t, old, new)
		if c.Replicate != "run" || c.Rows[0].New.N != 3 {
			t.Fatalf("three runs a side are compared by %s, n = %d", c.Replicate, c.Rows[0].New.N)
		}
		if v := c.Rows[0].Verdict; v == Faster || v == Slower {
			between++
		}
	}
	t.Logf("called a change: %.0f %% with one mount a side, %.1f %% with three", 100*float64(within)/trials, 100*float64(between)/trials)
	if within < trials/2 || float64(between)/trials > 0.07 {
		t.Errorf("called a change: %d of %d with one mount a side, %d with three", within, trials, between)
	}
}

func TestThreeRunsASideFindAChangeBetweenThem(t *testing.T) {
	random := seeded()
	var old, new []Run
	for i := range 3 {
		a, b := newRun(fmt.Sprint("A", i)), newRun(fmt.Sprint("B", i))
		a.measure(random, latencyOf("pipe", 64), 5, 49.5e3*math.Exp(0.05*random.NormFloat64()), 0.1)
		b.measure(random, latencyOf("pipe", 64), 5, 5.3e3*math.Exp(0.05*random.NormFloat64()), 0.1)
		old, new = append(old, a), append(new, b)
	}
	c := compareRuns(t, old, new)
	if c.Rows[0].Verdict != Faster || strings.Contains(c.Headline, "within") {
		t.Errorf("%+v\n%s", c.Rows[0], c.Headline)
	}
	if !slices.ContainsFunc(c.Warnings, func(w string) bool { return strings.Contains(w, "normal") }) {
		t.Errorf("that runs are taken as normal is not told: %q", c.Warnings)
	}
}

// TestTooFewLaunchesToTell has sides that do not overlap at all, and still
// cannot be told apart among so many.
func TestTooFewLaunchesToTell(t *testing.T) {
	random := seeded()
	old, new := newRun("A"), newRun("B")
	for i := range 36 {
		old.measure(random, latencyOf("pipe", 64<<(i%12)+i), 6, 50e3, 0.01)
		new.measure(random, latencyOf("pipe", 64<<(i%12)+i), 6, 100e3, 0.01)
	}
	c := compareRuns(t, []Run{old}, []Run{new})
	const want = "too few launches to tell among 36 cells, 6 on a side: 7 a side could: -n 7"
	if row := c.Rows[0]; row.Verdict != Noisy || row.Because != want {
		t.Errorf("%s because %q", row.Verdict, row.Because)
	}
	old.Plan.Launches, new.Plan.Launches = 7, 7 // of which one of each cell does not count
	row := compareRuns(t, []Run{old}, []Run{new}).Rows[0]
	if !strings.HasSuffix(row.Because, "-n 9") {
		t.Errorf("who made 7 of which 6 count is told: %s", row.Because)
	}
}

func TestNoisySaysHowManyLaunchesWouldDo(t *testing.T) {
	random := seeded()
	old, new := newRun("A"), newRun("B")
	old.measure(random, latencyOf("pipe", 64), 10, 50e3, 0.15)
	new.measure(random, latencyOf("pipe", 64), 10, 50e3, 0.15)
	row := compareRuns(t, []Run{old}, []Run{new}).Rows[0]
	var differ, needed int
	if _, err := fmt.Sscanf(row.Because, "launches of a side differ by %d %%: about %d a side could tell: -n", &differ, &needed); err != nil || needed < 40 || needed > 400 {
		t.Errorf("%s because %q (%v)", row.Verdict, row.Because, err)
	}
}

func TestModesAreWhyItIsNoisy(t *testing.T) {
	random := seeded()
	old, new := newRun("A"), newRun("B")
	old.measure(random, latencyOf("pipe", 64), 7, 5e3, 0.001)
	old.measure(random, latencyOf("pipe", 64), 5, 36e3, 0.001)
	new.measure(random, latencyOf("pipe", 64), 4, 5e3, 0.001)
	new.measure(random, latencyOf("pipe", 64), 8, 36e3, 0.001)
	row := compareRuns(t, []Run{old}, []Run{new}).Rows[0]
	if row.Verdict != Noisy || !strings.HasPrefix(row.Because, "launches of the old side fall into modes, 5.00 µs ×7 and 36.0 µs ×5: ") {
		t.Errorf("%s because %q", row.Verdict, row.Because)
	}
}

func TestFailedLaunchesAreTold(t *testing.T) {
	old, new := newRun("A"), newRun("B")
	old.add(latencyOf("pipe", 64), 1, 2, 3, 4)
	new.add(latencyOf("pipe", 64), 1, 2, 3)
	new.Launches = append(new.Launches, results.Launch{Run: "B", Cell: latencyOf("pipe", 64), Status: results.Failed, Reason: "deadline"})
	new.Status = "interrupted"
	c := compareRuns(t, []Run{old}, []Run{new})
	for _, want := range []string{"run B was interrupted: it lacks launches", "pipe 64 B same-llc: 1 of 4 launches failed in B and are left out"} {
		if !slices.Contains(c.Warnings, want) {
			t.Errorf("no %q in %q", want, c.Warnings)
		}
	}
}

// TestPercentileOfTheFastLaunchesIsNoPercentile leaves out a metric that only
// some launches were long enough for: it would compare the fast ones.
func TestPercentileOfTheFastLaunchesIsNoPercentile(t *testing.T) {
	old, new := newRun("A"), newRun("B")
	old.add(latencyOf("pipe", 64), 1, 2, 3, 4)
	new.add(latencyOf("pipe", 64), 1, 2, 3, 4)
	for i := range 4 {
		old.Launches[i].Metrics[results.RTTP99] = 10
	}
	new.Launches[0].Metrics[results.RTTP99] = 5
	c := compareRuns(t, []Run{old}, []Run{new})
	if len(c.Rows) != 1 || !slices.ContainsFunc(c.Warnings, func(w string) bool { return strings.HasPrefix(w, "round trip, p99 is left out") }) {
		t.Errorf("%d rows, warnings %q", len(c.Rows), c.Warnings)
	}
}

func TestUnknownMetricIsNamed(t *testing.T) {
	if _, err := Runs(nil, nil, Options{Metrics: []string{"p50"}}); err == nil || !strings.Contains(err.Error(), "rtt_p50_ns") {
		t.Errorf("error is %v", err)
	}
}

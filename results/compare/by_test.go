package compare

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"ipcbench/results"
)

// matrix is one run of two memory transports on two filesystems and of two
// that need none.
func matrix(random *rand.Rand) Run {
	r := newRun("A")
	r.Plan.Specs, r.Plan.Dirs = []string{"mmap", "pipe", "file", "unix"}, []string{"/tmp", "/dev/shm"}
	for _, size := range []int{64, 4096} {
		r.measure(random, in(latencyOf("mmap", size), "/dev/shm", "tmpfs"), 10, 200, 0.01)
		r.measure(random, in(latencyOf("mmap", size), "/tmp", "ext4"), 10, 200, 0.01)
		r.measure(random, in(latencyOf("file", size), "/dev/shm", "tmpfs"), 10, 2000, 0.01)
		r.measure(random, in(latencyOf("file", size), "/tmp", "ext4"), 10, 3000, 0.01)
		r.measure(random, latencyOf("unix", size), 10, 60e3, 0.03)
		r.measure(random, latencyOf("pipe", size), 10, 50e3, 0.03)
		r.measure(random, onOneCPU(latencyOf("pipe", size)), 10, 5e3, 0.03)
	}
	return r
}

func compareBy(t *testing.T, runs []Run, column string) Comparison {
	t.Helper()
	c, err := By(runs, column, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestByColumn(t *testing.T) {
	for _, c := range []struct {
		column, old, new string
		rows             []string // of 64 B
		around           []string // what differs beside
	}{
		{"transport", "mmap", "pipe, file, unix", []string{
			"file 64 B same-llc /dev/shm: mmap → file slower",
			"file 64 B same-llc /tmp: mmap → file slower",
			"pipe 64 B same-llc: mmap → pipe slower",
			"pipe 64 B same-llc: mmap → pipe slower", // one for each directory of mmap
			"unix 64 B same-llc: mmap → unix slower",
			"unix 64 B same-llc: mmap → unix slower",
		}, nil},
		{"dir", "/tmp", "/dev/shm", []string{
			"file 64 B same-llc /dev/shm: /tmp → /dev/shm faster",
			"mmap 64 B same-llc /dev/shm: /tmp → /dev/shm same",
		}, []string{"fstype"}},
		{"fstype", "ext4", "tmpfs", []string{
			"file 64 B same-llc /dev/shm: ext4 → tmpfs faster",
			"mmap 64 B same-llc /dev/shm: ext4 → tmpfs same",
		}, nil},
		{"placement", "same-cpu", "same-llc", []string{"pipe 64 B same-llc: same-cpu → same-llc slower"}, nil},
	} {
		comparison := compareBy(t, []Run{matrix(seeded())}, c.column)
		var rows []string
		for _, row := range comparison.Rows {
			if row.Cell.SizeBytes == 64 {
				rows = append(rows, fmt.Sprintf("%s: %s → %s %s", describe(row.Cell), row.OldValue, row.NewValue, row.Verdict))
			}
		}
		slices.Sort(rows)
		if !slices.Equal(rows, c.rows) {
			t.Errorf("by %s:\n%s\nwant\n%s", c.column, strings.Join(rows, "\n"), strings.Join(c.rows, "\n"))
		}
		if comparison.Old != c.old || comparison.New != c.new {
			t.Errorf("by %s: %s against %s", c.column, comparison.New, comparison.Old)
		}
		if !strings.HasPrefix(comparison.Scope, "within this run") || len(comparison.Environment) != len(c.around) || len(comparison.Controls) > 0 || len(comparison.Warnings) > 0 {
			t.Errorf("by %s: within one run: %q, %v, %v, %q", c.column, comparison.Scope, comparison.Environment, comparison.Controls, comparison.Warnings)
		}
	}
}

func TestByLabelOfSeveralRuns(t *testing.T) {
	random := seeded()
	kernel := func(name, version string, value float64) Run {
		r := newRun(name)
		r.Labels, r.Host["kernel"] = map[string]string{"kernel": version}, version
		r.measure(random, latencyOf("pipe", 64), 10, value, 0.02)
		r.floor(random, results.Floor{Name: "clock"}, 30)
		return r
	}
	runs := []Run{kernel("A", "6.1", 50e3), kernel("B", "6.12", 40e3), kernel("C", "6.1", 50e3)}
	c := compareBy(t, runs, "label.kernel")
	if len(c.Rows) != 1 || c.Rows[0].Old.N != 20 || c.Rows[0].New.N != 10 || c.Rows[0].Verdict != Faster || c.Old != "6.1" {
		t.Errorf("rows are %+v", c.Rows)
	}
	if !slices.Equal(c.Environment, []Difference{{"kernel", "6.1", "6.12"}}) || len(c.Controls) != 1 || c.Controls[0].NewValue != "6.12" {
		t.Errorf("environment %v, controls %+v", c.Environment, c.Controls)
	}
	for i := range 3 {
		runs = append(runs, kernel(fmt.Sprint("D", i), "6.12", 40e3), kernel(fmt.Sprint("E", i), "6.1", 50e3))
	}
	if c := compareBy(t, runs, "label.kernel"); c.Replicate != "run" || c.Rows[0].Old.N != 5 || c.Rows[0].Verdict != Faster {
		t.Errorf("with five and four runs: by %s, %+v", c.Replicate, c.Rows[0])
	}
}

func TestByLabelOfLaunchesInOneRun(t *testing.T) {
	random := seeded()
	r := newRun("A")
	for i := range 20 {
		r.measure(random, latencyOf("pipe", 64), 1, []float64{50e3, 5e3}[i%2], 0.02)
		r.Launches[i].Labels = map[string]string{"poll": []string{"off", "on"}[i%2]}
	}
	c := compareBy(t, []Run{r}, "label.poll")
	if len(c.Rows) != 1 || c.Rows[0].Verdict != Faster || c.Rows[0].OldValue != "off" || c.Rows[0].NewValue != "on" {
		t.Errorf("rows are %+v", c.Rows)
	}
}

func TestByColumnThatTellsNothingApart(t *testing.T) {
	r := matrix(seeded())
	one := newRun("B")
	one.add(in(latencyOf("mmap", 64), "/tmp", "ext4"), 1, 2)
	twice := newRun("C")
	twice.add(in(latencyOf("mmap", 64), "/a", "ext4"), 1, 2)
	twice.add(in(latencyOf("mmap", 64), "/b", "ext4"), 1, 2)
	twice.add(in(latencyOf("mmap", 64), "/c", "xfs"), 1, 2)
	apart := newRun("D")
	apart.add(latencyOf("pipe", 64), 1, 2)
	apart.add(latencyOf("unix", 4096), 1, 2)
	for _, c := range []struct {
		run          Run
		column, want string
	}{
		{r, "colour", "transport, placement, dir, fstype, variant, label.KEY"},
		{r, "label.", "no such column"},
		{r, "label.kernel", "no launch of A has one"},
		{one, "fstype", "it is ext4 in all launches of B"},
		{twice, "fstype", "/a and /b are both on ext4: compare by dir"},
		{apart, "transport", "pipe and unix have nothing else in common"},
	} {
		if _, err := By([]Run{c.run}, c.column, Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("by %s: %v, want %s", c.column, err, c.want)
		}
	}
}

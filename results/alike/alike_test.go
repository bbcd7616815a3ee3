package alike

import (
	"slices"
	"strings"
	"testing"

	"ipcbench/results"
	"ipcbench/results/resultstest"
	"ipcbench/results/summary"
	"ipcbench/results/table"
)

// A run is launches that are being made up.
type run struct{ launches []results.Launch }

// add adds one launch for each value of the metric that the workload's
// transports are compared by.
func (r *run) add(cell results.Cell, values ...float64) {
	r.launches = append(r.launches, resultstest.Of(cell, results.LookupWorkload(cell.Workload).Alike, values...)...)
}

func latencyOf(transport string, size int) results.Cell {
	return resultstest.Cell(transport, "latency", size, "same-llc")
}

func throughputOf(transport string, size int) results.Cell {
	return resultstest.Cell(transport, "throughput", size, "same-llc")
}

func waiting(c results.Cell, way results.Way) results.Cell {
	c.Waits = string(way)
	return c
}

// around returns n values that go from below to above a centre.
func around(centre float64, n int) []float64 {
	var values []float64
	for i := range n {
		values = append(values, centre*(1+0.01*(float64(i)-float64(n-1)/2)))
	}
	return values
}

// addBoth adds launches of the smallest and the largest message of a run, and
// what is between them.
func (r *run) addBoth(transport string, way results.Way, ns, bytesPerS float64, n int) {
	r.add(waiting(latencyOf(transport, 64), way), around(ns, n)...)
	r.add(waiting(latencyOf(transport, 4096), way), around(ns*1.5, n)...)
	r.add(waiting(throughputOf(transport, 64), way), around(64e6, n)...)
	r.add(waiting(throughputOf(transport, 65536), way), around(bytesPerS, n)...)
}

func (r *run) tables() []Alike { return Of(summary.Of(r.launches)) }

func someWaits(n int) *run {
	r := &run{}
	r.addBoth("mmap", results.Spins, 200, 9e9, n)
	r.addBoth("pipe:wait=spin", results.Spins, 800, 4e9, n)
	r.addBoth("file", results.Spins, 2600, 5e9, n)
	r.addBoth("mmap:wait=futex", results.Sleeps, 4000, 7e9, n)
	r.addBoth("pipe", results.Sleeps, 4010, 3e9, n)
	r.addBoth("unix", results.Sleeps, 6000, 3.01e9, n)
	r.addBoth("mq", results.Sleeps, 5000, 1e9, n)
	r.addBoth("pipe:wait=poll", results.Polls, 5500, 3e9, n)
	r.addBoth("null", results.UnknownWay, 50, 9e9, n)
	return r
}

// Spinning and sleeping transports never stand in one table, nor does a floor.
func TestOnlyLikeIsComparedWithLike(t *testing.T) {
	tables := someWaits(8).tables()
	var got [][]string
	for _, table := range tables {
		names := []string{table.Title}
		for _, row := range table.Rows {
			names = append(names, row.Cells[0])
		}
		got = append(got, names)
	}
	want := [][]string{
		{"Like for like, same-llc: sleeps in the kernel", "mmap:wait=futex", "pipe", "mq", "unix"},
		{"Like for like, same-llc: spins", "mmap", "pipe:wait=spin", "file"},
	}
	if !slices.EqualFunc(got, want, slices.Equal[[]string]) {
		t.Errorf("tables\n%q\nwant\n%q", got, want)
	}
}

func TestAdviceSaysWhatTheLaunchesTell(t *testing.T) {
	sleeping := someWaits(8).tables()[0]
	want := []string{
		"64 B, round trip: mmap:wait=futex or pipe (4.00 µs; not told apart by 8 launches each); the next that is told apart is mq (+25 %)",
		"64 KiB, throughput: mmap:wait=futex is the best (7.00 GB/s, 8 launches each); the next that is told apart is unix (÷2.3)",
	}
	if !slices.Equal(sleeping.Advice, want) {
		t.Errorf("advice\n%q\nwant\n%q", sleeping.Advice, want)
	}
	first := sleeping.Rows[0].Cells
	if !slices.Contains(first, "best") || sleeping.Rows[1].Cells[3] != notApart {
		t.Errorf("rows %+v", sleeping.Rows)
	}
}

// Three launches cannot tell four transports apart, however far they are.
func TestTooFewLaunchesGiveNoAdvice(t *testing.T) {
	for _, advice := range someWaits(3).tables()[0].Advice {
		if !strings.Contains(advice, "3 launches each are too few to tell any of 4 apart: take at least 5") {
			t.Errorf("advice %q", advice)
		}
	}
}

// What is measured in two directories is told by them, and what has no result
// at a size stands last in its table.
func TestALikeTableOfDirectoriesAndGaps(t *testing.T) {
	r := &run{}
	for dir, fstype := range map[string]string{"/tmp": "ext4", "/dev/shm": "tmpfs"} {
		cell := waiting(latencyOf("mmap:wait=futex", 64), results.Sleeps)
		cell.Dir, cell.FSType = dir, fstype
		r.add(cell, around(4000+float64(len(dir)), 8)...)
	}
	r.add(waiting(latencyOf("pipe", 64), results.Sleeps), around(9000, 8)...)
	r.add(waiting(throughputOf("unix", 64), results.Sleeps), around(1e6, 8)...)
	table := r.tables()[0]
	if !strings.Contains(table.Advice[0], "mmap:wait=futex on ext4 or mmap:wait=futex on tmpfs") {
		t.Errorf("advice %q", table.Advice)
	}
	if last := table.Rows[len(table.Rows)-1].Cells; last[0] != "unix" || last[2] != "—" {
		t.Errorf("last row %q", last)
	}
	for _, row := range table.Rows {
		if len(row.Cells) != len(table.Columns) {
			t.Errorf("row %q has %d of %d columns", row.Cells, len(row.Cells), len(table.Columns))
		}
	}
}

// What can carry a few bytes only is compared with its like alone, and each row
// says which size it is about.
func TestRowsOfSeveralSizesSayWhich(t *testing.T) {
	r := someWaits(8)
	for transport, ns := range map[string]float64{"eventfd": 2000, "signal": 3000} {
		r.add(waiting(latencyOf(transport, 8), results.Sleeps), around(ns, 8)...)
	}
	tables := r.tables()
	var got [][]string
	for _, row := range tables[0].Rows {
		got = append(got, []string{row.Cells[0], row.Cells[1], row.Cells[4]})
	}
	want := [][]string{
		{"mmap:wait=futex", "64 B", "best"}, {"pipe", "64 B", notApart}, {"mq", "64 B", "+25 %"}, {"unix", "64 B", "+50 %"},
		{"eventfd", "8 B", "best"}, {"signal", "8 B", "+50 %"},
	}
	if !slices.EqualFunc(got, want, slices.Equal[[]string]) {
		t.Errorf("rows\n%q\nwant\n%q", got, want)
	}
	if !slices.ContainsFunc(tables[0].Advice, func(a string) bool { return strings.HasPrefix(a, "8 B, round trip: eventfd is the best") }) {
		t.Errorf("advice %q", tables[0].Advice)
	}
	for _, row := range tables[0].Rows {
		if len(row.Cells) != len(tables[0].Columns) {
			t.Errorf("row %q has %d of %d columns", row.Cells, len(row.Cells), len(tables[0].Columns))
		}
	}
	if name := tables[1].Columns[1].Name; name != "64 B round trip" {
		t.Errorf("where all have one size, the column is %q", name)
	}
}

func TestNothingWaitsAlike(t *testing.T) {
	r := &run{}
	r.addBoth("pipe", results.Sleeps, 4000, 3e9, 6)
	r.addBoth("mmap", results.Spins, 200, 9e9, 6)
	for _, style := range []table.Style{table.Text(120), table.Markdown} {
		var b strings.Builder
		if err := Write(&b, r.tables(), style); err != nil || !strings.HasPrefix(b.String(), "No two transports") {
			t.Errorf("%q, %v", b.String(), err)
		}
	}
	if tables := Of(nil); len(tables) > 0 {
		t.Errorf("tables of nothing: %+v", tables)
	}
}

func TestAlikeTablesAsMarkdown(t *testing.T) {
	var b strings.Builder
	if err := Write(&b, someWaits(8).tables(), table.Markdown); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"### Like for like, same-llc: spins\n\n| transport |", "\n- 64 B, round trip: mmap is the best", "| 64 KiB throughput |"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

// An interval of several orders of magnitude says no more than that it is one.
func TestAWideIntervalIsNoNumber(t *testing.T) {
	r := &run{}
	r.add(waiting(latencyOf("pipe", 64), results.Sleeps), 4000, 4010, 4020, 4030, 4040, 9e9)
	r.add(waiting(latencyOf("unix", 64), results.Sleeps), around(6000, 6)...)
	if row := r.tables()[0].Rows[0].Cells; !slices.Contains(row, ">100 %") {
		t.Errorf("row %q", row)
	}
}

package results_test

import (
	"slices"
	"strings"
	"testing"

	"ipcbench/results"
)

func TestFloorsAreToldApart(t *testing.T) {
	for _, c := range []struct {
		floor    results.Floor
		what, of string
	}{
		{results.Floor{Name: "clock"}, "reading the clock", ""},
		{results.Floor{Name: "copy", SizeBytes: 4096}, "copying 4 KiB", "4 KiB"},
		{results.Floor{Name: "null", SizeBytes: 64}, "the null transport's round trip of 64 B", "64 B"},
		{results.Floor{Name: "cacheline", CPUs: []int{0, 1}}, "the cache-line round trip between CPUs 0 and 1", "CPUs 0 and 1"},
		{results.Floor{Name: "wakeup", CPUs: []int{2, 5}}, "the wake-up round trip between CPUs 2 and 5", "CPUs 2 and 5"},
		{results.Floor{Name: "wakeup", CPUs: []int{2}}, "the wake-up round trip on CPU 2", "CPU 2"},
		{results.Floor{Name: "later"}, "the floor later", ""},
	} {
		if c.floor.What() != c.what || c.floor.Of() != c.of {
			t.Errorf("%+v is %q of %q", c.floor, c.floor.What(), c.floor.Of())
		}
	}
}

// TestAFloorConcernsWhatItBounds has the floors of three sizes, of two pairs of
// CPUs and of one CPU, and then those of an older run.
func TestAFloorConcernsWhatItBounds(t *testing.T) {
	line := func(cpus ...int) results.Floor { return results.Floor{Name: results.CacheLineFloor, CPUs: cpus} }
	wake := func(cpus ...int) results.Floor { return results.Floor{Name: results.WakeUpFloor, CPUs: cpus} }
	size := func(bytes int) results.Floor { return results.Floor{Name: results.CopyFloor, SizeBytes: bytes} }
	older := []results.Floor{{Name: results.ClockFloor}, line(0, 1), line(0, 2), size(64), size(4096), size(65536), {Name: "later"}}
	taken := append(slices.Clone(older), wake(0), wake(0, 1), wake(0, 2))
	for _, c := range []struct {
		name  string
		taken []results.Floor
		way   results.Way
		a, b  int
		size  int
		want  []string
	}{
		{"it spins", taken, results.Spins, 0, 1, 64, []string{"reading the clock", "the cache-line round trip between CPUs 0 and 1", "copying 64 B"}},
		{"on another pair", taken, results.Yields, 2, 0, 64, []string{"reading the clock", "the cache-line round trip between CPUs 0 and 2", "copying 64 B"}},
		{"it sleeps", taken, results.Sleeps, 1, 0, 4096, []string{"reading the clock", "copying 4 KiB", "the wake-up round trip between CPUs 0 and 1"}},
		{"on another pair", taken, results.Parks, 0, 2, 4096, []string{"reading the clock", "copying 4 KiB", "the wake-up round trip between CPUs 0 and 2"}},
		{"on one CPU", taken, results.Epolls, 0, 0, 8192, []string{"reading the clock", "copying 4 KiB", "the wake-up round trip on CPU 0"}},
		{"on one that was not taken", taken, results.Polls, 3, 3, 64, []string{"reading the clock", "copying 64 B", "the wake-up round trip on CPU 0"}},
		{"it gives way on one CPU", taken, results.Yields, 0, 0, 64, []string{"reading the clock", "copying 64 B"}},
		{"it spins, then sleeps", taken, results.SpinSleeps, 0, 2, 1 << 20, []string{"reading the clock", "the cache-line round trip between CPUs 0 and 2", "copying 64 KiB", "the wake-up round trip between CPUs 0 and 2"}},
		{"on a pair that was not taken", taken, results.Sleeps, 1, 2, 64, []string{"reading the clock", "copying 64 B", "the wake-up round trip between CPUs 0 and 1", "the wake-up round trip between CPUs 0 and 2"}},
		{"nobody knows how it waits", taken, results.UnknownWay, 0, 1, 64, []string{"reading the clock", "the cache-line round trip between CPUs 0 and 1", "copying 64 B"}},
		{"it is not pinned", taken, results.Sleeps, -1, -1, 64, []string{"reading the clock", "copying 64 B"}},
		{"it sleeps, in an older run", older, results.Sleeps, 0, 1, 64, []string{"reading the clock", "the cache-line round trip between CPUs 0 and 1", "copying 64 B"}},
		{"on one CPU, in an older run", older, results.Sleeps, 0, 0, 64, []string{"reading the clock", "copying 64 B"}},
		{"on a pair that an older run did not take", older, results.Spins, 1, 2, 64, []string{"reading the clock", "the cache-line round trip between CPUs 0 and 1", "the cache-line round trip between CPUs 0 and 2", "copying 64 B"}},
	} {
		cell := results.Cell{Waits: string(c.way), ProducerCPU: c.a, ConsumerCPU: c.b, SizeBytes: c.size}
		var got []string
		for _, f := range c.taken {
			if f.Concerns(cell, c.taken) {
				got = append(got, f.What())
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s (%s, CPUs %d and %d, %d B):\n%s\nand not\n%s", c.name, c.way, c.a, c.b, c.size, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

package bench

import (
	"slices"
	"testing"

	"ipcbench/results"
)

// TestTheProbeKeepsOffTheCoresOfTheEnds looks for a CPU to probe beside those
// in use: the other thread of a core slows the first.
func TestTheProbeKeepsOffTheCoresOfTheEnds(t *testing.T) {
	for name, c := range map[string]struct {
		machine
		producer, consumer, want int
	}{
		"the other CPU":                 {vm, 0, 0, 1},
		"none of two":                   {vm, 0, 1, -1},
		"one CPU":                       {oneCPU, 0, 0, -1},
		"one core of two threads":       {oneSMT, 2, 2, -1},
		"not the sibling of either end": {smtDesktop, 0, 9, 2},
		"free placement uses all":       {vm, -1, -1, -1},
	} {
		cell := Cell{Cell: results.Cell{ProducerCPU: c.producer, ConsumerCPU: c.consumer}}
		got, ok := c.machine.idle(c.machine.of(cell))
		if !ok {
			got = -1
		}
		if got != c.want {
			t.Errorf("%s: beside %d and %d it is CPU %d, want %d", name, c.producer, c.consumer, got, c.want)
		}
	}
}

func TestTimeStolenFromFreeEndsIsThatOfAllCPUs(t *testing.T) {
	for _, c := range []struct{ producer, consumer, want int }{{-1, -1, 16}, {3, 3, 1}, {3, 11, 2}} {
		cell := Cell{Cell: results.Cell{ProducerCPU: c.producer, ConsumerCPU: c.consumer}}
		if got := smtDesktop.of(cell); len(got) != c.want {
			t.Errorf("ends on %d and %d are watched on %v", c.producer, c.consumer, got)
		}
	}
}

// TestSlowWakingIsNoStall has a machine whose idle CPUs always take 60 µs to
// wake, and once 3 ms.
func TestSlowWakingIsNoStall(t *testing.T) {
	late := slices.Repeat([]int64{60_000, 75_000, 40_000}, 20)
	for _, c := range []struct {
		late []int64
		want stalls
	}{
		{late, stalls{Count: 0, WorstNS: 75_000}},
		{append(late, 3_000_000), stalls{Count: 1, WorstNS: 3_000_000}},
		{nil, stalls{}},
	} {
		if got := stallsOf(c.late); got != c.want {
			t.Errorf("%d wake-ups show %+v, want %+v", len(c.late), got, c.want)
		}
	}
}

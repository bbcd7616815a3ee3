package workload

import (
	"slices"
	"testing"
	"time"
)

// stamped tells slices of n messages that take what takes says, one after the
// other, and returns its slices.
func stamped(j Task, n int64, takes func(i int64) int64) []float64 {
	s := j.Slices()
	at := int64(1e6)
	s.Begin(0, at)
	for i := range n {
		at += takes(i)
		s.Stamp(i+1, at)
	}
	return s.PerMessage(n, at)
}

func TestADriftWithinALaunchIsSeenInItsSlices(t *testing.T) {
	warming := func(i int64) int64 { return 2000 - i }
	for name, j := range map[string]Task{"by messages": {Messages: 1000}, "by time": {Time: 1500 * time.Microsecond}} {
		got := stamped(j, 1000, warming)
		falls := slices.IsSortedFunc(got, func(a, b float64) int { return int(b - a) })
		if len(got) != mostSlices || !falls || got[0] < 1900 || got[mostSlices-1] > 1100 {
			t.Errorf("%s: from 2000 ns down to 1000 the slices are %v", name, got)
		}
	}
}

// TestAStallIsInOneSlice stops for three tenths of the time.
func TestAStallIsInOneSlice(t *testing.T) {
	got := stamped(Task{Time: time.Millisecond}, 700, func(i int64) int64 {
		if i == 100 {
			return 301_000
		}
		return 1000
	})
	slow := 0
	for _, ns := range got {
		if ns > 1001 {
			slow++
		}
	}
	if slow != 1 || len(got) < fewestSlices || len(got) >= mostSlices {
		t.Errorf("%d of the slices are slow: %v", slow, got)
	}
}

func TestWhatIsStampedRarelyHasNoSlices(t *testing.T) {
	for n := range int64(fewestSlices) {
		if got := stamped(Task{Messages: n}, n, func(int64) int64 { return 1000 }); got != nil {
			t.Errorf("%d messages have slices of %v", n, got)
		}
	}
}

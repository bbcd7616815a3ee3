package workload

import "testing"

// TestStampEvery keeps the clock from slowing what it measures.
func TestStampEvery(t *testing.T) {
	for _, c := range []struct {
		op, clock  float64
		tick, want int64
	}{
		{op: 5000, clock: 30, want: 1},
		{op: 600, clock: 30, want: 1},
		{op: 599, clock: 30, want: 5},
		{op: 100, clock: 30, want: 30},
		{op: 0, clock: 30, want: 3000},
		{op: 100, clock: 0, want: 1},
		{op: 700, clock: 30, tick: 40, want: 5},
		{op: 800, clock: 30, tick: 40, want: 1},
		{op: 112, clock: 25.6, tick: 10, want: 22},
	} {
		if got := stampEvery(c.op, c.clock, c.tick); got != c.want {
			t.Errorf("operation of %v ns, clock of %v ns: one in %d is stamped instead of one in %d", c.op, c.clock, got, c.want)
		}
	}
}

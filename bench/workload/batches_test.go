package workload

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestBatchesTellLessThanATick: stamps of a clock of 10 ns, one in 23 operations
// of 112 ns and of 4 % more, tell each to a fraction of a tick.
func TestBatchesTellLessThanATick(t *testing.T) {
	const tick, every, stamp = 10, 23, 72.4
	for _, op := range []float64{112, 112 * 1.04} {
		rng := rand.New(rand.NewPCG(1, 2))
		b := newBatches()
		for at, n := 0.0, 0; n < 20_000; n++ {
			b.stamp(int64(math.Floor(at/tick) * tick))
			at += stamp
			for range every {
				at += op * math.Exp(0.05*rng.NormFloat64())
			}
		}
		got, ok := b.median(every, stamp)
		if !ok || math.Abs(got-op) > float64(tick)/every {
			t.Errorf("an operation of %v ns takes %v in batches (%v)", op, got, ok)
		}
	}
}

// TestBatchesGetLongerWhereThereAreMany, and lose no time.
func TestBatchesGetLongerWhereThereAreMany(t *testing.T) {
	b := newBatches()
	const stamps = 5*mostBatches + 7
	for n := range int64(stamps) {
		b.stamp(1000 * n)
	}
	if b.kept > mostBatches || b.kept < mostBatches/2 || b.stride != 8 {
		t.Errorf("%d moments are kept, of one stamp in %d", b.kept, b.stride)
	}
	for i, mean := range b.means(10, 100) {
		if mean != 90 {
			t.Fatalf("batch %d: %v ns an operation", i, mean)
		}
	}
}

func TestFewBatchesHaveNoMedian(t *testing.T) {
	b := newBatches()
	for n := range int64(fewest) {
		b.stamp(1000 * n)
	}
	if ns, ok := b.median(10, 0); ok {
		t.Errorf("%d batches have the median %v", fewest-1, ns)
	}
}

// TestStampingDoesNotAllocate, nor does what batches keep of it.
func TestStampingDoesNotAllocate(t *testing.T) {
	b := newBatches()
	if n := testing.AllocsPerRun(2*mostBatches, func() { b.stamp(Now()) }); n > 0 {
		t.Errorf("%v allocations a stamp", n)
	}
}

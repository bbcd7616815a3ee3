package clock

import (
	"math"
	"math/rand/v2"
	"testing"
)

// A coarse clock is one that moves in steps of tick ns, and whose readings take
// cost ns, more or less.
type coarse struct {
	tick, cost float64
	at         float64
	rng        *rand.Rand
}

func newCoarse(tick, cost float64) *coarse {
	return &coarse{tick: tick, cost: cost, rng: rand.New(rand.NewPCG(1, 2))}
}

func (c *coarse) now() int64 {
	c.at += c.cost * (0.7 + 0.6*c.rng.Float64())
	if c.rng.IntN(2000) == 0 {
		c.at += 3217 // an interrupt
	}
	return int64(math.Floor(c.at/c.tick) * c.tick)
}

// TestCostIsAFractionOfATick, and the same from launch to launch: as the median
// of single gaps it was 20 or 30 ns by turns.
func TestCostIsAFractionOfATick(t *testing.T) {
	for _, cost := range []float64{25.2, 26.3, 27} {
		for seed := range uint64(20) {
			c := newCoarse(10, cost)
			c.rng = rand.New(rand.NewPCG(seed, 3))
			got := perCall(c.now, 21, 500, func(calls int) {
				for range calls {
					c.now()
				}
			})
			if math.Abs(got-cost) > 0.4 {
				t.Errorf("a reading that takes %v ns is said to take %v", cost, got)
			}
		}
	}
}

func TestTick(t *testing.T) {
	for _, c := range []struct {
		tick, cost float64
		want       int64
	}{
		{10, 26.3, 10},
		{1, 26.3, 1},
		{0.4, 21, 1},
		{1000.0 / 24, 30, 42}, // 24 MHz, in whole ns
		{40, 12, 40},
		{100, 22, 100},
		{1000, 25, 1000},
		{4e6, 20, 4e6}, // a timer's
	} {
		clock := newCoarse(c.tick, c.cost)
		now := clock.now
		if c.tick > 1e5 { // wait for it to move
			clock.at = c.tick - 1000
		}
		if got := tick(now); got != c.want {
			t.Errorf("the tick of a clock of %v ns is said to be %d", c.tick, got)
		}
	}
}

// TestThisMachinesClock has a cost and a tick that clocks have.
func TestThisMachinesClock(t *testing.T) {
	cost, tick := Cost(), Tick()
	t.Logf("a reading takes %v ns and the tick is %d ns", cost, tick)
	if cost < 1 || cost > 5000 || tick < 1 || tick > 1000 {
		t.Errorf("a reading takes %v ns and the tick is %d ns", cost, tick)
	}
}

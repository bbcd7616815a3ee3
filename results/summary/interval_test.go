package summary

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// A population is what simulated launches are drawn from.
type population struct {
	name   string
	draw   func(*rand.Rand) float64
	median float64
}

// twoModes are launches of which a share, more than half, are in the faster of
// two modes. The other takes twice the time, and the spread inside each is 10 %.
// So the median is a time of the faster mode. With equal shares it would be
// anywhere in the gap, where nothing is ever measured.
func twoModes(fast float64) population {
	return population{fmt.Sprintf("two modes, %.0f %% fast", 100*fast), func(rng *rand.Rand) float64 {
		value := math.Exp(0.1 * rng.NormFloat64())
		if rng.Float64() >= fast {
			value *= 2
		}
		return value
	}, math.Exp(0.1 * math.Sqrt2 * math.Erfinv(1/fast-1))}
}

var populations = []population{
	{"normal", func(rng *rand.Rand) float64 { return 1 + 0.1*rng.NormFloat64() }, 1},
	{"log-normal 0.3", func(rng *rand.Rand) float64 { return math.Exp(0.3 * rng.NormFloat64()) }, 1},
	{"log-normal 1", func(rng *rand.Rand) float64 { return math.Exp(rng.NormFloat64()) }, 1},
	twoModes(0.9), twoModes(0.7), twoModes(0.6),
}

func draws(rng *rand.Rand, n int, draw func(*rand.Rand) float64) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = draw(rng)
	}
	return values
}

func TestIntervalCoversTheMedianIn93To97PercentOfDraws(t *testing.T) {
	const trials = 4000
	for _, p := range populations {
		for _, n := range []int{6, 7, 8, 10, 15, 20, 30, 50} {
			rng := rand.New(rand.NewPCG(uint64(n), 5))
			covered := 0
			for range trials {
				if e := EstimateOf(draws(rng, n, p.draw)); e.Lo <= p.median && p.median <= e.Hi {
					covered++
				}
			}
			share := float64(covered) / trials
			t.Logf("%-20s n = %3d: %.1f %%", p.name, n, 100*share)
			if share < 0.93 || share > 0.97 {
				t.Errorf("%s, %d launches: %.1f %% of the intervals cover the median", p.name, n, 100*share)
			}
		}
	}
}

func TestIntervalHasTheMedianInIt(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for n := 6; n < 100; n++ {
		values := draws(rng, n, twoModes(0.5).draw)
		e := EstimateOf(values)
		if !(e.Lo <= e.Median && e.Median <= e.Hi) || e.Lo < slices.Min(values) || e.Hi > slices.Max(values) {
			t.Errorf("%d launches: %v is not in [%v, %v], or that is not in the data", n, e.Median, e.Lo, e.Hi)
		}
	}
}

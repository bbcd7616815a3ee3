package summary

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func lognormal(sigma float64) func(*rand.Rand) float64 {
	return func(rng *rand.Rand) float64 { return math.Exp(sigma * rng.NormFloat64()) }
}

func uniform(from, to float64) func(*rand.Rand) float64 {
	return func(rng *rand.Rand) float64 { return from + (to-from)*rng.Float64() }
}

// Where launches only scatter, modes are seen in about one cell of a hundred.
// The hardest is a wide uniform one, which has no middle either.
func TestNoModesWhereThereAreNone(t *testing.T) {
	for _, c := range []struct {
		name string
		draw func(*rand.Rand) float64
		most float64 // share of draws
	}{
		{"normal, 10 %", func(rng *rand.Rand) float64 { return 1 + 0.1*rng.NormFloat64() }, 0.01},
		{"normal, 20 %", func(rng *rand.Rand) float64 { return max(0.05, 1+0.2*rng.NormFloat64()) }, 0.02},
		{"log-normal, 0.1", lognormal(0.1), 0.01},
		{"log-normal, 0.3", lognormal(0.3), 0.015},
		{"uniform, ±10 %", uniform(0.9, 1.1), 0.01},
		{"uniform, ±20 %", uniform(0.8, 1.2), 0.02},
		{"uniform, 1 to 2", uniform(1, 2), 0.04},
		{"exponential tail", func(rng *rand.Rand) float64 { return 1 + 0.1*rng.ExpFloat64() }, 0.01},
	} {
		for n, trials := range map[int]int{6: 2000, 10: 2000, 20: 1000, 50: 500, 200: 200} {
			rng := rand.New(rand.NewPCG(uint64(n), 6))
			found := 0
			for range trials {
				if ModesOf(draws(rng, n, c.draw)) != nil {
					found++
				}
			}
			share := float64(found) / float64(trials)
			t.Logf("%-16s n = %3d: %.1f %%", c.name, n, 100*share)
			if share > c.most {
				t.Errorf("%s, %d launches: modes in %.1f %% of the draws", c.name, n, 100*share)
			}
		}
	}
}

// Two launches of a second mode, at twice the time, are enough. With a spread
// of 10 % within the modes, few launches cannot be told from such that scatter.
func TestTwoModesAreFound(t *testing.T) {
	for _, within := range []struct {
		name   string
		draw   func(*rand.Rand) float64
		fewest int     // launches for which this is so:
		least  float64 // share of draws
	}{
		{"±10 %", uniform(0.9, 1.1), 8, 0.95},
		{"normal, 5 %", lognormal(0.05), 8, 0.95},
		{"normal, 7 %", lognormal(0.07), 12, 0.95},
		{"normal, 10 %", lognormal(0.1), 20, 0.8},
	} {
		for _, n := range []int{6, 8, 10, 12, 20, 50} {
			for _, slow := range []int{2, n / 2, n - 2} {
				rng := rand.New(rand.NewPCG(uint64(n), 7))
				const trials = 500
				right := 0
				for range trials {
					values := draws(rng, n, within.draw)
					for i := range slow {
						values[i] *= 2
					}
					if m := ModesOf(values); len(m) == 2 && m[1].Launches == slow {
						right++
					}
				}
				share := float64(right) / trials
				t.Logf("%-12s %2d of %2d slow: %.1f %%", within.name, slow, n, 100*share)
				if n >= within.fewest && share < within.least {
					t.Errorf("%s, %d of %d slow: modes are found in %.1f %% of the draws", within.name, slow, n, 100*share)
				}
			}
		}
	}
}

func TestModesAreShownWithTheirLaunches(t *testing.T) {
	for want, values := range map[string][]float64{
		"[{5.1 7} {36 3}]":               {5.1, 35, 5.0, 5.2, 36, 5.1, 5.3, 5.0, 38, 5.1},
		"[{5 4} {10 3} {20 3}]":          {5, 10, 20, 5.1, 10.2, 20.2, 4.9, 9.9, 19.5, 5},
		"[{5.1 6} {36 3}]":               {5.1, 35, 5.0, 5.2, 36, 5.1, 5.2, 5.0, 38, 900}, // and one that is no mode
		"[{57 3} {93 3}]":                {57, 57, 57, 93, 93, 93},
		"[] one launch is no mode":       {5.1, 5.0, 5.2, 5.1, 5.3, 5.0, 38, 5.1, 5, 5},
		"[] nor two far from each other": {5.1, 5.0, 5.2, 5.1, 5.3, 5.0, 38, 5.1, 5, 300},
		"[] too little to tell":          {5, 5, 5, 36, 36},
		"[] a clock's grain":             {57, 57, 57, 58, 58, 58},
		"[] all the same":                {5, 5, 5, 5, 5, 5},
		"[] nothing":                     nil,
		"[] no time":                     {0, 0, 0, 5, 5, 5},
	} {
		type mode struct {
			Value    float64
			Launches int
		}
		var modes []mode
		for _, m := range ModesOf(values) {
			modes = append(modes, mode{m.Value, m.Launches})
		}
		if got := fmt.Sprint(modes); len(want) < len(got) || want[:len(got)] != got {
			t.Errorf("modes of %v are %s, want %s", values, got, want)
		}
	}
}

package history

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"ipcbench/results"
	"ipcbench/results/resultstest"
)

// A past is what is done to a cell in a made-up history: from each of these runs on
// its times are so many times as long.
type past map[int]float64

// simulate makes a history of so many runs and cells, whose launches differ by
// chance as draw says. What is done to the first cells is given.
func simulate(t *testing.T, runs, cells, launches int, draw func() float64, done ...past) History {
	t.Helper()
	b, err := NewBuilder(Options{})
	if err != nil {
		t.Fatal(err)
	}
	levels := slices.Repeat([]float64{5000}, cells)
	for run := range runs {
		var all []results.Launch
		for cell := range cells {
			if cell < len(done) {
				if times, is := done[cell][run]; is {
					levels[cell] *= times
				}
			}
			var values []float64
			for range launches {
				values = append(values, levels[cell]*draw())
			}
			all = append(all, resultstest.Of(resultstest.Cell(fmt.Sprintf("pipe:n=%d", cell), "latency", 64, "same-llc"), results.RTTP50, values...)...)
		}
		r := resultstest.Run
		r.Name = fmt.Sprintf("night-%04d", run)
		r.Started = resultstest.Run.Started.AddDate(0, 0, run).Add(time.Hour)
		if err := b.Add(r, all); err != nil {
			t.Fatal(err)
		}
	}
	h, err := b.History()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// scores are how many of the shifts that were made were found within 2 runs, and
// within 8, and how many changes were found elsewhere.
func scores(s Series, done past) (within2, within8, wrong int) {
	wrong = len(s.Changes)
	for at := range done {
		nearest := 1000
		for _, c := range s.Changes {
			nearest = min(nearest, max(at-s.Points[c.At].Run, s.Points[c.At].Run-at))
		}
		if nearest <= 2 {
			within2++
		}
		if nearest <= 8 {
			within8++
			wrong--
		}
	}
	return within2, within8, wrong
}

// TestSimulatedShiftsAreFound has 40 histories of 200 runs, each with three shifts
// of 5 %. Where launches have a CV of 2 % and a run has 10 of them, all are found
// within 2 runs. Where the runs themselves have one, a few in 100 are placed
// farther off, by whatever method: there are runs that could belong to either side.
func TestSimulatedShiftsAreFound(t *testing.T) {
	const histories, runs = 40, 200
	for name, c := range map[string]struct {
		launches int
		least    float64 // of shifts found within 2 runs
	}{
		"launches with a CV of 2 %, 10 a run": {10, 1},
		"runs with a CV of 2 %":               {1, 0.95},
	} {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, 2))
			draw := func() float64 { return math.Exp(0.02 * random.NormFloat64()) }
			near, found, wrong := 0, 0, 0
			for range histories {
				done := past{}
				for _, around := range []int{50, 100, 150} {
					done[around-15+random.IntN(31)] = []float64{1.05, 1 / 1.05}[random.IntN(2)]
				}
				h := simulate(t, runs, 3, c.launches, draw, done)
				for i, s := range h.Series {
					if i > 0 {
						done = nil
					}
					a, b, w := scores(s, done)
					near, found, wrong = near+a, found+b, wrong+w
				}
			}
			if found < 3*histories || float64(near) < c.least*3*histories {
				t.Errorf("of %d shifts, %d are found and %d of them within 2 runs", 3*histories, found, near)
			}
			if wrong > histories/10 {
				t.Errorf("%d changes in %d histories that are none: at most one in 10", wrong, histories)
			}
			t.Logf("of %d shifts, %d found, %d within 2 runs; %d changes that are none", 3*histories, found, near, wrong)
		})
	}
}

// TestSimulatedShortChangesAreFound has changes by 5 % for eight runs in the middle of
// 200, and for seven at their end, of runs with a CV of 1 %.
func TestSimulatedShortChangesAreFound(t *testing.T) {
	const histories = 40
	for name, done := range map[string]past{"eight in the middle": {100: 1.05, 108: 1 / 1.05}, "seven at the end": {193: 1.05}} {
		random := rand.New(rand.NewPCG(9, 10))
		found := 0
		for range histories {
			h := simulate(t, 200, 5, 1, func() float64 { return math.Exp(0.01 * random.NormFloat64()) }, done)
			if within, _, wrong := scores(h.Series[0], done); within == len(done) && wrong == 0 {
				found++
			}
		}
		if found < histories*9/10 {
			t.Errorf("%s: found in %d of %d histories", name, found, histories)
		}
		t.Logf("%s: found in %d of %d histories", name, found, histories)
	}
}

// TestSimulatedNoiseHasNoChange has histories in which nothing was done, whatever
// the machine does to single launches.
func TestSimulatedNoiseHasNoChange(t *testing.T) {
	const histories, cells, runs = 40, 10, 200
	for name, draw := range map[string]func(random *rand.Rand) float64{
		"normal":       func(random *rand.Rand) float64 { return math.Exp(0.02 * random.NormFloat64()) },
		"a heavy tail": func(random *rand.Rand) float64 { return 1 + 0.02*math.Pow(random.Float64(), -0.5) },
		"two modes": func(random *rand.Rand) float64 {
			return []float64{1, 5}[random.IntN(2)] * math.Exp(0.02*random.NormFloat64())
		},
		"a coarse clock": func(random *rand.Rand) float64 { return math.Round(100*math.Exp(0.02*random.NormFloat64())) / 100 },
	} {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(5, 6))
			wrong := 0
			for range histories {
				if h := simulate(t, runs, cells, 1, func() float64 { return draw(random) }); len(h.Findings()) > 0 {
					wrong++
				}
			}
			if float64(wrong) > 0.05*histories {
				t.Errorf("%d of %d histories have a change that is none", wrong, histories)
			}
			t.Logf("%d of %d histories have a change that is none", wrong, histories)
		})
	}
}

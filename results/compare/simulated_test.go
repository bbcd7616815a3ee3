package compare

import (
	"math"
	"math/rand/v2"
	"testing"

	"ipcbench/results"
)

// spunOf is a cell whose ends look for each other on two CPUs.
func spunOf(size int) results.Cell {
	c := latencyOf("mmap", size)
	c.ProducerCPU, c.ConsumerCPU = 0, 1
	return c
}

// A launchOf draws a launch of a cell that nothing was done to.
type launchOf func(random *rand.Rand) (times float64, line []float64)

func independent(random *rand.Rand) (float64, []float64) {
	return math.Exp(0.03 * random.NormFloat64()), nil
}

// inModes has so many of its launches at five times the others', for no reason
// that anyone knows.
func inModes(share float64) launchOf {
	return func(random *rand.Rand) (float64, []float64) {
		times, _ := independent(random)
		if random.Float64() < share {
			times *= 5
		}
		return times, nil
	}
}

// inRegimes has so many of its launches with the CPUs far apart, and every tenth
// with CPUs that were moved meanwhile.
func inRegimes(share float64) launchOf {
	return func(random *rand.Rand) (float64, []float64) {
		times, _ := independent(random)
		near, far := 50*math.Exp(0.05*random.NormFloat64()), 300*math.Exp(0.05*random.NormFloat64())
		isFar := random.Float64() < share
		line := []float64{near, near}
		if isFar {
			times *= 5
			line = []float64{far, far}
		}
		if random.IntN(10) == 0 {
			line = []float64{near, far}
		}
		return times, line
	}
}

// TestNoFalseVerdictOnSimulatedMachines has nothing that changed. A verdict of
// faster or slower on any of 36 cells is false, whatever the machine does
// to launches.
func TestNoFalseVerdictOnSimulatedMachines(t *testing.T) {
	const trials, cells, launches = 60, 36, 10
	for name, c := range map[string]struct {
		old, new launchOf
		most     float64 // of comparisons with a false verdict
	}{
		"launches that do not depend on each other": {independent, independent, 0.05},
		"modes, 70 to 30":                  {inModes(0.3), inModes(0.3), 0.05},
		"modes, half and half":             {inModes(0.5), inModes(0.5), 0.05},
		"near and far alike":               {inRegimes(0.5), inRegimes(0.5), 0.05},
		"mostly near, and then mostly far": {inRegimes(0.2), inRegimes(0.8), 0.05},
	} {
		t.Run(name, func(t *testing.T) {
			random := seeded()
			wrong := 0
			for range trials {
				old, new := newRun("A"), newRun("B")
				for i := range cells {
					for range launches {
						old.addSpun(random, 64+i, c.old)
						new.addSpun(random, 64+i, c.new)
					}
				}
				compared := compareRuns(t, []Run{old}, []Run{new})
				if len(withVerdict(compared.Rows, Faster, Slower)) > 0 {
					wrong++
				}
				checkStrata(t, compared)
			}
			t.Logf("a false verdict in %d of %d comparisons", wrong, trials)
			if chance := 2 * math.Sqrt(c.most*(1-c.most)*trials); float64(wrong) > c.most*trials+chance {
				t.Errorf("a false verdict in %d of %d comparisons", wrong, trials)
			}
		})
	}
}

func (r *Run) addSpun(random *rand.Rand, size int, draw launchOf) {
	times, line := draw(random)
	r.add(spunOf(size), 110*times)
	r.Launches[len(r.Launches)-1].CacheLineNS = line
}

// checkStrata asks that every figure of launches in two strata is one that
// launches had.
func checkStrata(t *testing.T, c Comparison) {
	t.Helper()
	for _, row := range c.Rows {
		if row.Cell.Stratum == results.Mixed {
			t.Fatalf("%s: mixed launches were compared", describe(row.Cell))
		}
		if row.Cell.Stratum == "" {
			continue
		}
		want := map[string]float64{results.Near: 110, results.Far: 550}[row.Cell.Stratum]
		for _, e := range []float64{row.Old.Median, row.New.Median} {
			if math.Abs(e/want-1) > 0.15 {
				t.Fatalf("%s: %v of launches that took %v", describe(row.Cell), e, want)
			}
		}
	}
}

// TestAWalkFallsOnBothVariantsOfARun has a machine that drifts by 3 % from
// round to round, and both variants in each round.
func TestAWalkFallsOnBothVariantsOfARun(t *testing.T) {
	const trials, cells, rounds = 60, 36, 10
	random := seeded()
	wrong := 0
	for range trials {
		run := newRun("A")
		walk := 0.0
		for range rounds {
			walk += 0.03 * random.NormFloat64()
			for i := range cells {
				for _, transport := range []string{"pipe", "unix"} {
					run.add(latencyOf(transport, 64+i), 5e3*math.Exp(walk+0.01*random.NormFloat64()))
				}
			}
		}
		if c := compareBy(t, []Run{run}, "transport"); len(withVerdict(c.Rows, Faster, Slower)) > 0 {
			wrong++
		}
	}
	t.Logf("a false verdict in %d of %d comparisons", wrong, trials)
	if wrong > trials*8/100 {
		t.Errorf("a false verdict in %d of %d comparisons", wrong, trials)
	}
}

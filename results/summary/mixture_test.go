package summary

import (
	"math"
	"math/rand/v2"
	"testing"

	"ipcbench/results"
	"ipcbench/results/resultstest"
)

// Two launches whose truth is known: of one, each round trip was stamped, of the
// other one in ten.
func TestALaunchWeighsTheSameHoweverMuchOfItWasStamped(t *testing.T) {
	all, oneInTen := resultstest.Histogram(resultstest.Repeat(500, 50_000)...).Times(), resultstest.Histogram(resultstest.Repeat(100, 5_000)...).Times()
	for _, launches := range [][]results.Times{{all, oneInTen}, {oneInTen, all}} {
		d := DistributionOf(launches...)
		for q, want := range map[float64]float64{0.5: 100, 0.9: 500, 0.99: 500} {
			if got := d.Quantile(q); got != want {
				t.Errorf("the quantile %v of as much of 100 as of 500 ns is %v, want %v", q, got, want)
			}
		}
		if d.Count != 55_000 || d.Min != 100 || d.Max != 500 {
			t.Errorf("%d times from %d to %d", d.Count, d.Min, d.Max)
		}
		for _, p := range d.Curve {
			if want := 100 + 400*math.Round(p.Q); p.Q != 0.5 && p.NS != want {
				t.Errorf("the curve has %v at %v, want %v", p.NS, p.Q, want)
			}
		}
	}
}

// What one launch tells of its tail is not what all tell of theirs.
func TestATailIsAsThinAsInTheShortestLaunches(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	long, short := resultstest.Histogram(resultstest.Around(rng, 5000, 100_000)...).Times(), resultstest.Histogram(resultstest.Around(rng, 5000, 500)...).Times()
	if d := DistributionOf(long, short); math.IsNaN(d.Quantile(0.99)) || !math.IsNaN(d.Quantile(0.999)) {
		t.Errorf("with half of all in 500 times, p99 is %v and p99.9 %v", d.Quantile(0.99), d.Quantile(0.999))
	}
	if d := DistributionOf(long); math.IsNaN(d.Quantile(0.9999)) {
		t.Error("100,000 times have no p99.99")
	}
}

func TestCurveRisesFromTheShortestAndEndsBeforeTheTailIsThin(t *testing.T) {
	h := resultstest.Histogram(resultstest.Around(rand.New(rand.NewPCG(1, 1)), 10_000, 5000)...)
	curve := DistributionOf(h.Times()).Curve
	if len(curve) < 50 {
		t.Fatalf("a curve of %d points", len(curve))
	}
	if curve[0].Q != 0 || curve[0].NS != float64(h.Times().Min()) {
		t.Errorf("the curve starts at %+v and not at the shortest time, %d", curve[0], h.Times().Min())
	}
	for i, p := range curve {
		if ns, ok := h.Times().Quantile(p.Q); i > 0 && (!ok && p.Q > 0.5 || ok && ns != p.NS) {
			t.Errorf("the curve has %v at %v where the quantile is %v (%v)", p.NS, p.Q, ns, ok)
		}
		if i > 0 && (p.Q <= curve[i-1].Q || p.NS < curve[i-1].NS) {
			t.Errorf("the curve falls from %+v to %+v", curve[i-1], p)
		}
	}
	if last := curve[len(curve)-1].Q; last < 0.997 || last > 0.998 {
		t.Errorf("the curve of 5000 times ends at %v, want just before 0.998", last)
	}
	if few := DistributionOf(resultstest.Histogram(resultstest.Repeat(5, 9)...).Times()).Curve; few != nil {
		t.Errorf("a curve of 9 times: %v", few)
	}
}

// The launches' middles vary, and so do the times of each around its own: where
// launches hardly overlap, where they do, and where they are all but the same.
func TestIntervalCoversThePercentileOfAllLaunches(t *testing.T) {
	const rounds, times = 200, 200
	for _, c := range []struct {
		launches        int
		q, z            float64 // z: the quantile of the normal distribution
		between, within float64
	}{
		{6, 0.5, 0, 0.1, 0.001},
		{10, 0.5, 0, 0.1, 0.001},
		{10, 0.5, 0, 0.1, 0.1},
		{10, 0.5, 0, 0.01, 0.1},
		{5, 0.5, 0, 0.01, 0.1},
		{10, 0.9, 1.2816, 0.02, 0.1},
	} {
		rng := rand.New(rand.NewPCG(1, 2))
		truth := 5000 * math.Exp(c.z*math.Hypot(c.between, c.within))
		covered := 0
		for range rounds {
			var launches []results.Times
			for range c.launches {
				middle := 5000 * math.Exp(c.between*rng.NormFloat64())
				ns := make([]int64, times)
				for i := range ns {
					ns[i] = int64(middle * math.Exp(c.within*rng.NormFloat64()))
				}
				launches = append(launches, resultstest.Histogram(ns...).Times())
			}
			if lo, hi := mixtureOf(launches).interval(c.q); lo <= truth && truth <= hi {
				covered++
			}
		}
		share := float64(covered) / rounds
		t.Logf("%+v: %.1f %%", c, 100*share)
		if share < 0.91 || share > 0.99 {
			t.Errorf("%+v: %.1f %% of the intervals hold it", c, 100*share)
		}
	}
}

// Of a tail that lies in one launch or in none, ten launches cannot say where it
// ends.
func TestNoIntervalWhereLaunchesAreTooFewForTheTail(t *testing.T) {
	var launches []results.Times
	for i := range 10 {
		launches = append(launches, resultstest.Histogram(resultstest.Repeat(int64(1000*(i+1)), 5000)...).Times())
	}
	if lo, hi := mixtureOf(launches).interval(0.99); !math.IsNaN(lo) || !math.IsNaN(hi) {
		t.Errorf("p99 of ten launches without any overlap lies within %v to %v", lo, hi)
	}
}

package effect

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/perf/benchmath"
)

// shapes are how launches are distributed about 1: what machines show.
var shapes = []struct {
	name string
	draw func(*rand.Rand) float64
}{
	{"normal", func(r *rand.Rand) float64 { return 1 + 0.03*r.NormFloat64() }},
	{"log-normal", func(r *rand.Rand) float64 { return math.Exp(0.3 * r.NormFloat64()) }},
	{"two modes", func(r *rand.Rand) float64 {
		mode := 1.0
		if r.Float64() < 0.4 {
			mode = 9 // an idle state, or the scheduler moved an end
		}
		return mode * (1 + 0.05*r.NormFloat64())
	}},
}

func draws(r *rand.Rand, n int, times float64, draw func(*rand.Rand) float64) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = 1000 * times * draw(r)
	}
	return values
}

// coverage returns how often the interval of the change holds the true one.
func coverage(of func(old, new []float64) Effect, old, new int, draw func(*rand.Rand) float64) float64 {
	const trials, change = 2000, 0.12
	r := rand.New(rand.NewPCG(3, uint64(old*100+new)))
	covered := 0
	for range trials {
		e := of(draws(r, old, 1, draw), draws(r, new, 1+change, draw))
		if e.Lo <= change && change <= e.Hi {
			covered++
		}
	}
	return float64(covered) / trials
}

func TestIntervalOfTheChangeCoversTheTruth(t *testing.T) {
	for _, shape := range shapes {
		for _, n := range [][2]int{{6, 6}, {10, 10}, {10, 30}, {60, 60}} {
			got := coverage(OfRanks, n[0], n[1], shape.draw)
			t.Logf("%s, %d launches against %d: %.1f %%", shape.name, n[0], n[1], 100*got)
			if got < 0.93 || got > 0.97 {
				t.Errorf("%s, %d launches against %d: the 95 %% interval covers the truth in %.1f %%", shape.name, n[0], n[1], 100*got)
			}
		}
	}
}

func TestIntervalOverRunsCoversTheTruth(t *testing.T) {
	for _, shape := range shapes[:2] {
		for _, n := range [][2]int{{3, 3}, {3, 6}, {5, 5}, {10, 10}} {
			got := coverage(OfMeans, n[0], n[1], shape.draw)
			t.Logf("%s, %d runs against %d: %.1f %%", shape.name, n[0], n[1], 100*got)
			if got < 0.93 || got > 0.98 {
				t.Errorf("%s, %d runs against %d: the 95 %% interval covers the truth in %.1f %%", shape.name, n[0], n[1], 100*got)
			}
		}
	}
}

func TestIntervalAndPValueNeverDisagree(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for range 3000 {
		n, m := 4+r.IntN(20), 4+r.IntN(20)
		grain := float64(1 + r.IntN(40)) // of coarse values, with many ties
		draw := func(r *rand.Rand) float64 { return math.Round((1+0.03*r.NormFloat64())*1000/grain) * grain / 1000 }
		e := OfRanks(draws(r, n, 1, draw), draws(r, m, 1.03, draw))
		if excludes := e.Lo > 0 || e.Hi < 0; excludes != (e.P <= 0.05) {
			t.Fatalf("%d against %d: p = %v and the interval is %v to %v", n, m, e.P, e.Lo, e.Hi)
		}
		if !(e.Lo <= e.Change && e.Change <= e.Hi) {
			t.Fatalf("%v is not from %v to %v", e.Change, e.Lo, e.Hi)
		}
	}
}

func TestPValueIsBenchstats(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for _, n := range [][2]int{{4, 4}, {10, 10}, {6, 12}, {30, 20}} {
		old, new := draws(r, n[0], 1, shapes[0].draw), draws(r, n[1], 1.02, shapes[0].draw)
		want := benchmath.AssumeNothing.Compare(sample(old), sample(new)).P
		if got := OfRanks(old, new).P; math.Abs(got-want) > 1e-12 {
			t.Errorf("%v: p = %v, benchstat's is %v", n, got, want)
		}
	}
}

func sample(values []float64) *benchmath.Sample {
	return benchmath.NewSample(slices.Clone(values), &benchmath.DefaultThresholds)
}

// TestFarMoreLaunches holds the normal approximation against the exact test.
func TestFarMoreLaunches(t *testing.T) {
	for _, u := range []int{700, 900, 1000, 1100} {
		exactly, nearly := uTest{50, 50}.p(u), uTest{51, 50}.p(int(float64(u)*51/50))
		if math.Abs(math.Log(exactly/nearly)) > 0.25 {
			t.Errorf("p is %v for 50 launches a side, and %v for 51", exactly, nearly)
		}
	}
}

func TestTiesAreFiniteAndCareful(t *testing.T) {
	for _, c := range []struct {
		name     string
		old, new []float64
		change   float64
		p        float64
	}{
		{"nothing differs", []float64{5, 5, 5, 5}, []float64{5, 5, 5, 5, 5}, 0, 1},
		{"all but one are equal", []float64{5, 5, 5, 5, 5, 5}, []float64{5, 5, 5, 5, 5, 6}, 0, 1},
		{"each side does not vary", []float64{5, 5, 5, 5}, []float64{6, 6, 6, 6}, 0.2, 2. / 70},
		{"a zero among the values", []float64{0, 2, 2, 2}, []float64{3, 3, 3, 3}, 0.5, 2. / 70},
	} {
		e := OfRanks(c.old, c.new)
		if math.Abs(e.Change-c.change) > 1e-12 || math.Abs(e.P-c.p) > 1e-12 || math.IsNaN(e.Lo) || math.IsNaN(e.Hi) {
			t.Errorf("%s: %+v, want a change of %v with p = %v", c.name, e, c.change, c.p)
		}
	}
	if e := OfRanks([]float64{0, 0, 0, 0}, []float64{2, 2, 2, 2}); !math.IsNaN(e.Change) || e.P > 0.05 {
		t.Errorf("a change from 0 is %+v: there is no ratio to 0", e)
	}
}

func TestRunsThatDoNotVaryAreNotInfinitelySure(t *testing.T) {
	e := OfMeans([]float64{187, 187, 187}, []float64{188, 188, 188})
	if e.P < 0.05 || !math.IsNaN(e.Lo) {
		t.Errorf("three runs of 187 ns and three of 188 give %+v", e)
	}
}

func TestHolmByHand(t *testing.T) {
	got := Holm([]float64{0.04, 0.01, math.NaN(), 0.03, 0.005})
	want := []float64{0.06, 0.03, math.NaN(), 0.06, 0.02} // 0.005x4, 0.01x3, 0.03x2, then not below that
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-12 || math.IsNaN(got[i]) != math.IsNaN(want[i]) {
			t.Errorf("corrected %v, want %v", got, want)
			break
		}
	}
	if got := Holm([]float64{0.9, 0.8}); got[0] != 1 || got[1] != 1 {
		t.Errorf("corrected above 1: %v", got)
	}
}

// TestFalseChangesAmongManyCells is what a whole comparison may get wrong: 36
// cells of which none changed.
func TestFalseChangesAmongManyCells(t *testing.T) {
	const trials, cells = 600, 36
	for _, shape := range shapes {
		r := rand.New(rand.NewPCG(6, 6))
		wrong := 0
		for range trials {
			var ps []float64
			for range cells {
				ps = append(ps, OfRanks(draws(r, 10, 1, shape.draw), draws(r, 10, 1, shape.draw)).P)
			}
			if slices.Min(Holm(ps)) <= 0.05 {
				wrong++
			}
		}
		t.Logf("%s: any of %d cells is called changed in %.1f %% of comparisons", shape.name, cells, 100*float64(wrong)/trials)
		if float64(wrong)/trials > 0.05 {
			t.Errorf("%s: any of %d cells is called changed in %d of %d comparisons", shape.name, cells, wrong, trials)
		}
	}
}

func TestPowerOfTenLaunches(t *testing.T) {
	const trials = 10_000
	for _, c := range []struct {
		change, least float64
		cells         int
	}{{0.05, 0.9, 1}, {0.10, 0.99, 36}} { // a t test would find 93 % of the first
		r := rand.New(rand.NewPCG(7, 7))
		found := 0
		for range trials {
			e := OfRanks(draws(r, 10, 1, shapes[0].draw), draws(r, 10, 1+c.change, shapes[0].draw))
			if e.P*float64(c.cells) <= 0.05 && e.Lo > 0 {
				found++
			}
		}
		name := fmt.Sprintf("launches that vary by 3 %%, 10 a side, %.0f %% slower in one of %d cells", 100*c.change, c.cells)
		t.Logf("%s: found in %.1f %%", name, 100*float64(found)/trials)
		if float64(found)/trials < c.least {
			t.Errorf("%s: found in %d of %d", name, found, trials)
		}
	}
}

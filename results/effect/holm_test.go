package effect

import (
	"math"
	"math/rand/v2"
	"testing"
)

// family is so many comparisons of launches that vary by 3 %, each changed by what
// changed says of it, corrected together.
func family(r *rand.Rand, cells, launches int, changed func(i int) float64) []*Effect {
	var list []*Effect
	for i := range cells {
		e := OfRanks(draws(r, launches, 1, shapes[0].draw), draws(r, launches, 1+changed(i), shapes[0].draw))
		list = append(list, &e)
	}
	Correct(list, 0.05)
	return list
}

// TestCorrectedByHand has 10 launches a side, of which the intervals at several
// levels are known.
func TestCorrectedByHand(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	apart := OfRanks(draws(r, 10, 1, shapes[0].draw), draws(r, 10, 2, shapes[0].draw))
	alsoApart, none := apart, OfRanks(draws(r, 10, 1, shapes[0].draw), draws(r, 10, 1, shapes[0].draw))
	untested := Untested([]float64{1}, []float64{2})
	Correct([]*Effect{&none, &apart, &untested, &alsoApart}, 0.05)
	for _, c := range []struct {
		name  string
		of    Effect
		among int
		alpha float64
	}{
		{"the first", apart, 3, 0.05 / 3},
		{"the second, with the same p", alsoApart, 3, 0.05 / 3},
		{"the only one left", none, 1, 0.05},
	} {
		want := c.of.test.interval(c.alpha)
		if c.of.Among != c.among || c.of.Lo != want.Lo || c.of.Hi != want.Hi {
			t.Errorf("%s: among %d, %v to %v, want %v", c.name, c.of.Among, c.of.Lo, c.of.Hi, want)
		}
	}
	if untested.Among != 0 || !math.IsNaN(untested.Corrected) || !math.IsNaN(untested.Lo) {
		t.Errorf("what was not tested was corrected: %+v", untested)
	}
}

// TestCorrectedIntervalsAgreeWithCorrectedPs has families in which some changed,
// of coarse and fine values, of launches and of runs.
func TestCorrectedIntervalsAgreeWithCorrectedPs(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for trial := range 400 {
		grain := float64(1 + r.IntN(40))
		coarse := func(r *rand.Rand) float64 { return math.Round((1+0.03*r.NormFloat64())*1000/grain) * grain / 1000 }
		var list []*Effect
		for range 2 + r.IntN(40) {
			of, change := OfRanks, 0.06*r.Float64()
			if trial%2 == 0 {
				of = OfMeans
			}
			e := of(draws(r, 3+r.IntN(12), 1, coarse), draws(r, 3+r.IntN(12), 1+change, coarse))
			list = append(list, &e)
		}
		Correct(list, 0.05)
		for _, e := range list {
			if excludes := e.Lo > 0 || e.Hi < 0; excludes != (e.Corrected <= 0.05) {
				t.Fatalf("p %v, corrected %v, and the interval among %d is %v to %v", e.P, e.Corrected, e.Among, e.Lo, e.Hi)
			}
			if e.Lo > e.Own.Lo || e.Hi < e.Own.Hi {
				t.Fatalf("corrected, %v to %v became %v to %v", e.Own.Lo, e.Own.Hi, e.Lo, e.Hi)
			}
		}
	}
}

// TestRoundingDoesNotPartIntervalAndP has 3 launches against 7 that do not
// overlap: p is 1/60, which is 0.05 ÷ 3.
func TestRoundingDoesNotPartIntervalAndP(t *testing.T) {
	for _, alpha := range []float64{0.05, math.Nextafter(0.05, 0), math.Nextafter(0.05, 1)} {
		apart := OfRanks([]float64{1, 2, 3}, []float64{4, 5, 6, 7, 8, 9, 10})
		a, b := None, None
		Correct([]*Effect{&apart, &a, &b}, alpha)
		if excludes := apart.Lo > 0; excludes != (apart.Corrected <= alpha) {
			t.Errorf("at %v, corrected p is %v and the interval from %v", alpha, apart.Corrected, apart.Lo)
		}
	}
}

// TestIntervalsOfWhatDidNotChangeHoldThat is what corrected intervals promise of
// all together; of the others, that each by itself holds the truth.
func TestIntervalsOfWhatDidNotChangeHoldThat(t *testing.T) {
	const trials, cells = 1000, 36
	for _, changed := range []int{0, 12, 36} {
		r := rand.New(rand.NewPCG(10, 10))
		truth := func(i int) float64 {
			if i < changed {
				return 0.02 + 0.01*float64(i%8)
			}
			return 0
		}
		missedNone, missedAny, missed := 0, 0, 0
		for range trials {
			none, any := false, false
			for i, e := range family(r, cells, 10, truth) {
				if e.Lo > truth(i) || e.Hi < truth(i) {
					missed++
					any = true
					none = none || i >= changed
				}
			}
			if none {
				missedNone++
			}
			if any {
				missedAny++
			}
		}
		t.Logf("%d of %d changed: an interval of one that did not misses that in %.1f %% of comparisons, any misses in %.1f %%, each in %.2f %%",
			changed, cells, 100*float64(missedNone)/trials, 100*float64(missedAny)/trials, 100*float64(missed)/trials/cells)
		if missedNone > trials/20 || float64(missed) > 0.05*trials*cells {
			t.Errorf("%d of %d changed: %d comparisons miss one that did not, %d of %d intervals miss", changed, cells, missedNone, missed, trials*cells)
		}
	}
}

func TestWhatIsFound(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 11))
	few := OfRanks(draws(r, 4, 1, shapes[0].draw), draws(r, 4, 1, shapes[0].draw))
	many := OfRanks(draws(r, 10, 1, shapes[0].draw), draws(r, 10, 1, shapes[0].draw))
	untested := Untested([]float64{1}, []float64{2})
	if got := few.Finds(1, 0.05/36); got != 0 {
		t.Errorf("four launches among 36 cells find %v", got)
	}
	if got := many.Finds(1, 0.05/36); got < 0.999 {
		t.Errorf("ten launches find twice as much in %v", got)
	}
	if got := many.Finds(0, 0.05/36); got > 0.01 {
		t.Errorf("ten launches find nothing in %v", got)
	}
	if got := None.Finds(0.05, 0.05); got != 1 {
		t.Errorf("where nothing varies, a change is found in %v", got)
	}
	if got := untested.Finds(1, 0.05); !math.IsNaN(got) {
		t.Errorf("without a test, %v", got)
	}
}

package history

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// nile is the flow of the Nile at Aswan from 1871 to 1970, in which Cobb (The problem
// of the Nile: conditional solution to a changepoint problem, Biometrika 65, 1978)
// finds a change after 1898.
var nile = []float64{
	1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958, 1140,
	1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020, 1050, 969,
	831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759,
	781, 865, 845, 944, 984, 897, 822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890,
	744, 749, 838, 1050, 918, 986, 797, 923, 975, 815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740,
}

func TestTheNileChangedAfter1898(t *testing.T) {
	found := placesIn(nile)
	if !slices.Equal(found, []int{1899 - 1871}) {
		t.Errorf("changes at %v, not at 28 alone", found)
	}
}

// placesIn are the places of the changes that are found in values of one series.
func placesIn(values []float64) []int {
	var places []int
	for _, s := range changes(values, 0.05/float64(max(1, looks(len(values))))) {
		places = append(places, s.at)
	}
	return places
}

// levels are values that lie around levels, each for so many.
func levels(random *rand.Rand, cv float64, of ...[2]float64) []float64 {
	var values []float64
	for _, level := range of {
		for range int(level[1]) {
			values = append(values, level[0]*(1+cv*random.NormFloat64()))
		}
	}
	return values
}

func TestChangesOfKnownSeries(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	astray := levels(random, 0.005, [2]float64{100, 60}, [2]float64{105, 60})
	astray[20], astray[21], astray[90] = 300, 300, 10
	for name, c := range map[string]struct {
		values []float64
		want   []int
	}{
		"nothing":                     {nil, nil},
		"too few":                     {[]float64{1, 1, 1, 1, 2, 2, 2, 2, 2}, nil},
		"always the same":             {levels(random, 0, [2]float64{100, 200}), nil},
		"the least that can be":       {levels(random, 0.001, [2]float64{100, 5}, [2]float64{110, 5}), []int{5}},
		"steps without any noise":     {levels(random, 0, [2]float64{100, 50}, [2]float64{101, 50}), []int{50}},
		"up and down again":           {levels(random, 0.005, [2]float64{100, 80}, [2]float64{105, 8}, [2]float64{100, 80}), []int{80, 88}},
		"a stair":                     {levels(random, 0.005, [2]float64{100, 30}, [2]float64{105, 30}, [2]float64{110, 30}, [2]float64{115, 30}), []int{30, 60, 90}},
		"since a week":                {levels(random, 0.005, [2]float64{100, 193}, [2]float64{105, 7}), []int{193}},
		"runs that went astray":       {astray, []int{60}},
		"to nothing":                  {levels(random, 0, [2]float64{5, 20}, [2]float64{0, 20}), []int{20}},
		"fewer runs than a change is": {levels(random, 0.005, [2]float64{100, 80}, [2]float64{200, 3}, [2]float64{100, 80}), nil},
	} {
		if got := placesIn(c.values); !slices.Equal(got, c.want) {
			t.Errorf("%s: changes at %v, not %v", name, got, c.want)
		}
	}
}

// TestChancesAreNoLess has every order of few values: the chance that is told is
// never less than the share of those that are as uneven.
func TestChancesAreNoLess(t *testing.T) {
	const before, after = 6, 5
	var all []int
	for order := range 1 << (before + after) {
		ones, u := 0, 0
		for bit := range before + after {
			if order>>bit&1 == 1 {
				ones++
			} else {
				u += ones
			}
		}
		if ones == before {
			all = append(all, min(u, before*after-u))
		}
	}
	for u := range before * after / 2 {
		asUneven := 0
		for _, other := range all {
			if other <= u {
				asUneven++
			}
		}
		share := float64(asUneven) / float64(len(all))
		if got := chance(before, after, u, 1e-9); got < 0.9*share {
			t.Errorf("%d pairs: a chance of %g, and it is %g", u, got, share)
		}
	}
}

func TestIntervalsAreSeeded(t *testing.T) {
	for _, n := range []int{9, 10, 11, 57, 200, 1000} {
		all := seeded(n)
		if n < 2*LeastSegment {
			if len(all) > 0 {
				t.Errorf("%d: %v", n, all)
			}
			continue
		}
		if all[0] != (span{0, n}) {
			t.Errorf("%d: the first is %v", n, all[0])
		}
		for _, s := range all {
			if s.from < 0 || s.to > n || s.splits() < 1 {
				t.Errorf("%d: %v", n, s)
			}
		}
	}
}

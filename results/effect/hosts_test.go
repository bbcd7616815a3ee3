package effect

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// near says whether two numbers agree to so many parts of one.
func near(a, b, within float64) bool { return math.Abs(a-b) <= within*max(1, math.Abs(b)) }

// TestHostsOfATextbook has the trials of BCG against tuberculosis (Colditz and others, JAMA
// 1994), as R's metafor has them, and what rma(method = "PM", test = "knha") says of these.
func TestHostsOfATextbook(t *testing.T) {
	logs := []float64{-0.8893, -1.5854, -1.3481, -1.4416, -0.2175, -0.7861, -1.6209, 0.0120, -0.4694, -1.3713, -0.3394, 0.4459, -0.0173}
	variances := []float64{0.3256, 0.1946, 0.4154, 0.0200, 0.0512, 0.0069, 0.2230, 0.0040, 0.0564, 0.0730, 0.0124, 0.5325, 0.0714}
	var hosts []Ratio
	for i := range logs {
		hosts = append(hosts, Ratio{Log: logs[i], Variance: variances[i]})
	}
	p := OfHosts(hosts)
	if !near(p.Q, 152.23, 0.01) || !near(p.I2, 0.9212, 0.001) {
		t.Errorf("Q %v and I² %v, want 152.23 and 92.12 %%", p.Q, p.I2)
	}
	if !near(p.Tau*p.Tau, 0.3181, 0.002) || !near(math.Log1p(p.Change), -0.7150, 0.002) {
		t.Errorf("tau² %v and mean %v, want 0.3181 and -0.7150", p.Tau*p.Tau, math.Log1p(p.Change))
	}
}

// TestHostsWithAsManyRuns is Student's t test of what each host says.
func TestHostsWithAsManyRuns(t *testing.T) {
	var hosts []Ratio
	for _, log := range []float64{0.01, 0.05, 0.02, 0.06, 0.03} {
		hosts = append(hosts, Ratio{Log: log, Variance: 1e-6, Freedom: 20})
	}
	p := OfHosts(hosts)
	// mean 0.034, deviation 0.0207364, t 3.66632 of 4 degrees of freedom
	if !near(math.Log1p(p.Change), 0.034, 1e-9) || !near(p.P, 0.021449, 1e-4) || !near(math.Log1p(p.Own.Lo), 0.034-2.776445*0.0207364/math.Sqrt(5), 1e-5) {
		t.Errorf("%+v", p)
	}
	if known := OfHosts([]Ratio{{Log: 0.01}, {Log: 0.05}, {Log: 0.02}, {Log: 0.06}, {Log: 0.03}}); !near(known.P, p.P, 1e-6) || !math.IsNaN(known.Q) {
		t.Errorf("where nothing is known of the runs: %+v", known)
	}
}

func TestTooFewHosts(t *testing.T) {
	if p := OfHosts([]Ratio{{Log: 0.1}}); !near(p.Change, math.Expm1(0.1), 1e-9) || !math.IsNaN(p.P) || p.Own.IsKnown() {
		t.Errorf("one host: %+v", p)
	}
	if p := OfHosts(nil); !math.IsNaN(p.Change) || !math.IsNaN(p.P) {
		t.Errorf("none: %+v", p)
	}
	if p := OfHosts([]Ratio{{}, {}, {}}); p.Change != 0 || p.P != 1 || p.IsEverywhere() {
		t.Errorf("hosts on which nothing moved: %+v", p)
	}
	if got := Outliers([]Ratio{{Log: 1}, {}, {}, {}}); got != nil {
		t.Errorf("of four hosts, %v", got)
	}
	for _, o := range Outliers([]Ratio{{}, {}, {}, {}, {}, {}}) {
		if o.P < 1 {
			t.Errorf("of hosts on which nothing moved, %v", o)
		}
	}
}

// TestVariancesThatHostsShare: alike by chance they become one, and a noisy host keeps its own.
func TestVariancesThatHostsShare(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	draw := func(deviation float64, d int) (variance float64) {
		for range d {
			e := deviation * r.NormFloat64()
			variance += e * e / float64(d)
		}
		return variance
	}
	var alike, freedom []float64
	for range 50 {
		alike, freedom = append(alike, draw(0.03, 4)), append(freedom, 4)
	}
	moderated, _ := Moderate(alike, freedom)
	if ratio := slices.Max(moderated) / slices.Min(moderated); ratio > 2 {
		t.Errorf("variances that differ by chance still differ %.1f times", ratio)
	}
	alike[7] = 0.15 * 0.15
	if moderated, of := Moderate(alike, freedom); moderated[7] < 4*moderated[8] || of[7] <= 4 {
		t.Errorf("a host with 25 times the variance has %v where others have %v, of %v degrees of freedom", moderated[7], moderated[8], of[7])
	}
	if moderated, of := Moderate([]float64{0, 0}, []float64{0, 0}); moderated[0] != 0 || of[0] != 0 {
		t.Errorf("where no host has two runs: %v, %v", moderated, of)
	}
}

// A fleet is what some hosts' runs say of a cell.
type fleet struct {
	logs, variances, freedom []float64
	runs                     int // a side of each
}

// add adds so many hosts, whose logarithms differ by within from run to run and by between
// from host to host.
func (s *fleet) add(r *rand.Rand, hosts int, within, between float64, change func(host int) float64) {
	side := func(level float64) (mean, squares float64) {
		var all []float64
		for range s.runs {
			all = append(all, level+within*r.NormFloat64())
			mean += all[len(all)-1] / float64(s.runs)
		}
		for _, x := range all {
			squares += (x - mean) * (x - mean)
		}
		return mean, squares
	}
	for host := range hosts {
		old, a := side(0)
		new, b := side(math.Log1p(change(host)) + between*r.NormFloat64())
		d := float64(2*s.runs - 2)
		s.logs, s.freedom, s.variances = append(s.logs, new-old), append(s.freedom, d), append(s.variances, (a+b)/max(d, 1))
	}
}

func (s fleet) ratios() []Ratio {
	variances, freedom := Moderate(s.variances, s.freedom)
	var list []Ratio
	for i, log := range s.logs {
		list = append(list, Ratio{log, variances[i] * 2 / float64(s.runs), freedom[i]})
	}
	return list
}

func simulated(r *rand.Rand, hosts, runs int, within, between float64, change func(host int) float64) []Ratio {
	s := fleet{runs: runs}
	s.add(r, hosts, within, between, change)
	return s.ratios()
}

func unchanged(int) float64 { return 0 }

// TestFalseChangesOfHosts has fleets in which nothing changed, whose hosts may differ in how
// they do: neither the mean nor a host is called changed more often than was promised.
func TestFalseChangesOfHosts(t *testing.T) {
	const trials, alpha = 2000, 0.05
	for _, c := range []struct {
		hosts, runs int
		between     float64
	}{{2, 3, 0}, {3, 3, 0.02}, {6, 2, 0}, {10, 3, 0}, {10, 1, 0.05}, {12, 3, 0.05}, {25, 2, 0.01}} {
		r := rand.New(rand.NewPCG(20, uint64(c.hosts)))
		mean, alone := 0, 0
		for range trials {
			hosts := simulated(r, c.hosts, c.runs, 0.03, c.between, unchanged)
			if OfHosts(hosts).P <= alpha {
				mean++
			}
			if o := Outliers(hosts); len(o) > 0 && o[0].P <= alpha {
				alone++
			}
		}
		t.Logf("%d hosts, %d runs a side, tau %.2f: the mean changed in %.1f %%, a host alone in %.1f %%", c.hosts, c.runs, c.between, 100*float64(mean)/trials, 100*float64(alone)/trials)
		const most = alpha + 3*0.0049 // three deviations of so many trials
		if float64(mean)/trials > most || float64(alone)/trials > most {
			t.Errorf("%+v: false in %d and %d of %d", c, mean, alone, trials)
		}
	}
}

// TestHostsThatChangedAlike hide each other from who looks at one alone.
func TestHostsThatChangedAlike(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 21))
	found, missed := 0, 0
	const trials = 100
	for range trials {
		hosts := simulated(r, 50, 3, 0.03, 0, func(host int) float64 {
			if host < 2 {
				return 0.20
			}
			return 0.03
		})
		var named []int
		for _, o := range Outliers(hosts) {
			if o.P <= 0.025 {
				named = append(named, o.Host)
			}
		}
		slices.Sort(named)
		if slices.Equal(named, []int{0, 1}) {
			found++
		} else {
			missed++
		}
	}
	if found < 95*trials/100 {
		t.Errorf("both, and no other, were found in %d of %d fleets", found, trials)
	}
}

// TestANoisyHostIsNoOutlier: its own runs differ as much.
func TestANoisyHostIsNoOutlier(t *testing.T) {
	r := rand.New(rand.NewPCG(22, 22))
	named := 0
	const trials = 300
	for range trials {
		s := fleet{runs: 3}
		s.add(r, 40, 0.01, 0, unchanged)
		s.add(r, 1, 0.10, 0, unchanged)
		if Outliers(s.ratios())[0].P <= 0.05 {
			named++
		}
	}
	t.Logf("named in %d of %d", named, trials)
	if named > trials/10 {
		t.Errorf("it was named in %d of %d fleets", named, trials)
	}
}

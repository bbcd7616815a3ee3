package effect

import (
	"math"

	"github.com/aclements/go-moremath/stats"
	"gonum.org/v1/gonum/stat/distuv"

	"ipcbench/results"
)

// A Ratio is what one host says of a change: how far its own new runs are from its own
// old ones.
type Ratio struct {
	Log      float64 // the mean logarithm of its new runs less that of its old ones
	Variance float64 // how far that strays, squared, by how its runs differ; 0: nobody knows
	Freedom  float64 // degrees of freedom of Variance, see [Moderate]
}

// A Pool is what hosts say together. The host is the replicate: with more hosts it
// narrows, with more runs of each only down to what differs between the hosts.
type Pool struct {
	Effect
	Hosts int
	Tau   float64  // how much the change differs from host to host: the deviation of its logarithm
	I2    float64  // the share of what the hosts' changes differ by that their runs do not explain (Higgins and Thompson 2002), from 0 to 1
	Q, PQ float64  // Cochran's test that all hosts changed alike, and its p-value; NaN where nothing is known of how runs differ
	Next  Interval // where the change of a further such host lies, of 95 %; unknown below 3 hosts
}

// OfHosts pools hosts by a random-effects model of their ratios. There are two levels: the
// runs of a host differ, and hosts differ in how much they changed. How much they do is
// estimated by Paule and Mandel's method: tau² is where the weighted squares come to what
// is expected of so many hosts. (DerSimonian and Laird's estimate is too small where there
// are few or unlike hosts.) Test and interval of the mean are Hartung and Knapp's, of
// Student's t with a degree of freedom for each host but one; as their factor is 1 wherever
// Paule and Mandel's tau² is above 0, and never taken for less, it is not seen here. With as many runs of each
// host it is the t test of the hosts' own changes. Below two hosts there is none.
//
// It assumes that logarithms of ratios are normal from host to host, which whoever shows it
// has to say.
//
// Sources: Paule and Mandel, Consensus values and weighting factors, J Res NBS 87 (1982);
// Hartung and Knapp, A refined method for the meta-analysis of controlled clinical trials
// with binary outcome, Statistics in Medicine 20 (2001); Röver, Knapp and Friede,
// Hartung-Knapp-Sidik-Jonkman approach and its modification for random-effects
// meta-analysis with few studies, BMC Medical Research Methodology 15 (2015); Higgins,
// Thompson and Spiegelhalter, A re-evaluation of random-effects meta-analysis, JRSS A 172
// (2009).
func OfHosts(hosts []Ratio) Pool {
	if len(hosts) < 2 {
		unknown := math.NaN()
		p := Pool{Hosts: len(hosts), Tau: unknown, I2: unknown, Q: unknown, PQ: unknown, Next: noInterval}
		p.Effect = Effect{Change: unknown, P: unknown, Own: noInterval, Corrected: unknown, Lo: unknown, Hi: unknown}
		if len(hosts) == 1 {
			p.Change = math.Expm1(hosts[0].Log)
		}
		return p
	}
	k := float64(len(hosts))
	mean, squared, tau2 := fit(hosts)
	p := Pool{Hosts: len(hosts), Tau: math.Sqrt(tau2), Next: noInterval}
	if squared == 0 { // all hosts say the same, and nothing varies
		p.Effect, p.Q, p.PQ, p.Next = None, 0, 1, Interval{math.Expm1(mean), math.Expm1(mean)}
		if mean != 0 {
			p.Effect = effectOf(math.Expm1(mean), 0, exactly(math.Expm1(mean)))
		}
		return p
	}
	m := means{scale{math.Log, math.Expm1}, mean, math.Sqrt(squared), k - 1}
	p.Effect = effectOf(math.Expm1(mean), twoSided(mean/m.deviation, m.freedom), m)
	p.Q, p.PQ, p.I2 = heterogeneity(hosts)
	if k >= 3 {
		reach := math.Sqrt(tau2+squared) * stats.InvCDF(stats.TDist{V: k - 2})(1-(1-results.Confidence)/2)
		p.Next = Interval{math.Expm1(mean - reach), math.Expm1(mean + reach)}
	}
	return p
}

// exactly is the test of what is the same on all hosts, to the digit.
type exactly float64

func (e exactly) interval(float64) Interval { return Interval{float64(e), float64(e)} }

// IsEverywhere says whether the change is the same way on every such host: hosts differ so
// little that a further one would show it too.
func (p Pool) IsEverywhere() bool { return p.Next.Lo > 0 || p.Next.Hi < 0 }

// twoSided is the p-value of a score by Student's t.
func twoSided(score, freedom float64) float64 {
	if math.IsInf(freedom, 1) {
		return 2 * stats.StdNormal.CDF(-math.Abs(score))
	}
	return min(1, 2*stats.TDist{V: freedom}.CDF(-math.Abs(score)))
}

// fit is the model: the mean of the logarithms, how far that strays, squared, and tau².
func fit(hosts []Ratio) (mean, squared, tau2 float64) {
	tau2 = tauSquared(hosts)
	mean, weight, _ := weigh(hosts, tau2)
	return mean, 1 / weight, tau2
}

// weigh returns the mean of the hosts' logarithms, each weighed by how little it strays where
// hosts differ by tau2, all weights together, and the weighted squares of what is left.
// Where nothing strays, all weigh alike and without end.
func weigh(hosts []Ratio, tau2 float64) (mean, weight, squares float64) {
	sure := 0
	for _, h := range hosts {
		if h.Variance+tau2 == 0 {
			sure++
		}
	}
	if sure > 0 { // which is asked where tau2 is 0 alone
		for _, h := range hosts {
			mean += h.Log / float64(len(hosts))
		}
		for _, h := range hosts {
			if h.Log != mean {
				squares = math.Inf(1)
			}
		}
		return mean, math.Inf(1), squares
	}
	for _, h := range hosts {
		w := 1 / (h.Variance + tau2)
		weight += w
		mean += w * h.Log
	}
	mean /= weight
	for _, h := range hosts {
		squares += (h.Log - mean) * (h.Log - mean) / (h.Variance + tau2)
	}
	return mean, weight, squares
}

// tauSquared solves Paule and Mandel's equation. Its left side falls as tau² grows, and
// bends one way, so that Newton's steps from 0 never go too far (DerSimonian and Kacker,
// Contemporary Clinical Trials 28 (2007)).
func tauSquared(hosts []Ratio) float64 {
	expected := float64(len(hosts) - 1)
	if _, _, squares := weigh(hosts, 0); squares <= expected {
		return 0
	}
	if isAlike(hosts) {
		return max(0, spread(hosts)-hosts[0].Variance) // what it comes to there
	}
	const steps, enough = 200, 1e-10
	tau2 := 0.0
	if _, weight, _ := weigh(hosts, 0); math.IsInf(weight, 1) {
		tau2 = spread(hosts) * 1e-6 // where nothing is known of the runs, 0 is no place to begin
	}
	for range steps {
		mean, _, squares := weigh(hosts, tau2)
		slope := 0.0
		for _, h := range hosts {
			w := 1 / (h.Variance + tau2)
			slope += w * w * (h.Log - mean) * (h.Log - mean)
		}
		step := (squares - expected) / slope
		tau2 += step
		if step <= enough*tau2 {
			break
		}
	}
	return max(tau2, 0)
}

// isAlike says whether all hosts' variances are the same.
func isAlike(hosts []Ratio) bool {
	for _, h := range hosts {
		if h.Variance != hosts[0].Variance {
			return false
		}
	}
	return true
}

// spread is the variance of the hosts' logarithms.
func spread(hosts []Ratio) float64 {
	mean, squares, k := 0.0, 0.0, float64(len(hosts))
	for _, h := range hosts {
		mean += h.Log / k
	}
	for _, h := range hosts {
		squares += (h.Log - mean) * (h.Log - mean)
	}
	return squares / (k - 1)
}

// heterogeneity is Cochran's test, and the share of the squares that runs do not explain.
func heterogeneity(hosts []Ratio) (q, p, share float64) {
	_, weight, q := weigh(hosts, 0)
	if math.IsInf(weight, 1) {
		return math.NaN(), math.NaN(), math.NaN()
	}
	freedom := float64(len(hosts) - 1)
	return q, distuv.ChiSquared{K: freedom}.Survival(q), max(0, 1-freedom/q)
}

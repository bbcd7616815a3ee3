package effect

import (
	"math"

	"gonum.org/v1/gonum/mathext"

	"ipcbench/results"
)

// Moderate replaces the variances of hosts' runs, of so many degrees of freedom each, by
// what the host says together with what all hosts say. Of three runs a variance is little
// more than a guess, and a host that by chance has a small one would weigh more than all
// others. The less hosts differ in it, the nearer all come to what they have in common; a
// host that truly is noisier keeps most of its own. A host without degrees of freedom has
// what all have in common. What all together know is in freedom; it is 0, and so are all
// variances, where no host says anything.
//
// Source: Smyth, Linear models and empirical Bayes methods for assessing differential
// expression in microarray experiments, Statistical Applications in Genetics and Molecular
// Biology 3 (2004), section 6.2.
func Moderate(variances, freedom []float64) (moderated, of []float64) {
	moderated, of = make([]float64, len(variances)), make([]float64, len(variances))
	common, strength := prior(variances, freedom)
	if strength == 0 {
		return moderated, of
	}
	for i, d := range freedom {
		of[i] = strength + d
		moderated[i] = common
		if d > 0 && !math.IsInf(strength, 1) {
			moderated[i] = (strength*common + d*variances[i]) / (strength + d)
		}
	}
	return moderated, of
}

// prior is the variance that all hosts have in common, and of how many degrees of freedom
// that is worth: without end where they do not differ more than by chance, 0 where no host
// says anything.
func prior(variances, freedom []float64) (common, strength float64) {
	var said []float64
	squares, degrees := 0.0, 0.0
	for i, d := range freedom {
		if d > 0 {
			said = append(said, variances[i])
			squares += d * variances[i]
			degrees += d
		}
	}
	if len(said) == 0 {
		return 0, 0
	}
	pooled := squares / degrees
	least := 1e-5 * results.Median(said) // the logarithm of 0 would decide alone
	if len(said) < 3 || least == 0 {
		return pooled, math.Inf(1)
	}
	var logs []float64
	mean, expected, n := 0.0, 0.0, float64(len(said))
	for i, d := range freedom {
		if d > 0 {
			e := math.Log(max(variances[i], least)) - mathext.Digamma(d/2) + math.Log(d/2)
			logs = append(logs, e)
			mean += e / n
			expected += trigamma(d/2) / n
		}
	}
	beyond := -expected
	for _, e := range logs {
		beyond += (e - mean) * (e - mean) / (n - 1)
	}
	if beyond <= 0 {
		return pooled, math.Inf(1)
	}
	half := inverseTrigamma(beyond)
	return math.Exp(mean + mathext.Digamma(half) - math.Log(half)), 2 * half
}

func trigamma(x float64) float64 { return mathext.Zeta(2, x) }

// inverseTrigamma finds x by halving: trigamma falls from infinity to 0.
func inverseTrigamma(y float64) float64 {
	lo, hi := 1e-6, 1e9
	for range 200 {
		mid := math.Sqrt(lo * hi)
		if trigamma(mid) > y {
			lo = mid
		} else {
			hi = mid
		}
	}
	return math.Sqrt(lo * hi)
}

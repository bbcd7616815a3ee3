package effect

import (
	"math"

	"ipcbench/results"

	"github.com/aclements/go-moremath/stats"
)

// Finds returns about how often replicates like these would show a true change,
// tested at a level alpha. It shows where the estimate is farther from no change than
// the interval of that level reaches. How far the estimate strays, its own
// interval of 95 % says; that it does so normally is the assumption. The number
// of replicates and their spread are in both intervals. It is 0 where so few
// replicates can show nothing at that level, and NaN where nothing was tested.
func (e Effect) Finds(change, alpha float64) float64 {
	if e.test == nil {
		return math.NaN()
	}
	reach, own := reachOf(e.test.interval(alpha)), reachOf(e.Own)
	switch {
	case math.IsNaN(reach) || math.IsNaN(own):
		return 0
	case own == 0: // nothing varies
		return 1
	}
	strays := own / normalScore(1-results.Confidence)
	return stats.StdNormal.CDF((math.Abs(math.Log1p(change)) - reach) / strays)
}

// reachOf is how far an interval reaches to either side, as a logarithm of ratios.
func reachOf(i Interval) float64 { return (math.Log1p(i.Hi) - math.Log1p(i.Lo)) / 2 }

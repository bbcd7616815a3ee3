package results

import (
	"fmt"
	"math"
	"slices"

	"github.com/montanaflynn/stats"
)

// An outlier is so many spreads away from the median, and so many times the
// median or that fraction of it. The spread is a median absolute deviation,
// which for a normal distribution is made the standard one.
const (
	farOff            = 5.0
	leastOutlier      = 1.5
	normalDeviation   = 1.4826
	fewestForOutliers = 6 // launches
)

const outlierText = "is an outlier of"

// explainOutliers warns of each launch that is far from the others of its cell
// and belongs to no mode, with what was seen to happen meanwhile. One that
// nothing explains goes without its number, so that rows share the warning. No
// launch is taken out: the median hardly minds, and whoever chooses among
// measurements gets the result he wants.
func (s *Summary) explainOutliers(ok []Launch) {
	metric := PrimaryMetric(s.Workload)
	isOutlier := outlierOf(valuesOf(metric, ok))
	for _, launch := range ok {
		value, has := launch.Metrics[metric]
		if !has || !isOutlier(value) {
			continue
		}
		ratio := value / s.Metrics[metric].Median
		isSlow := ratio > 1 != MoreIsBetter(metric)
		suspect, found := launch.suspect(ok)
		switch {
		case isSlow && found:
			s.warn(fmt.Sprintf("launch %d "+outlierText+" %s times the median: %s", launch.Launch, FormatCount(ratio), suspect))
		case isSlow:
			s.warn("a launch is an outlier to the slow side, which nothing that was watched explains")
		default:
			s.warn("a launch is an outlier to the fast side")
		}
	}
}

// outlierOf returns what tells an outlier from the others of these values.
// Where they have modes, an outlier is of none.
func outlierOf(values []float64) func(float64) bool {
	if len(values) < fewestForOutliers || slices.Min(values) <= 0 {
		return func(float64) bool { return false }
	}
	if groups := groupsOf(values); groups != nil {
		return func(value float64) bool {
			return slices.ContainsFunc(groups, func(group []float64) bool { return len(group) == 1 && group[0] == value })
		}
	}
	var logs []float64
	for _, value := range values {
		logs = append(logs, math.Log(value))
	}
	middle, _ := stats.Median(logs)
	deviation, _ := stats.MedianAbsoluteDeviation(logs)
	far := max(farOff*normalDeviation*deviation, math.Log(leastOutlier))
	return func(value float64) bool { return math.Abs(math.Log(value)-middle) > far }
}

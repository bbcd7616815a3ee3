package summary

import (
	"fmt"
	"math"
	"slices"

	"github.com/montanaflynn/stats"

	"ipcbench/results"
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

// Of launches that are far from the others of their cell. One that nothing
// explains goes without its number, so that rows share the warning.
var (
	slowExplained = results.Cautions(results.Caution{
		ID: "outlier-slow-explained",
		Words: func(w results.Warning) string {
			return fmt.Sprintf("launch %s is an outlier of %s times the median: %s", w.Text("launch"), results.FormatCount(w.Number("times")), suspectWords(w))
		},
		Brief: func(w results.Warning) string {
			return "a launch is an outlier to the slow side: " + suspectBrief(w)
		},
	})
	slowUnexplained = results.Cautions(results.Caution{ID: "outlier-slow", Words: func(results.Warning) string {
		return "a launch is an outlier to the slow side, which nothing that was watched explains"
	}})
	fast = results.Cautions(results.Caution{ID: "outlier-fast", Words: func(results.Warning) string {
		return "a launch is an outlier to the fast side"
	}})
)

// explainOutliers warns of each launch that is far from the others of its cell
// and belongs to no mode, with what was seen to happen meanwhile. No
// launch is taken out: the median hardly minds, and whoever chooses among
// measurements gets the result he wants.
func (s *Summary) explainOutliers() {
	metric := s.Main()
	isOutlier := outlierOf(s.Values(metric.Name))
	for _, launch := range s.OK {
		value, has := launch.Metrics[metric.Name]
		if !has || !isOutlier(value) {
			continue
		}
		median := s.Metrics[metric.Name].Median
		suspect, ns := suspectOf(launch, s.OK)
		switch {
		case metric.IsBetter(value, median):
			s.warn(fast.With())
		case suspect != "":
			s.warn(slowExplained.With("launch", launch.Launch, "times", value/median, "suspect", suspect, "took_ns", ns))
		default:
			s.warn(slowUnexplained.With())
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
	middle := results.Median(logs)
	deviation, _ := stats.MedianAbsoluteDeviation(logs)
	far := max(farOff*normalDeviation*deviation, math.Log(leastOutlier))
	return func(value float64) bool { return math.Abs(math.Log(value)-middle) > far }
}

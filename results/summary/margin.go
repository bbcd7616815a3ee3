package summary

import (
	"math"

	"ipcbench/results"
)

// Margin returns how far the interval of the metric that decides reaches from
// its median, over a cell's launches that ended ok, as [Summary.Margin] does and
// without all else that a summary takes. Of launches that were divided it is the
// widest of those that are to be narrow, see [Summary.IsToBeNarrow].
func Margin(launches []results.Launch) float64 {
	byStratum := map[string][]results.Launch{}
	for _, l := range launches {
		if l.Status == results.OK {
			byStratum[l.Stratum] = append(byStratum[l.Stratum], l)
		}
	}
	widest := math.NaN()
	for _, ofOne := range byStratum {
		s := Summary{Cell: ofOne[0].Cell, Launches: len(ofOne), Metrics: map[string]Estimate{}, Deciding: results.Deciding(ofOne[0].Workload, ofOne)}
		if !s.IsToBeNarrow() {
			continue
		}
		if e, has := EstimateFor(s.Main(), ofOne); has {
			s.Metrics[s.Main().Name] = e
		}
		margin := s.Margin()
		if math.IsNaN(margin) && s.Stratum != "" { // one of several, with too few launches yet
			margin = math.Inf(1)
		}
		if !(margin <= widest) {
			widest = margin
		}
	}
	return widest
}

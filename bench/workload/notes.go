package workload

import (
	"fmt"

	"ipcbench/results"
)

// notes are what a process found out beside counts: times in histograms, and
// numbers.
type notes struct {
	histograms map[string]*results.Histogram
	metrics    map[string]float64
}

// Histogram returns the histogram of that name, empty at first. A workload asks
// for it once, before it measures, for it takes memory; to record in it takes
// none.
func (n *notes) Histogram(name string) *results.Histogram {
	h := n.histograms[name]
	if h == nil {
		h = results.NewHistogram()
		if n.histograms == nil {
			n.histograms = map[string]*results.Histogram{}
		}
		n.histograms[name] = h
	}
	return h
}

// Set notes a metric of the launch, in the unit that its name ends in. Quantiles
// of a histogram need no noting. Of a metric that several ends set, the launch
// has the mean, unless [Workload.Account] knows better.
func (n *notes) Set(metric string, value float64) {
	if n.metrics == nil {
		n.metrics = map[string]float64{}
	}
	n.metrics[metric] = value
}

// encode returns the histograms that have something in them.
func (n *notes) encode() (map[string]string, error) {
	encoded := map[string]string{}
	for name, h := range n.histograms {
		if lost := h.Lost(); lost > 0 {
			return nil, fmt.Errorf("%d times (%s) were longer than a histogram holds", lost, name)
		}
		if h.Count() == 0 {
			continue
		}
		text, err := h.Encode()
		if err != nil {
			return nil, err
		}
		encoded[name] = text
	}
	return encoded, nil
}

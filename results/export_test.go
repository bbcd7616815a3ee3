package results

import (
	"bytes"
	"maps"
	"slices"
)

// For the tests of this folder, which are in a package of their own so that they
// can use those that show results.
var (
	ReadLaunch   = readLaunch
	ReadRun      = readRun
	QuantileRank = quantileRank
)

func ReadLaunches(path string, data []byte, schema int) ([]Launch, []string, error) {
	return readLaunches(path, bytes.NewReader(data), schema)
}

const HistogramMaxNS = histogramMaxNS

// SameCounts says whether both histograms have the same times in them.
func SameCounts(a, b *Histogram) bool { return a.counts.Equals(b.counts) }

// AllCautions lists every kind of warning that the packages of a test declare.
func AllCautions() []Caution {
	var all []Caution
	for _, id := range slices.Sorted(maps.Keys(cautions)) {
		all = append(all, cautions[id])
	}
	return all
}

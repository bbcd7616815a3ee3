package charts

import (
	"slices"
	"strings"
	"testing"

	"ipcbench/results"
)

// TestSeveralNumbersOfPairsHaveAChart, with one line for each transport, and its
// table says where each had the most.
func TestSeveralNumbersOfPairsHaveAChart(t *testing.T) {
	var launches []results.Launch
	for _, of := range []struct {
		spec  string
		rates []float64
	}{{"pipe", []float64{1e6, 1.9e6, 1.7e6}}, {"unix", []float64{4e5, 7e5, 9e5}}} {
		for i, rate := range of.rates {
			l := plain(of.spec, "throughput", 64, results.BytesPerS, rate*64)
			l.Metrics[results.MsgsPerS] = rate
			l.Pairs = []int{1, 2, 8}[i]
			launches = append(launches, l)
		}
	}
	all := chartsOf(likeDefault.run(), launches)
	i := slices.IndexFunc(all, func(c Chart) bool { return strings.HasPrefix(c.Name, "by-pairs-throughput-64B-") })
	if i < 0 {
		t.Fatalf("there is none among %q", chartNames(all))
	}
	c := all[i]
	if !slices.Equal(c.Columns, []string{"transport", "1", "2", "8", "best at"}) || len(c.Rows) != 2 {
		t.Fatalf("%q\n%q", c.Columns, c.Rows)
	}
	if c.Rows[0][0] != "pipe" || c.Rows[0][2] != "122 MB/s" || c.Rows[0][4] != "2" || c.Rows[1][4] != "8" {
		t.Errorf("%q", c.Rows)
	}
	checkLayout(t, c)
}

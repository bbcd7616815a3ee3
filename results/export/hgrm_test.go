package export

import (
	"fmt"
	"strings"
	"testing"

	"ipcbench/results/resultstest"
	"ipcbench/results/summary"
)

// A plotter of HDR histograms reads value and percentile of each line that does not
// begin with a sign of its own, and finds the same quantiles as the table.
func TestHGRMHasTheQuantilesOfTheTable(t *testing.T) {
	d := summary.DistributionOf(resultstest.Histogram(resultstest.Repeat(100, 5000)...).Times(), resultstest.Histogram(resultstest.Repeat(500, 500)...).Times())
	var out strings.Builder
	if err := WriteHGRM(&out, d); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if !strings.HasPrefix(strings.TrimSpace(lines[0]), "Value") || lines[1] != "" {
		t.Errorf("it begins with %q", lines[:2])
	}
	median, last := 0.0, ""
	for _, line := range lines[2:] {
		var value, quantile float64
		if strings.HasPrefix(line, "#") {
			continue
		}
		if _, err := fmt.Sscan(line, &value, &quantile); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if quantile <= 0.5 {
			median = value
		}
		last = line
	}
	if median != d.Quantile(0.5) {
		t.Errorf("the median is %v and in the table %v", median, d.Quantile(0.5))
	}
	if want := "500.000 1.000000000000       5500"; strings.TrimSpace(last) != want {
		t.Errorf("the last line is %q, want %q", strings.TrimSpace(last), want)
	}
	if !strings.Contains(out.String(), "#[Mean    =      300.000, StdDeviation   =      200.000]") {
		t.Errorf("of as much at 100 as at 500 it says\n%s", out.String())
	}
}

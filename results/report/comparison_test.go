package report

import (
	"bytes"
	"strings"
	"testing"

	"ipcbench/results"
	"ipcbench/results/compare"
)

// slower compares the sample's run with one of which everything takes twice as
// long, on a kernel of another name.
func slower(t testing.TB, kernel string) compare.Comparison {
	t.Helper()
	oldRun, oldLaunches := sample(t)
	newRun, newLaunches := sample(t)
	newRun.Name, newRun.Host["kernel"] = "20261124T101500Z-3c4d", kernel
	for i := range newLaunches {
		for metric, value := range newLaunches[i].Metrics {
			if results.LookupMetric(metric).More {
				newLaunches[i].Metrics[metric] = value / 2
			} else {
				newLaunches[i].Metrics[metric] = value * 2
			}
		}
	}
	newLaunches = append(newLaunches, results.Launch{Cell: cell("mq", "latency", 64), Launch: 1, Status: results.OK, Metrics: map[string]float64{results.RTTP50: 1}})
	c, err := compare.Runs([]compare.Run{{Run: oldRun, Launches: oldLaunches}}, []compare.Run{{Run: newRun, Launches: newLaunches}}, compare.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func comparisonPageOf(t testing.TB, c compare.Comparison) string {
	t.Helper()
	var page bytes.Buffer
	if err := WriteComparison(&page, c); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

func TestThePageHoldsTheComparison(t *testing.T) {
	c := slower(t, "6.20.1")
	page := comparisonPageOf(t, c)
	elements := parse(t, page)
	for _, want := range []string{
		"2.0× slower", "Verdicts hold within these two runs", "20261123T101500Z-1a2b", "20261124T101500Z-3c4d", "6.20.1",
		`<td class="bad">slower</td>`, " µs", "500 k/s", "mq 64 B same-llc, latency: there is none on the old side",
		"no control whether the machine changed", "Mann-Whitney",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if elements["svg"] != 1 {
		t.Errorf("%d pictures", elements["svg"])
	}
}

func TestHostileTextsInAComparison(t *testing.T) {
	const hostile = `"><script>alert(1)</script><img src=x onerror='alert(1)'>&`
	c := slower(t, hostile)
	c.Headline, c.Old, c.New, c.Warnings = hostile, hostile, hostile, []string{hostile}
	page := comparisonPageOf(t, c)
	elements := parse(t, page)
	if elements["script"] > 1 || elements["img"] > 0 {
		t.Error("a text became an element")
	}
	if !strings.Contains(page, "&lt;script&gt;alert(1)&lt;/script&gt;") {
		t.Error("the text is not on the page at all")
	}
}

func TestNothingToCompare(t *testing.T) {
	if elements := parse(t, comparisonPageOf(t, compare.Comparison{Headline: "nothing"})); elements["svg"] > 0 {
		t.Error("nothing is drawn")
	}
}

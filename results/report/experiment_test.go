package report

import (
	"bytes"
	"strings"
	"testing"

	"ipcbench/results/experiment"
)

// experimentOf has a variant that is compared and one that could not be made.
func experimentOf(t testing.TB) experiment.Outcome {
	t.Helper()
	return experiment.Outcome{
		Record: experiment.Record{
			Name: "disks", Question: "Which disk?", About: "In images.", File: "disks.toml", Text: "rounds = 6\n", Rounds: 6, Run: []string{"pipe"},
			Variants: []experiment.VariantRecord{{Name: "ext4", Steps: []string{"mkfs.ext4 -q"}}, {Name: "xfs^2"}, {Name: "absent", Skipped: "no mkfs"}},
			Turns:    []experiment.TurnRecord{{Round: 1, Variant: "ext4", Run: "01-ext4"}, {Round: 1, Variant: "xfs^2", Run: "01-xfs"}},
		},
		Against: []experiment.Against{{Variant: "xfs^2", Comparison: slower(t, "6.20.1").Primary()}, {Variant: "absent", Without: "cannot be made here: no mkfs"}},
	}
}

func experimentPageOf(t testing.TB, o experiment.Outcome) string {
	t.Helper()
	var page bytes.Buffer
	if err := WriteExperiment(&page, o); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

func TestThePageOfAnExperiment(t *testing.T) {
	page := experimentPageOf(t, experimentOf(t))
	elements := parse(t, page)
	for _, want := range []string{
		"<h1>Which disk?</h1>", "xfs^2 differs from ext4 in these few runs, which tell nothing of others; absent is not compared", "In images.",
		`<a href="#variant-1">▼ 2.0×</a>`, `<section id="variant-1">`, `href="compare-xfs%5e2.html"`, "by-much",
		"cannot be made here: no mkfs", "mkfs.ext4 -q", "All of it was put back", "rounds = 6", "ipcbench experiment disks.toml", "6.20.1", "no control whether the machine changed",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if elements["svg"] != 1 {
		t.Errorf("%d pictures, want one of each variant that is compared", elements["svg"])
	}
}

func TestHostileTextsOfAnExperiment(t *testing.T) {
	const hostile = `"><script>alert(1)</script><img src=x onerror='alert(1)'>&`
	before := parse(t, experimentPageOf(t, experimentOf(t)))
	o := experimentOf(t)
	o.Question, o.About, o.Text, o.Name, o.File = hostile, hostile, hostile, hostile, hostile
	o.Variants[0].Name, o.Variants[0].Steps[0], o.Against[0].Variant, o.Turns[0].Failed = hostile, hostile, hostile, hostile
	after := parse(t, experimentPageOf(t, o))
	for _, element := range []string{"script", "img"} {
		if after[element] != before[element] {
			t.Errorf("a text became a %s", element)
		}
	}
}

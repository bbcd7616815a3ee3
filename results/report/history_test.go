package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"ipcbench/results"
	"ipcbench/results/history"
)

// TestThePageHoldsTheHistory has names that would be markup.
func TestThePageHoldsTheHistory(t *testing.T) {
	b, err := history.NewBuilder(history.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		run, _ := sample(t)
		run.Name, run.Started = fmt.Sprintf("<b>n%02d", i), run.Started.AddDate(0, 0, i)
		level := 5000.0
		run.Host = map[string]string{"mitigations": "auto"}
		if i >= 20 {
			level, run.Host["mitigations"] = 6000, "<script>off</script>"
		}
		var launches []results.Launch
		for n := range 3 {
			launches = append(launches, results.Launch{
				Cell: cell("pipe", "latency", 64), Launch: n + 1, Status: results.OK,
				Metrics: map[string]float64{results.RTTP50: level + float64(10*n+i%7)},
			})
		}
		if err := b.Add(run, launches); err != nil {
			t.Fatal(err)
		}
	}
	h, err := b.History()
	if err != nil {
		t.Fatal(err)
	}
	var written bytes.Buffer
	if err := WriteHistory(&written, h); err != nil {
		t.Fatal(err)
	}
	page := written.String()
	elements := parse(t, page)
	for _, want := range []string{"1 change in 1 of 1 cell over 40 runs", `<td class="bad">slower</td>`, "&lt;b&gt;n20", "mitigations", "seeded binary segmentation"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if elements["svg"] != 1 || elements["script"] != 1 || elements["b"] != 0 {
		t.Errorf("%v", elements)
	}
}

package charts

import (
	"bytes"
	"fmt"
	"image/png"
	"math"
	"strings"
	"testing"

	"ipcbench/results"
	"ipcbench/results/history"
)

// pastOf has so many runs of so many cells with 8 launches each: every third cell
// gets slower by 10 % in the middle, and all runs say what the floor was.
func pastOf(t testing.TB, runs, cells int) history.History {
	t.Helper()
	b, err := history.NewBuilder(history.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range runs {
		run := results.Run{Name: fmt.Sprintf("n%04d", i), Started: small.run().Started.AddDate(0, 0, i)}
		run.Floors = []results.Floor{{Name: results.ClockFloor, NS: 25 * (1 + 0.01*math.Sin(float64(i*i)))}}
		var launches []results.Launch
		for c := range cells {
			ns := 5000 * (1 + 0.01*math.Sin(float64(i*i+c)))
			if c%3 == 0 && i >= runs/2 {
				ns *= 1.1
			}
			cell := results.Cell{Transport: fmt.Sprintf("pipe:n=%d", c), Family: "pipe", Workload: "latency", SizeBytes: 64, Placement: "same-llc", ProducerCPU: 0, ConsumerCPU: 1, Pairs: 1}
			for n := range 8 {
				launches = append(launches, launchOf(cell, n+1, ns*(1+0.002*float64(n))))
			}
		}
		if err := b.Add(run, launches); err != nil {
			t.Fatal(err)
		}
	}
	h, err := b.History()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHistoryShowsWhatChanged(t *testing.T) {
	chart := History(pastOf(t, 60, 5))
	var svg, picture bytes.Buffer
	if err := chart.WriteHTMLSVG(&svg); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2 changes in 2 of 5 cells over 60 runs", "pipe:n=0 64 B same-llc round trip", "+10\u00a0%", "Slower", "interval", "3 more series are not drawn", "2026-11-"} {
		if !strings.Contains(strings.ReplaceAll(svg.String(), "+10 %", "+10\u00a0%"), want) {
			t.Errorf("the chart has no %q", want)
		}
	}
	if strings.Contains(svg.String(), "pipe:n=1 ") {
		t.Error("a series is drawn that did not change")
	}
	if len(chart.Rows) != 2*2+3+1 {
		t.Errorf("%d rows: one for each segment of a cell and of the floor", len(chart.Rows))
	}
	if err := chart.WritePNG(&picture); err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(&picture); err != nil {
		t.Error(err)
	}
}

// TestHistoryOfMuchIsBounded has more cells than can be drawn, and more runs than
// have room for their intervals.
func TestHistoryOfMuchIsBounded(t *testing.T) {
	chart := History(pastOf(t, 130, 60))
	if n := strings.Count(fmt.Sprint(chart.Caption), "48 more series are not drawn"); n != 1 {
		t.Error(chart.Caption)
	}
	if strings.Contains(chart.Caption, "interval") {
		t.Error("intervals of 130 runs are drawn")
	}
	var svg bytes.Buffer
	if err := chart.WriteSVG(&svg); err != nil || svg.Len() > 1<<20 {
		t.Errorf("%d bytes, %v", svg.Len(), err)
	}
}

// TestHistoryWithoutAChange draws the first series all the same, whatever they are.
func TestHistoryWithoutAChange(t *testing.T) {
	chart := History(pastOf(t, 2, 2))
	var svg bytes.Buffer
	if err := chart.WriteHTMLSVG(&svg); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(svg.String(), "No change is shown in 2 cells over 2 runs") || !strings.Contains(svg.String(), "pipe:n=1") {
		t.Errorf("%s", chart.Title)
	}
}

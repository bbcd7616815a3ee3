package history

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"ipcbench/results"
	"ipcbench/results/compare"
	"ipcbench/results/resultstest"
)

// A night is one run that is being made.
type night struct {
	results.Run
	launches []results.Launch
}

func (n *night) add(cell results.Cell, metric string, median float64) {
	n.launches = append(n.launches, resultstest.Of(cell, metric, 0.99*median, median, 1.01*median)...)
}

func (n *night) floor(name string, cpus []int, ns float64) {
	n.Floors = append(n.Floors, results.Floor{Name: name, CPUs: cpus, NS: ns, Samples: []results.Sample{{NS: ns}}})
}

// nights makes so many runs, a day apart, as fill says, and adds them in any order.
func nights(t *testing.T, o Options, n int, fill func(i int, n *night)) (History, error) {
	t.Helper()
	b, err := NewBuilder(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range rand.New(rand.NewPCG(7, 8)).Perm(n) {
		run := night{Run: results.Run{Schema: results.Schema, Name: fmt.Sprintf("n%03d", i), Version: "v1", Host: map[string]string{"cpu": "Example 9000"}, Started: time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC).AddDate(0, 0, i)}}
		fill(i, &run)
		if err := b.Add(run.Run, run.launches); err != nil {
			t.Fatal(err)
		}
	}
	return b.History()
}

func mustNights(t *testing.T, n int, fill func(i int, n *night)) History {
	t.Helper()
	h, err := nights(t, Options{}, n, fill)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// wobble is a level that no two nights have quite the same.
func wobble(i int, level float64) float64 { return level * (1 + 0.002*math.Sin(float64(i*i))) }

func after(i, at int, before, after float64) float64 {
	if i >= at {
		return after
	}
	return before
}

var pipeCell = resultstest.Cell("pipe", "latency", 64, "same-llc")

func TestAChangeIsToldWithItsRunAndWhatDiffers(t *testing.T) {
	h := mustNights(t, 60, func(i int, n *night) {
		n.add(pipeCell, results.RTTP50, wobble(i, after(i, 40, 5000, 5500)))
		n.Host["kernel"] = fmt.Sprintf("6.12.%d", i)
		n.Host["thp"] = []string{"always", "never"}[i%2]
		n.Host["mitigations"] = "off"
		if i >= 39 { // one night off: the place of a change is known to 2
			n.Host["mitigations"] = "auto"
		}
		n.Host["loadavg"] = fmt.Sprint(i)
	})
	findings := h.Findings()
	if len(findings) != 1 {
		t.Fatalf("%d changes: %s", len(findings), h.Headline)
	}
	f := findings[0]
	if h.Runs[f.After].Name != "n040" || h.Runs[f.Before].Name != "n039" || f.Verdict != compare.Slower || math.Abs(f.Effect.Change-0.1) > 0.005 {
		t.Errorf("%+v", f)
	}
	want := []Difference{{compare.Difference{Key: "mitigations", Old: "off", New: "auto"}, false}, {compare.Difference{Key: "kernel", Old: "6.12.39", New: "6.12.40"}, true}}
	if !slices.Equal(f.Environment, want) {
		t.Errorf("differs: %+v, not %+v", f.Environment, want)
	}
	if !strings.Contains(h.Headline, "1 change in 1 of 1 cell over 60 runs: pipe 64 B same-llc round trip 10 % slower (5.00 µs → 5.50 µs) from run n040 on") {
		t.Error(h.Headline)
	}
}

func TestARunWithoutACellIsAGap(t *testing.T) {
	h := mustNights(t, 60, func(i int, n *night) {
		n.add(resultstest.Cell("unix", "latency", 64, "same-llc"), results.RTTP50, wobble(i, 9000))
		if i < 20 || i >= 32 {
			n.add(pipeCell, results.RTTP50, wobble(i, after(i, 32, 5000, 5500)))
		}
	})
	s := h.Series[slices.IndexFunc(h.Series, func(s Series) bool { return s.Cell.Transport == "pipe" })]
	if len(s.Points) != 48 || len(s.Changes) != 1 || s.Changes[0].Before != 19 || s.Changes[0].After != 32 {
		t.Errorf("%d points, %+v", len(s.Points), s.Changes)
	}
}

func TestPlacementsAreSeriesOfTheirOwn(t *testing.T) {
	h := mustNights(t, 30, func(i int, n *night) {
		placement := []string{"same-llc", "smt"}[i%2]
		n.add(resultstest.Cell("pipe", "latency", 64, placement), results.RTTP50, after(i%2, 1, 5000, 3000))
	})
	if len(h.Series) != 2 || len(h.Findings()) != 0 {
		t.Errorf("%d series: %s", len(h.Series), h.Headline)
	}
}

func TestOfARateLessIsSlower(t *testing.T) {
	h := mustNights(t, 40, func(i int, n *night) {
		n.add(resultstest.Cell("pipe", "throughput", 64, "same-llc"), results.MsgsPerS, wobble(i, after(i, 20, 1e6, 0.9e6)))
	})
	if f := h.Findings(); len(f) != 1 || f[0].Verdict != compare.Slower || f[0].Metric != results.MsgsPerS {
		t.Errorf("%s", h.Headline)
	}
}

// spun is a cell that the cache line between its CPUs bounds.
func spun(transport string) results.Cell {
	c := resultstest.Cell(transport, "latency", 64, "same-llc")
	c.Wait, c.Waits = "spin", "spin"
	return c
}

func TestAFloorTellsThatTheMachineChanged(t *testing.T) {
	for name, c := range map[string]struct {
		floorAt int
		floor   float64 // the cache line after, as a ratio
		want    compare.Verdict
		because string
	}{
		"as far":          {40, 1.1, compare.MachineChanged, `^the cache-line round trip between CPUs 0 and 1 became 10 % slower`},
		"one run off":     {41, 1.1, compare.MachineChanged, ""},
		"not as far":      {40, 1.03, compare.Slower, "which is not as much"},
		"the other way":   {40, 0.9, compare.Slower, ""},
		"at another time": {20, 1.1, compare.Slower, ""},
	} {
		h := mustNights(t, 70, func(i int, n *night) {
			n.add(spun("mmap"), results.RTTP50, wobble(i, after(i, 40, 200, 220)))
			n.floor(results.CacheLineFloor, []int{0, 1}, wobble(i+1, after(i, c.floorAt, 80, 80*c.floor)))
		})
		f := h.Findings()
		if len(f) != 1 || f[0].Verdict != c.want || !strings.Contains(f[0].Because, strings.TrimPrefix(c.because, "^")) {
			t.Errorf("%s: %s: %+v", name, h.Headline, f)
		}
	}
}

func TestWhatMostCellsShareIsTheMachines(t *testing.T) {
	for moved, want := range map[int]compare.Verdict{6: compare.MachineChanged, 5: compare.MachineChanged, 3: compare.Slower} {
		h := mustNights(t, 60, func(i int, n *night) {
			for cell := range 6 {
				level := 5000.0
				if cell < moved {
					level = after(i, 30, 5000, 5500)
				}
				n.add(resultstest.Cell(fmt.Sprintf("pipe:n=%d", cell), "latency", 64, "same-llc"), results.RTTP50, wobble(i+cell, level))
			}
		})
		findings := h.Findings()
		if len(findings) != moved {
			t.Fatalf("%d moved: %s", moved, h.Headline)
		}
		for _, f := range findings {
			if f.Verdict != want {
				t.Errorf("%d of 6 moved: %s because %q", moved, f.Verdict, f.Because)
			}
		}
	}
}

func TestOtherMachinesAreRefused(t *testing.T) {
	other := func(i int, n *night) {
		n.add(pipeCell, results.RTTP50, wobble(i, 5000))
		if i >= 10 {
			n.Host["cpu"] = "Other 1"
		}
	}
	moved := func(i int, n *night) {
		cell := pipeCell
		if i >= 10 {
			cell.ConsumerCPU = 3
		}
		n.add(cell, results.RTTP50, wobble(i, 5000))
	}
	for what, fill := range map[string]func(int, *night){"different hardware: cpu is Example 9000 in n000 and Other 1 in n010": other, "different placement: same-llc is CPUs 0-": moved} {
		if _, err := nights(t, Options{}, 20, fill); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v, not %s", err, what)
		}
		h, err := nights(t, Options{Force: true}, 20, fill)
		if err != nil || len(h.Warnings) != 1 || !strings.Contains(h.Warnings[0], what) {
			t.Errorf("by force: %v %v", err, h.Warnings)
		}
	}
}

func TestTheSameRunIsTakenOnce(t *testing.T) {
	b, _ := NewBuilder(Options{})
	launches := resultstest.Of(pipeCell, results.RTTP50, 1, 2, 3)
	if err := b.Add(resultstest.Run, launches); err != nil {
		t.Fatal(err)
	}
	if _, err := b.History(); err == nil {
		t.Error("one run is a history")
	}
	if err := b.Add(resultstest.Run, launches); err == nil || !strings.Contains(err.Error(), "given twice") {
		t.Error(err)
	}
}

func TestTooFewRunsAreSaidToBe(t *testing.T) {
	h := mustNights(t, 9, func(i int, n *night) { n.add(pipeCell, results.RTTP50, after(i, 5, 5000, 9000)) })
	if len(h.Findings()) != 0 || len(h.Warnings) != 1 || !strings.Contains(h.Warnings[0], "1 of 1 cells have too few runs") {
		t.Error(h.Headline, h.Warnings)
	}
}

func TestTheFormsAgree(t *testing.T) {
	h := mustNights(t, 60, func(i int, n *night) {
		n.add(pipeCell, results.RTTP50, wobble(i, after(i, 40, 5000, 5500)))
		n.Labels = map[string]string{"config": "=" + []string{"a", "b"}[int(after(i, 40, 0, 1))]}
	})
	var text, asJSON, csv bytes.Buffer
	if err := WriteText(&text, h, 160, func(_ compare.Verdict, words string) string { return "<" + words + ">" }); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{h.Headline + "\n", "n040 ", "2026-02-10", "+10 %", "<slower>", "label.config =a → =b"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text has no %q:\n%s", want, &text)
		}
	}
	if err := WriteJSON(&asJSON, h); err != nil {
		t.Fatal(err)
	}
	var document struct {
		Headline string
		Runs     []struct{ Name string }
		Changes  []struct {
			Run         string
			RunBefore   string `json:"run_before"`
			Index       int
			Change      float64
			Verdict     string
			Environment []struct{ Key string }
		}
		Series []struct {
			Points []struct{ Index, Launches int }
		}
	}
	if err := json.Unmarshal(asJSON.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	if c := document.Changes; len(c) != 1 || c[0].Run != "n040" || c[0].RunBefore != "n039" || c[0].Index != 40 || c[0].Verdict != "slower" || len(c[0].Environment) != 1 {
		t.Errorf("%+v", c)
	}
	if len(document.Runs) != 60 || len(document.Series) != 1 || len(document.Series[0].Points) != 60 || document.Series[0].Points[0].Launches != 3 {
		t.Errorf("%d runs, %+v", len(document.Runs), document.Series)
	}
	if err := WriteCSV(&csv, h); err != nil {
		t.Fatal(err)
	}
	if _, rows := resultstest.ReadCSV(t, csv.String()); len(rows) != 1 || rows[0]["run"] != "n040" || rows[0]["transport"] != "pipe" || rows[0]["started"] != "2026-02-10T03:00:00Z" {
		t.Errorf("%v", rows)
	}
}

// TestNearLaunchesStandForACell has nights on which the machine now has the CPUs
// near each other and now far apart.
func TestNearLaunchesStandForACell(t *testing.T) {
	h := mustNights(t, 40, func(i int, n *night) {
		far := 3 + i%3
		for k := range 10 {
			l := resultstest.OK(spun("mmap"), k+1, results.RTTP50, wobble(i+k, 200))
			l.CacheLineNS = []float64{50 + float64(k%3), 50}
			if k < far {
				l.Metrics[results.RTTP50] *= 5
				l.CacheLineNS = []float64{300 + float64(k), 300}
			}
			n.launches = append(n.launches, l)
		}
	})
	for _, p := range h.Series[0].Points {
		if math.Abs(p.Median/200-1) > 0.01 || p.Launches > 7 {
			t.Fatalf("%+v", p)
		}
	}
}

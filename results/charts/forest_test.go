package charts

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"ipcbench/results"
	"ipcbench/results/compare"
	"ipcbench/results/effect"
)

// changed makes two runs of a synthetic plan, of which the second takes so
// many times as long in the i-th cell, and compares them.
func changed(t testing.TB, s synthetic, times func(i int) float64) compare.Comparison {
	t.Helper()
	random := rand.New(rand.NewPCG(s.seed, 3))
	old, new := compare.Run{Run: s.run()}, compare.Run{Run: s.run()}
	new.Name, new.Host["kernel"] = "20261124T101500Z-3c4d", "6.20.1"
	for i, cell := range s.cells() {
		cv := []float64{0.01, 0.02, 0.005, 0.08}[i%4]
		for n := range s.launches {
			before := typicalNS(cell) * math.Exp(cv*random.NormFloat64())
			after := typicalNS(cell) * math.Exp(cv*random.NormFloat64()) * times(i)
			old.Launches = append(old.Launches, launchOf(cell, n+1, before))
			new.Launches = append(new.Launches, launchOf(cell, n+1, after))
		}
	}
	c, err := compare.Runs([]compare.Run{old}, []compare.Run{new}, compare.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func launchOf(cell results.Cell, n int, ns float64) results.Launch {
	metrics := map[string]float64{results.RTTP50: ns}
	if cell.Workload == "throughput" {
		metrics = map[string]float64{results.MsgsPerS: 1e9 / ns}
	}
	return results.Launch{Cell: cell, Launch: n, Status: results.OK, Metrics: metrics}
}

// someChanges has a row of each verdict.
func someChanges(t testing.TB) compare.Comparison {
	few := small
	few.sizes, few.launches = []int{64}, 10
	c := changed(t, few, func(i int) float64 { return []float64{1, 0.93, 1.01, 1.12, 1, 1.06}[i%6] })
	c.Rows[3].Verdict = compare.MachineChanged
	return c
}

func forestOf(t testing.TB, c compare.Comparison) Chart {
	t.Helper()
	chart, ok := Forest(c)
	if !ok {
		t.Fatal("nothing to draw")
	}
	return chart
}

func TestForestSaysToWhichSideFasterIs(t *testing.T) {
	_, texts := parse(t, svgText(t, forestOf(t, someChanges(t))))
	latency, throughput := slices.Index(texts, "Round trip, p50, same-llc"), slices.Index(texts, "Messages per second, same-llc")
	if latency < 0 || throughput < 0 {
		t.Fatalf("the panels have no headings: %q", texts)
	}
	for _, want := range []string{"← faster", "slower →", "← slower", "faster →"} {
		if !slices.Contains(texts, want) {
			t.Errorf("%q is not said", want)
		}
	}
}

func TestForestColoursWhatChanged(t *testing.T) {
	c := someChanges(t)
	svg := string(svgText(t, forestOf(t, c)))
	for i, r := range c.Rows {
		ink := toneLooks[r.Verdict.Judgement().Tone].color
		if !strings.Contains(svg, hex(ink)) {
			t.Errorf("row %d: nothing is drawn as %s", i, r.Verdict)
		}
	}
	if toneLooks[compare.Good].color == toneLooks[compare.Bad].color {
		t.Error("faster and slower look alike")
	}
}

func TestForestSaysWhatItLeavesOut(t *testing.T) {
	many := likeDefault
	many.specs = append(manySpecs(8), many.specs...)
	c := changed(t, many, func(i int) float64 { return 1 + float64(i%5)/10 })
	chart := forestOf(t, c)
	if want := len(c.Rows); len(chart.Rows) != want {
		t.Errorf("the table has %d rows of %d", len(chart.Rows), want)
	}
	if left := len(c.Rows) - 2*forestRows; !strings.Contains(chart.Caption, cellsLeftOut(left)) {
		t.Errorf("the caption does not say that %d cells are not drawn: %s", left, chart.Caption)
	}
	checkLayout(t, chart)
}

// TestForestDrawsChangesBeforeNoise has a cell of which nothing can be told,
// though its median is far off, among more changes than there is room for.
func TestForestDrawsChangesBeforeNoise(t *testing.T) {
	var rows []compare.Row
	for range forestRows {
		rows = append(rows, compare.Row{Verdict: compare.Faster, Effect: effect.Effect{Change: -0.1}})
	}
	rows = append([]compare.Row{{Verdict: compare.Noisy, Effect: effect.Effect{Change: 5}}}, rows...)
	if kept := largest(rows); kept[0] || len(kept) != forestRows {
		t.Errorf("of %d rows %d are drawn, the noisy one: %v", len(rows), len(kept), kept[0])
	}
}

// A change of nine times must not be drawn as far as it is from no change in
// percent: that would squash all others, and to the faster side be next to
// nothing.
func TestForestOfLargeChangesIsAsFarToEitherSide(t *testing.T) {
	few := small
	few.launches = 10
	for _, times := range []float64{9, 1.0 / 9} {
		c := changed(t, few, func(int) float64 { return times })
		lo, hi := ratioRange(c.Rows, 0.05)
		if far := math.Log(hi) / -math.Log(lo); far < 0.9 || far > 1.1 { // rates go to the other side
			t.Errorf("%v times: from %v to %v", times, lo, hi)
		}
		_, texts := parse(t, svgText(t, forestOf(t, c)))
		for _, tick := range []string{"÷8", "÷2", "×2", "×8"} {
			if !slices.Contains(texts, tick) {
				t.Errorf("%v times: no tick at %s", times, tick)
			}
		}
	}
}

func TestForestCutsIntervalsThatSayNothing(t *testing.T) {
	rows := []compare.Row{
		{Verdict: compare.Slower, Effect: effect.Effect{Change: 0.1, Lo: 0.08, Hi: 0.12}},
		{Verdict: compare.Noisy, Effect: effect.Effect{Change: 0.05, Lo: -0.9, Hi: 40}},
	}
	if lo, hi := ratioRange(rows, 0.05); lo < 0.75 || hi > 1.3 {
		t.Errorf("the axis reaches from %v to %v for a cell that is too noisy to tell", lo, hi)
	}
}

func TestForestOfOddComparisons(t *testing.T) {
	nan := math.NaN()
	odd := func(change, lo, hi float64) compare.Comparison {
		c := someChanges(t)
		for i := range c.Rows {
			c.Rows[i].Effect = effect.Effect{Change: change, Lo: lo, Hi: hi, P: nan, Corrected: nan}
		}
		return c
	}
	long := small
	long.specs = []string{strings.Repeat("long", 40), "mmap:api=inplace,sync=async,wait=hybrid-with-a-long-name-that-needs-several-lines,x=y"}
	long.dirs, long.launches = []string{"/a/very/long/name/of/a/directory/that/goes/on/and/on/and/has/no/end"}, 10
	hostile := someChanges(t)
	for i := range hostile.Rows {
		hostile.Rows[i].Cell.Transport = "x</text><script>alert('1')</script>&\x00\xff\""
	}
	hostile.Setting, hostile.Old = hostile.Rows[0].Cell.Transport, hostile.Rows[0].Cell.Transport
	for name, c := range map[string]compare.Comparison{
		"no ratio":      odd(nan, nan, nan),
		"no interval":   odd(0.5, nan, nan),
		"nothing left":  odd(-1, -1, -1),
		"no end":        odd(math.Inf(1), 0, math.Inf(1)),
		"no change":     odd(0, 0, 0),
		"twelve powers": odd(1e12, 1, 1e13),
		"long names":    changed(t, long, func(int) float64 { return 1.2 }),
		"hostile names": hostile,
	} {
		t.Run(name, func(t *testing.T) {
			chart := forestOf(t, c)
			if elements, _ := parse(t, written(t, chart.WriteSVG)); elements["script"] > 0 {
				t.Error("a name became an element")
			}
			if name != "hostile names" {
				checkLayout(t, chart)
			}
			if svg := string(svgText(t, chart)); strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
				t.Error("has a number that is none")
			}
		})
	}
	if _, ok := Forest(compare.Comparison{}); ok {
		t.Error("nothing is drawn as something")
	}
}

func TestSameComparisonSamePicture(t *testing.T) {
	c := someChanges(t)
	if !bytes.Equal(svgText(t, forestOf(t, c)), svgText(t, forestOf(t, c))) {
		t.Error("the picture differs between two drawings")
	}
}

func TestPercentTicks(t *testing.T) {
	var labels []string
	for _, tick := range percentTicks(6).Ticks(0.78, 1.11) {
		labels = append(labels, tick.Label)
	}
	if want := []string{"−20\u00a0%", "−10\u00a0%", "0\u00a0%", "+10\u00a0%"}; !slices.Equal(labels, want) {
		t.Errorf("ticks %q, want %q", labels, want)
	}
}

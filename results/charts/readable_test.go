package charts

import (
	"slices"
	"strings"
	"testing"
)

// everyChartThere is has one of each kind, of made-up runs.
func everyChartThere(t testing.TB) []Chart {
	all := slices.Concat(likeDefault.charts(t), ofEveryTransport(t), chartsOf(setUpRun(), setUpLaunches(7)), works(t, worked, everyAmount...))
	return append(all, everySize(t), loaded(t), ofPairs(t), ofBatches(t), wideForest(t), History(pastOf(t, 60, 4)), Cores(someCores(smallServer)), ofTrials(t, "power-noisy.md", 8))
}

// TestEachChartSaysWhichWayIsBetter.
func TestEachChartSaysWhichWayIsBetter(t *testing.T) {
	for _, c := range everyChartThere(t) {
		_, texts := parse(t, svgText(t, c))
		said := strings.Join(texts[2:], " ") // without those that are read aloud
		if !strings.Contains(said, "is better") && !strings.Contains(said, "faster →") {
			t.Errorf("%s does not say it", c.Name)
		}
	}
}

// TestNoLineIsDrawnThroughWhatWasNotMeasured: three sizes are points, and powers of
// two in a row are a line.
func TestNoLineIsDrawnThroughWhatWasNotMeasured(t *testing.T) {
	for name, c := range map[string]struct {
		values []float64
		want   bool
	}{
		"three sizes":   {[]float64{64, 4096, 65536}, false},
		"two":           {[]float64{1, 2}, false},
		"powers of two": {[]float64{64, 128, 256, 512}, true},
		"one gap":       {[]float64{1, 2, 4, 8, 1024}, false},
	} {
		if got := dense(c.values); got != c.want {
			t.Errorf("%s: a line is drawn: %v", name, got)
		}
	}
	const dots = "nothing was measured between"
	if c := named(t, likeDefault.charts(t), "latency-same-llc"); !strings.Contains(c.Caption, dots) {
		t.Errorf("it is not said of three sizes: %s", c.Caption)
	}
	if c := everySize(t); strings.Contains(c.Caption, dots) {
		t.Errorf("it is said of 15 sizes: %s", c.Caption)
	}
}

// TestLaunchesComeFirstAndAtEverySize that is drawn.
func TestLaunchesComeFirstAndAtEverySize(t *testing.T) {
	all := likeDefault.charts(t)
	for i, size := range []string{"64B", "4KiB", "64KiB"} {
		if want := "launches-latency-" + size; all[i].Name != want || all[i].Again != (i > 0) {
			t.Errorf("chart %d is %s, and not %s", i, all[i].Name, want)
		}
	}
}

// TestNoChartHasOneRow: it would be a line of the table.
func TestNoChartHasOneRow(t *testing.T) {
	one := likeDefault
	one.specs, one.placements, one.sizes, one.dirs = []string{"mmap:wait=futex"}, []string{"same-llc"}, []int{64}, []string{"/tmp", "/dev/shm"}
	for _, c := range one.charts(t) {
		if strings.HasPrefix(c.Name, "filesystems-") {
			t.Errorf("%s has one row", c.Name)
		}
	}
	one.dirs = one.dirs[:1]
	for _, c := range one.charts(t) {
		if strings.HasPrefix(c.Name, "launches-") {
			t.Errorf("%s has one row", c.Name)
		}
	}
}

// TestEachColumnOfSmallPlotsNamesItsAxis, once.
func TestEachColumnOfSmallPlotsNamesItsAxis(t *testing.T) {
	for _, c := range []Chart{named(t, ofEveryTransport(t), "latency-same-llc"), loaded(t)} {
		_, texts := parse(t, svgText(t, c))
		times := 0
		for _, text := range texts {
			if text == c.figure.below {
				times++
			}
		}
		if times != smallColumns {
			t.Errorf("%s: %q stands %d times", c.Name, c.figure.below, times)
		}
	}
}

// TestAWideIntervalLeavesTheOthersReadable, and says how far it goes.
func TestAWideIntervalLeavesTheOthersReadable(t *testing.T) {
	c := someChanges(t)
	lo, hi := ratioRange(c.Rows, 0.05)
	c.Rows[1].Effect.Hi = 38
	if wideLo, wideHi := ratioRange(c.Rows, 0.05); wideLo < lo*0.95 || wideHi > hi*1.2 {
		t.Errorf("the axis goes from %.2f to %.2f, and from %.2f to %.2f with one that is wide", lo, hi, wideLo, wideHi)
	}
	_, texts := parse(t, svgText(t, forestOf(t, c)))
	if !slices.Contains(texts, "×39") {
		t.Errorf("how far it goes is not at the edge: %q", texts)
	}
}

// TestALineTooShortForAPercentileHasAMark, or nothing would tell it from others.
func TestALineTooShortForAPercentileHasAMark(t *testing.T) {
	for n := 1; n < 4; n++ {
		points := make([]point, n)
		if marked := atNines(points); !marked(n - 1) {
			t.Errorf("%d points have none", n)
		}
	}
}

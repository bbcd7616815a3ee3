package results_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"

	"ipcbench/results"
	"ipcbench/results/resultstest"
)

func TestQuantileIsTheTimeOfTheCeilingRank(t *testing.T) {
	times := make([]int64, 100)
	for i := range times {
		times[i] = int64(i + 1)
	}
	h := resultstest.Histogram(times...)
	for percent := 1; percent <= 90; percent++ {
		if ns, ok := h.Quantile(float64(percent) / 100); !ok || ns != float64(percent) {
			t.Errorf("%d %% of 1..100 do not exceed %v (%v), want %d", percent, ns, ok, percent)
		}
	}
	if ns, ok := h.Quantile(0.505); !ok || ns != 51 {
		t.Errorf("quantile 0.505 of 1..100 is %v (%v), want 51: the rank is rounded up", ns, ok)
	}
}

func TestQuantileOfManyTimesIsWithinOneInAThousand(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	times := resultstest.Around(rng, 50_000, 20_000)
	h := resultstest.Histogram(times...)
	slices.Sort(times)
	for _, q := range []float64{0, 0.1, 0.5, 0.9, 0.99, 0.999} {
		exact := float64(times[max(0, results.QuantileRank(q, int64(len(times)))-1)])
		ns, ok := h.Quantile(q)
		if !ok || ns < exact || ns > exact*1.001 {
			t.Errorf("quantile %v is %v (%v), want %v and at most a thousandth more", q, ns, ok, exact)
		}
	}
	if h.Min() != times[0] || h.Max() != times[len(times)-1] {
		t.Errorf("extremes %d, %d are not the exact %d, %d", h.Min(), h.Max(), times[0], times[len(times)-1])
	}
}

func TestMergeIsAsIfAllWereRecordedInOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 20 {
		a, b := resultstest.Around(rng, 1e3, 1+rng.IntN(500)), resultstest.Around(rng, 1e6, rng.IntN(500))
		merged, all := resultstest.Histogram(a...), resultstest.Histogram(append(a, b...)...)
		if err := merged.Merge(resultstest.Histogram(b...)); err != nil {
			t.Fatal(err)
		}
		if !results.SameCounts(merged, all) || merged.Min() != all.Min() || merged.Max() != all.Max() {
			t.Fatal("a merged histogram differs from one of all the times")
		}
	}
}

func TestDecodeGivesBackWhatWasEncoded(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, times := range [][]int64{nil, {0}, {1}, {results.HistogramMaxNS}, resultstest.Around(rng, 100, 1000), resultstest.Around(rng, 1e9, 1000)} {
		before := resultstest.Histogram(times...)
		encoded, err := before.Encode()
		if err != nil {
			t.Fatal(err)
		}
		after, err := results.DecodeHistogram(encoded)
		if err != nil {
			t.Fatal(err)
		}
		if !results.SameCounts(after, before) || after.Mean() != before.Mean() {
			t.Errorf("%d times came back different", len(times))
		}
		if after.Min() > before.Min() || after.Max() < before.Max() || float64(after.Max()) > 1.001*float64(before.Max()) {
			t.Errorf("extremes %d, %d came back as %d, %d", before.Min(), before.Max(), after.Min(), after.Max())
		}
	}
}

func TestDecodeRefusesAHistogramOfAnotherRange(t *testing.T) {
	foreign, err := hdrhistogram.New(1, 1e6, 2).EncodeV2()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := results.DecodeHistogram(string(foreign)); err == nil || !strings.Contains(err.Error(), "2 digits") {
		t.Errorf("a histogram of two digits was taken for one of three: %v", err)
	}
}

func FuzzDecodeHistogram(f *testing.F) {
	whole, err := resultstest.Histogram(resultstest.Around(rand.New(rand.NewPCG(9, 9)), 1e5, 100)...).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add("")
	f.Add("HISTFAAA")
	f.Fuzz(func(t *testing.T, encoded string) {
		h, err := results.DecodeHistogram(encoded)
		if err != nil {
			return
		}
		if _, err := h.Encode(); err != nil {
			t.Errorf("what was decoded cannot be encoded: %v", err)
		}
		times, err := results.DecodeTimes(encoded)
		if err != nil || times.Count() != h.Count() {
			t.Errorf("%d times of %d are read (%v)", times.Count(), h.Count(), err)
		}
		for _, q := range []float64{0, 0.5, 0.99} {
			ns, ok := h.Quantile(q)
			if read, told := times.Quantile(q); read != ns || told != ok {
				t.Errorf("the quantile %v is %v (%v), and of the times read %v (%v)", q, ns, ok, read, told)
			}
		}
	})
}

func TestRecordDoesNotAllocate(t *testing.T) {
	h := results.NewHistogram()
	ns := int64(0)
	if allocations := testing.AllocsPerRun(1000, func() { ns += 12_345; h.Record(ns); h.Record(-ns) }); allocations != 0 {
		t.Errorf("recording allocates %v times", allocations)
	}
}

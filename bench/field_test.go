package bench_test

import (
	"math"
	"testing"

	"ipcbench/results"
)

// Half of a round trip was printed as latency, under the same name as whole
// ones: in sockperf's issue 172, in iceperf, in rigtorp's benchmark and in some
// of lmbench's programs. Here the mean times the number of round trips is the
// time that they took, but for the stamps' own cost.
func TestARoundTripIsNeverHalved_sockperf172(t *testing.T) {
	p := smallPlan(t, "pipe", "unix:type=seqpacket", "mmap:wait=futex", "file:wait=inotify")
	p.Messages, p.Launches = 5000, 1
	for _, l := range measure(t, p) {
		if l.Status != results.OK {
			t.Errorf("%s: %s", l.Transport, l.Reason)
			continue
		}
		hist, err := results.DecodeHistogram(l.Histograms[results.RoundTrips])
		if err != nil {
			t.Fatal(err)
		}
		stamps := float64(hist.Count()) * l.Workers[0].StampNS
		whole := l.Metrics[results.RTTMean]*float64(l.Messages) + stamps
		if math.Abs(whole/float64(l.ElapsedNS)-1) > 1e-6 {
			t.Errorf("%s: %d round trips of %v ns and the stamps are %v ns of %d", l.Transport, l.Messages, l.Metrics[results.RTTMean], whole, l.ElapsedNS)
		}
	}
}

// The means of batches were taken for single round trips, so that there was no
// tail: smithtrenton's benchmark, 3tilley's. Where one in many is stamped here,
// it is still one: the shortest is no longer than the mean.
func TestAStampIsOfOneRoundTrip_smithtrenton_3tilley(t *testing.T) {
	p := smallPlan(t, "null")
	p.Messages, p.Launches = 100_000, 1
	for _, l := range measure(t, p) {
		every := l.Workers[0].StampEvery
		if l.Status != results.OK || every < 2 {
			t.Fatalf("%s: one in %d is stamped, %s", l.Transport, every, l.Reason)
		}
		hist, err := results.DecodeHistogram(l.Histograms[results.RoundTrips])
		if err != nil {
			t.Fatal(err)
		}
		if hist.Count() < l.Messages/every || l.Metrics[results.RTTMin] > l.Metrics[results.RTTMean] {
			t.Errorf("%d stamps, one in %d of %d; the shortest %v ns, the mean %v", hist.Count(), every, l.Messages, l.Metrics[results.RTTMin], l.Metrics[results.RTTMean])
		}
	}
}

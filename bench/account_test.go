package bench

import (
	"strings"
	"testing"

	"ipcbench/bench/workload"
	"ipcbench/results"
	"ipcbench/transports"
)

// The tests of this file, as those of field_test.go, are named after faults
// that other benchmarks had in what they counted.

// accounted makes a launch of 64-byte messages from what its two ends report.
func accounted(t *testing.T, name string, producer, consumer workload.Report) (results.Launch, error) {
	t.Helper()
	spec, err := transports.Parse("pipe")
	if err != nil {
		t.Fatal(err)
	}
	c := Cell{Cell: results.Cell{Transport: "pipe", Workload: name, SizeBytes: 64, ProducerCPU: -1, ConsumerCPU: -1}, Spec: spec}
	w, err := workload.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	launch := results.Launch{Cell: c.Cell, Status: results.OK, Workers: []results.Worker{producer.Worker, consumer.Worker}}
	err = c.account(w, &launch, []workload.Report{producer, consumer}, nil)
	return launch, err
}

// streamed is what the ends of a stream of 1001 messages report: the producer
// was done in 10 µs, and the consumer, from its first message to its last,
// took 1 ms.
func streamed() (producer, consumer workload.Report) {
	producer = workload.Report{Sent: 1001, Ended: 10_000, Counted: 1001}
	consumer = workload.Report{Received: 1001, Counted: 1000, Ended: 1_000_000, Verified: 1001}
	return producer, consumer
}

// The sender's clock stopped when all was buffered.
func TestThroughputIsOfTheReceiver_rigtorp_detailyang(t *testing.T) {
	producer, consumer := streamed()
	l, err := accounted(t, "throughput", producer, consumer)
	if err != nil || l.Messages != 1000 || l.ElapsedNS != 1_000_000 || l.Metrics[results.MsgsPerS] != 1e6 {
		t.Errorf("1000 messages received in 1 ms are %v/s: %+v, %v", l.Metrics[results.MsgsPerS], l, err)
	}
}

// Bytes were counted in both directions.
func TestBytesAreOfOneDirection_shmipcGo(t *testing.T) {
	producer, consumer := streamed()
	l, err := accounted(t, "throughput", producer, consumer)
	if err != nil || l.Bytes != 64_000 || l.Metrics[results.BytesPerS] != 64e6 {
		t.Errorf("1000 messages of 64 bytes in 1 ms are %d bytes, %v/s: %v", l.Bytes, l.Metrics[results.BytesPerS], err)
	}
	l, err = accounted(t, "latency", echoed(t), workload.Report{Received: 1000, Verified: 1000})
	if err != nil || l.Bytes != 64_000 {
		t.Errorf("1000 round trips of 64 bytes are %d bytes, %v", l.Bytes, err)
	}
}

// A send that failed was counted all the same.
func TestWhatWasNotReceivedIsNoResult_interprocess9(t *testing.T) {
	producer, consumer := streamed()
	consumer.Received--
	if _, err := accounted(t, "throughput", producer, consumer); err == nil || !strings.Contains(err.Error(), "1001 messages were sent and 1000 received") {
		t.Errorf("one message of 1001 was lost and the error is %v", err)
	}
}

// What several workers did was added up where it should not have been, and the
// other way round.
func TestCostsAreOfBothEndsAndRatesOfOne_rustyComms120(t *testing.T) {
	producer, consumer := streamed()
	producer.Worker = results.Worker{CPUNS: 1_001_000, Voluntary: 1001, Preempted: 1001, Minor: 2002}
	consumer.Worker = results.Worker{CPUNS: 3_003_000, Voluntary: 1001, Major: 1001}
	l, err := accounted(t, "throughput", producer, consumer)
	if err != nil {
		t.Fatal(err)
	}
	for metric, want := range map[string]float64{
		results.CPUPerMsg: 4000, results.CtxswPer: 3, results.FaultsPer: 3, results.MsgsPerS: 1e6,
	} {
		if got := l.Metrics[metric]; got != want {
			t.Errorf("%s is %v, want %v", metric, got, want)
		}
	}
}

// A round trip was counted as a message, or as two.
func TestARoundTripIsNoMessageRate_goldsborough(t *testing.T) {
	l, err := accounted(t, "latency", echoed(t), workload.Report{Received: 1000, Verified: 1000})
	if _, has := l.Metrics[results.MsgsPerS]; err != nil || has || l.Messages != 1000 {
		t.Errorf("1000 round trips are %d with the metrics %v, %v", l.Messages, l.Metrics, err)
	}
}

// echoed is what the producer of 1000 round trips of 1 µs reports.
func echoed(t *testing.T) workload.Report {
	t.Helper()
	h := results.NewHistogram()
	for range 1000 {
		h.Record(1000)
	}
	encoded, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return workload.Report{
		Sent: 1000, Received: 1000, Counted: 1000, Verified: 1000, Ended: 1_000_000,
		Metrics:    map[string]float64{results.RTTMean: 1000, results.RTTMin: 1000, results.RTTMax: 1000},
		Histograms: map[string]string{results.RoundTrips: encoded},
	}
}

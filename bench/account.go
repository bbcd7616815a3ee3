package bench

import (
	"fmt"

	"ipcbench/results"
	"ipcbench/transports"
)

// account turns what the workers reported into the launch's numbers, or
// refuses: what was lost, ran elsewhere than it should, or was not verified is
// no result.
func (c Cell) account(record *results.Launch, reports []report) error {
	producer, consumer := reports[0], reports[len(reports)-1]
	if producer.Sent != consumer.Received {
		return fmt.Errorf("%d messages were sent and %d received", producer.Sent, consumer.Received)
	}
	if err := c.whereItRan(reports); err != nil {
		return err
	}
	counting := consumer
	if c.Workload == latency.Name {
		counting = producer
	}
	if counting.Elapsed <= 0 || counting.Counted <= 0 {
		return fmt.Errorf("%d messages in %d ns are too few to measure: give it more --messages or a longer --time", counting.Counted, counting.Elapsed)
	}
	record.Messages = counting.Counted
	record.Bytes = record.Messages * int64(c.SizeBytes)
	record.ElapsedNS = counting.Elapsed
	record.SlicesNS = counting.Slices
	record.Verified = producer.Verified
	if len(reports) > 1 {
		record.Verified += consumer.Verified
	}
	record.Metrics = map[string]float64{}
	if c.Workload == latency.Name {
		if err := roundTrips(record, producer); err != nil {
			return err
		}
	} else {
		rate := float64(record.Messages) / (float64(record.ElapsedNS) / 1e9)
		record.Metrics[results.MsgsPerS] = rate
		record.Metrics[results.BytesPerS] = rate * float64(c.SizeBytes)
	}
	costs(record, reports, float64(consumer.Received))
	waits(record, reports)
	record.Warnings = append(record.Warnings, c.interference(record, reports)...)
	return nil
}

// whereItRan compares each worker's place with the plan's.
func (c Cell) whereItRan(reports []report) error {
	for i, side := range c.sides() {
		want, w := c.cpu(side), reports[i].Worker
		if want >= 0 && (!w.Pinned || w.CPU != want) {
			return fmt.Errorf("the %s was pinned to CPU %d and ended on CPU %d: something changed its affinity", side, want, w.CPU)
		}
	}
	return nil
}

// roundTrips fills in what the stamped round trips say.
func roundTrips(record *results.Launch, r report) error {
	hist, err := results.DecodeHistogram(r.Hist)
	if err != nil {
		return err
	}
	record.Histograms = map[string]string{results.RoundTrips: r.Hist}
	record.Metrics[results.RTTMin] = float64(r.Min)
	record.Metrics[results.RTTMax] = float64(r.Max)
	record.Metrics[results.RTTMean] = r.Mean
	for name, q := range map[string]float64{results.RTTP50: 0.5, results.RTTP90: 0.9, results.RTTP99: 0.99, results.RTTP999: 0.999} {
		if ns, ok := hist.Quantile(q); ok {
			record.Metrics[name] = ns
		}
	}
	return nil
}

// costs fills in what each of n messages cost both workers together.
func costs(record *results.Launch, reports []report, n float64) {
	var cpu, switches, faults, moved int64
	known := true
	for _, r := range reports {
		w := r.Worker
		cpu += w.CPUNS
		switches += w.Voluntary + w.Preempted
		faults += w.Minor + w.Major
		if w.Migrations == nil {
			known = false
		} else {
			moved += *w.Migrations
		}
	}
	record.Metrics[results.CPUPerMsg] = float64(cpu) / n
	record.Metrics[results.CtxswPer] = float64(switches) / n
	record.Metrics[results.FaultsPer] = float64(faults) / n
	if known {
		record.Metrics[results.Migrations] = float64(moved)
	}
}

// waits fills in how long both workers waited for their CPUs, if both say.
func waits(record *results.Launch, reports []report) {
	if record.Jitter == nil {
		return
	}
	var waited int64
	for _, r := range reports {
		if r.Worker.WaitNS == nil {
			return
		}
		waited += *r.Worker.WaitNS
	}
	record.Jitter.WaitNS = &waited
}

// handful is how many allocations the Go runtime itself may make, as when it
// starts another thread.
const handful = 10

// interference says where the harness itself was in the way. What has threads of
// its own pays for the Go runtime, and that is its result, as is what it says
// that it allocates or collects.
func (c Cell) interference(record *results.Launch, reports []report) []results.Warning {
	caps := c.Spec.Caps()
	if caps.Has(transports.OwnThreads) {
		return nil
	}
	var warnings []results.Warning
	if why := reports[0].Worker.SharedTable; why != "" {
		warnings = append(warnings, results.SharedTable.With("why", why))
	}
	for i, side := range c.sides() {
		w := reports[i].Worker
		allocated := w.Mallocs > max(handful, record.Messages/100) && !caps.Has(transports.Allocates)
		collected := w.GCs > 0 && !caps.Has(transports.NeedsCollector)
		if allocated || collected {
			warnings = append(warnings, results.Allocated.With("side", side.String(), "mallocs", w.Mallocs, "gcs", w.GCs))
		}
	}
	return warnings
}

package charts

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"ipcbench/results"
)

// batched are launches of durable messages: a sync of 25 µs to 900 µs, and what each
// message takes beside.
func batched(t testing.TB, batches ...int) []results.Launch {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, 2))
	var all []results.Launch
	for _, spec := range []struct {
		name  string
		perNS float64
	}{{"mmap:sync=sync", 60}, {"log:sync=sync", 1400}, {"file:sync=sync", 2900}} {
		for _, place := range []struct {
			dir    string
			syncNS float64
		}{{"/tmp", 900e3}, {"/mnt/xfs", 210e3}} {
			for _, batch := range batches {
				for n := range 6 {
					cell := results.Cell{
						Transport: spec.name, Family: familyOf(spec.name), Group: groupNameOf(spec.name), Waits: string(results.Spins), Workload: "throughput", Placement: "same-llc",
						SizeBytes: 64, ProducerCPU: 0, ConsumerCPU: 1, Pairs: 1, Dir: place.dir, FSType: fstypes[place.dir], Mount: "rw,relatime", Batch: batch, Pushed: results.BySync,
					}
					sync := (place.syncNS + spec.perNS*float64(batch)) * (1 + 0.12*rng.NormFloat64())
					rate := 1e9 * float64(batch) / sync
					all = append(all, results.Launch{Cell: cell, Launch: n + 1, Status: results.OK, Messages: int64(50 * batch), ElapsedNS: int64(50 * sync),
						Metrics: map[string]float64{results.MsgsPerS: rate, results.BytesPerS: 64 * rate, results.SyncNS: sync}})
				}
			}
		}
	}
	return all
}

func TestDurableMessagesByBatch(t *testing.T) {
	run := small.run()
	run.Plan.Specs, run.Plan.Dirs = []string{"mmap:sync=sync", "log:sync=sync", "file:sync=sync"}, []string{"/tmp", "/mnt/xfs"}
	charts := chartsOf(run, batched(t, 1, 4, 16, 64, 256, 1024))
	i := slices.IndexFunc(charts, func(c Chart) bool { return c.Name == "batch-throughput-64B-same-llc" })
	if i < 0 {
		t.Fatalf("no chart by batch in %v", chartNames(charts))
	}
	c := charts[i]
	if len(c.Rows) != 6 || len(c.Columns) != 1+2*6 || !strings.Contains(c.Rows[0][1], "k/s") || !strings.HasSuffix(c.Rows[0][2], "s") {
		t.Errorf("its table is %q\n%q", c.Columns, c.Rows)
	}
	checkGolden(t, c)
	for _, c := range chartsOf(run, batched(t, 64)) {
		if strings.HasPrefix(c.Name, "batch-") {
			t.Errorf("%s is drawn of one batch", c.Name)
		}
	}
}

package bench_test

import (
	"strings"
	"testing"

	"ipcbench/bench"
	"ipcbench/results"
	"ipcbench/transports"
)

// TestBatchesAreOfWhatPushes: a batch multiplies the cells of specs that push by a call,
// of the workload that has several messages under way, and no others.
func TestBatchesAreOfWhatPushes(t *testing.T) {
	p := smallPlan(t, "mmap:sync=sync", "log:sync=dsync", "file", "pipe")
	p.Workloads, p.Batches = []string{"latency", "throughput"}, []int{1, 8}
	cells, err := p.Cells(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, c := range cells {
		count[c.Workload+" "+c.Transport]++
		if has := c.Batch > 0; has != (c.Workload == "throughput" && c.Transport == "mmap:sync=sync") || c.Spec.Batch != c.Batch {
			t.Errorf("%s has %d to a sync, and its link %d", c.Describe(" "), c.Batch, c.Spec.Batch)
		}
		want := map[string]string{"mmap:sync=sync": results.BySync, "log:sync=dsync": results.ByWrite}[c.Transport]
		if c.Pushed != want {
			t.Errorf("%s is pushed %q, want %q", c.Transport, c.Pushed, want)
		}
	}
	if count["throughput mmap:sync=sync"] != 2 || count["throughput pipe"] != 1 || count["latency mmap:sync=sync"] != 1 {
		t.Errorf("the cells are %v", count)
	}
}

func TestABatchOfNothingIsRefused(t *testing.T) {
	for want, p := range map[string]bench.Plan{
		"--batch means nothing to pipe":  smallPlan(t, "pipe"),
		"--batch means nothing to log:s": smallPlan(t, "log:sync=dsync"),
		"at least --messages 8192":       smallPlan(t, "log:sync=sync"),
	} {
		p.Workloads, p.Batches = []string{"throughput"}, []int{8, 4096}
		if _, err := p.Cells(t.Context()); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// TestOnlyWholeBatchesAreCounted: a window that ended within one would have messages
// without the push that makes them durable.
func TestOnlyWholeBatchesAreCounted(t *testing.T) {
	p := smallPlan(t, "mmap:sync=sync,wait=futex", "log:sync=sync,wait=inotify", "file:sync=sync,wait=inotify")
	p.Workloads, p.Batches, p.Launches, p.Messages, p.Verify = []string{"throughput"}, []int{1, 7, 50}, 1, 200, "full"
	for _, l := range measure(t, p) {
		if l.Status != results.OK {
			t.Errorf("%s: %s", l.Describe(" "), l.Reason)
			continue
		}
		least := p.Messages - 2*int64(l.Batch-1) // up to one batch is lost at either end
		if l.Messages%int64(l.Batch) != 0 || l.Messages > p.Messages || l.Messages < least-1 {
			t.Errorf("%s: %d of %d messages are counted", l.Describe(" "), l.Messages, p.Messages)
		}
		if each := float64(l.ElapsedNS) / float64(l.Messages) * float64(l.Batch); each < l.Metrics[results.SyncNS]*0.999999 || each > l.Metrics[results.SyncNS]*1.000001 {
			t.Errorf("%s: a sync takes %v ns, and a batch %v", l.Describe(" "), l.Metrics[results.SyncNS], each)
		}
	}
}

// TestARunKnowsWhatStoresIt: what lies below each directory is in run.json, and in
// that of a plan without one there is nothing.
func TestARunKnowsWhatStoresIt(t *testing.T) {
	p := smallPlan(t, "pipe")
	p.Launches, p.Messages = 1, 100
	for _, spec := range []string{"", "mmap:wait=futex"} {
		if spec != "" {
			mmap, err := transports.Parse(spec)
			if err != nil {
				t.Fatal(err)
			}
			p.Specs = append(p.Specs, mmap)
		}
		cells, err := p.Cells(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		run, err := bench.NewRun(p, cells, bench.Options{Parent: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		analysis, err := run.Carry(t.Context())
		record := analysis.Run
		if spec == "" {
			if len(record.Storage) > 0 {
				t.Errorf("below no directory lies %v", record.Storage)
			}
			continue
		}
		layers := record.Storage[p.Dirs[0]]
		if len(layers) == 0 || layers[0].FSType == "" {
			t.Errorf("%v: below %s lies %+v", err, p.Dirs[0], layers)
		}
	}
}

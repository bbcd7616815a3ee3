// Package benchtest measures a plan under `go test -bench`, with two real
// processes for every benchmark, and names the benchmarks so that benchstat can
// compare them by any of their dimensions.
//
// It knows testing, which no other package but the conformance suite does. It
// must not know any transport: a module that has one of its own registers it
// and measures it with
//
//	func TestMain(m *testing.M) { benchtest.Main(m) }
//	func BenchmarkMine(b *testing.B) { benchtest.Run(b, benchtest.Plan("mine")) }
package benchtest

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"ipcbench/bench"
	"ipcbench/results"
	"ipcbench/transports"
)

// Main is what a TestMain does: it turns this process into a worker where it
// was started as one. Otherwise it runs the tests, and before benchmarks prints
// which way is better for the units of their metrics.
func Main(m *testing.M) {
	bench.Worker()
	flag.Parse()
	if f := flag.Lookup("test.bench"); f != nil && f.Value.String() != "" {
		for _, unit := range []string{"p50-ns", "p99-ns", "cpu-ns/op"} {
			fmt.Printf("Unit %s better=lower\n", unit)
		}
	}
	os.Exit(m.Run())
}

// Plan returns the usual plan for some transport specs: both workloads, 64 B,
// 4 KiB and 64 KiB, and the placements that make sense, in the directory for
// temporary files. It panics where a spec is wrong.
func Plan(specs ...string) bench.Plan {
	p := bench.Plan{
		Workloads:  []string{"latency", "throughput"},
		Sizes:      []int{64, 4 << 10, 64 << 10},
		Placements: []string{results.Auto},
		Dirs:       []string{os.TempDir()},
		Launches:   1,
		Time:       time.Second, // for the check of the plan: a benchmark counts messages
		Warmup:     bench.Warmup{Time: 5 * time.Millisecond},
		Verify:     bench.VerifyEnds,
		Timeout:    time.Minute,
	}
	for _, text := range specs {
		spec, err := transports.Parse(text)
		if err != nil {
			panic(err)
		}
		p.Specs = append(p.Specs, spec)
	}
	return p
}

// Run makes a sub-benchmark of every cell of the plan, named as in bench.txt of
// a run directory. The name of the benchmark that calls it, less "Benchmark",
// chooses the workload where it is the name of one.
//
// One benchmark is one launch: b.N messages or round trips between two fresh
// processes. ns/op is the mean round trip, or the time per message at the
// receiver; -benchtime and -count mean what they always do.
func Run(b *testing.B, p bench.Plan) {
	caller := strings.ToLower(strings.TrimPrefix(b.Name(), "Benchmark"))
	for _, name := range p.Workloads {
		if name == caller {
			p.Workloads = []string{name}
		}
	}
	cells, err := p.Cells(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for _, cell := range cells {
		workload, dimensions, _ := strings.Cut(results.BenchName(cell.Cell, len(p.Dirs) > 1), "/")
		if len(p.Workloads) > 1 {
			dimensions = workload + "/" + dimensions
		}
		b.Run(dimensions, func(b *testing.B) { launch(b, p, cell) })
	}
}

func launch(b *testing.B, p bench.Plan, cell bench.Cell) {
	if cell.Skip != "" {
		b.Skip(cell.Skip)
	}
	p.Messages = int64(b.N)
	_, err := p.Run(b.Context(), []bench.Cell{cell}, func(l results.Launch) error {
		if l.Status != results.OK {
			return fmt.Errorf("%s", l.Reason)
		}
		report(b, l)
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// report replaces what testing would work out from the whole time of the
// launch, the start of its processes included.
func report(b *testing.B, l results.Launch) {
	b.ReportMetric(l.NSPerOp(), "ns/op")
	for _, metric := range results.Metrics() {
		if value, has := l.Metrics[metric.Name]; has && metric.Bench != "" {
			b.ReportMetric(metric.BenchValue(value), metric.Bench)
		}
	}
}

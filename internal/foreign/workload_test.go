package foreign_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ipcbench/bench"
	"ipcbench/bench/workload"
	_ "ipcbench/internal/foreign"
	"ipcbench/results"
	"ipcbench/results/compare"
	"ipcbench/results/report"
	"ipcbench/results/summary"
	"ipcbench/results/table"
	"ipcbench/transports"
)

func TestMain(m *testing.M) {
	bench.Worker()
	os.Exit(m.Run())
}

// What another module has to write for a workload of its own is this: what its
// metric is, what its numbers mean, and what the two ends do. The producer sends
// so many messages and waits until the last of them is answered.
func init() {
	results.RegisterMetric(results.Metric{
		Name: "burst_p50_ns", Words: "burst, p50", Brief: "burst", Unit: results.Nanoseconds, Of: "burst", Q: 0.5, Bench: "burst-ns",
	})
	results.RegisterWorkload(results.Workload{
		Name: "bursts", Doc: "eight messages there, one back", Title: "Bursts", Caption: "From before the first send to after the answer.",
		Main: "burst_p50_ns", Op: "burst_p50_ns", Of: "burst", Unit: "burst",
		Columns: []results.ResultColumn{{Name: "burst", Metric: "burst_p50_ns"}, {Name: "±", Metric: "burst_p50_ns", Margin: true}},
	})
	workload.Register(workload.Workload{Name: "bursts", Producer: burst, Consumer: answer, Counts: transports.Producer})
}

const burstLength = 8

func burst(e *workload.End) error {
	took := e.Histogram("burst")
	number, _, err := e.WarmUp(func(number uint64) error { return e.RoundTrip(number, workload.Warming) })
	if err != nil {
		return err
	}
	first := number
	e.Begin()
	start := workload.Now()
	for at := start; !e.Over(int64(number-first), start, at); {
		before := workload.Now()
		for range burstLength {
			if err := e.Send(number, workload.Measured); err != nil {
				return err
			}
			number++
		}
		if _, err := e.Receive(number - 1); err != nil {
			return err
		}
		at = workload.Now()
		took.Record(at - before)
	}
	e.Stop()
	e.Done()
	e.Report.Sent, e.Report.Counted = int64(number-first), int64(number-first)
	e.Report.Began, e.Report.Ended = start, workload.Now()
	return nil
}

func answer(e *workload.End) error {
	var number, first uint64
	for ; ; number++ {
		phase, err := e.Receive(number)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if phase == workload.Marking {
			first = number + 1
			e.Begin()
		}
		if phase != workload.Measured || (number+1-first)%burstLength == 0 {
			if err := e.Send(number, phase); err != nil {
				return err
			}
		}
	}
	e.Stop()
	e.Done()
	e.Report.Received, e.Report.Verified = int64(number-first), int64(number)
	return nil
}

// TestWorkloadOfAnotherModule carries out two runs of it over a transport that is
// another module's too, and finds it in everything that is made of a run.
func TestWorkloadOfAnotherModule(t *testing.T) {
	parent := t.TempDir()
	old, new := carryOut(t, parent), carryOut(t, parent)

	for _, c := range []struct {
		file string
		says []string
	}{
		{"launches.csv", []string{",labels,burst_p50_ns\n", ",foreign,bursts,64,"}},
		{"summary.csv", []string{",burst_p50_ns_median,burst_p50_ns_lo,burst_p50_ns_hi\n", "foreign,bursts,64,"}},
		{"bench.txt", []string{"Unit burst-ns better=lower", "BenchmarkBursts/transport=foreign/size=64/placement=free", " burst-sec"}},
		{"charts/bursts-free.svg", []string{"Bursts by message size, free"}},
		{"charts/percentiles-bursts-64B-free.svg", []string{"Bursts by percentile"}},
		{"report.html", []string{"<h2", "Bursts", "From before the first send to after the answer.", "Bursts by percentile"}},
	} {
		text, err := os.ReadFile(filepath.Join(parent, old.Name, c.file))
		if err != nil {
			t.Error(err)
			continue
		}
		for _, words := range c.says {
			// benchfmt writes the unit as given, tools read it as seconds.
			if !strings.Contains(string(text), strings.Replace(words, " burst-sec", " burst-ns", 1)) {
				t.Errorf("%s does not say %q", c.file, words)
			}
		}
	}

	var text strings.Builder
	if err := table.Write(&text, old.Cells, table.Text(120)); err != nil || !regexp.MustCompile(`burst +±`).MatchString(text.String()) {
		t.Errorf("its table (%v):\n%s", err, text.String())
	}
	if name := results.BenchName(old.Cells[0].Cell, false); name != "Bursts/transport=foreign/size=64/placement=free" {
		t.Errorf("go test -bench calls it %s", name)
	}

	c, err := compare.Runs([]compare.Run{compare.Of(old.Run, old.Launches)}, []compare.Run{compare.Of(new.Run, new.Launches)}, compare.Options{})
	if err != nil {
		t.Fatal(err)
	}
	compared := func(row compare.Row) bool { return row.Metric == "burst_p50_ns" && row.Cell.Workload == "bursts" }
	if !slices.ContainsFunc(c.Primary().Rows, compared) {
		t.Errorf("a comparison does not decide on its metric: %+v", c.Primary().Rows)
	}
	text.Reset()
	if err := report.WriteComparison(&text, c); err != nil || !strings.Contains(text.String(), "Bursts: burst, p50") {
		t.Errorf("the page of the comparison (%v) does not name its metric", err)
	}
}

// carryOut is a run as any program has it, and all that is made of one.
func carryOut(t *testing.T, parent string) summary.Analysis {
	t.Helper()
	spec, err := transports.Parse("foreign")
	if err != nil {
		t.Fatal(err)
	}
	p := bench.Plan{
		Specs: []transports.Spec{spec}, Workloads: []string{"bursts"}, Sizes: []int{64, 1024}, Placements: []string{"free"},
		Launches: 6, Messages: 1600, Verify: "full", Timeout: 30 * time.Second,
	}
	cells, err := p.Cells(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	run, err := bench.NewRun(p, cells, bench.Options{Parent: parent})
	if err != nil {
		t.Fatal(err)
	}
	analysis, err := run.Carry(t.Context())
	if err == nil {
		err = report.Remake(run.Path(), analysis)
	}
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", run.Path(), err))
	}
	if len(analysis.Floors) == 0 || analysis.Status != results.RunDone {
		t.Errorf("a run that a program carries out has floors %v and is %s", analysis.Floors, analysis.Status)
	}
	return analysis
}

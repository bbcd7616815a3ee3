package results_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"ipcbench/results"
	"ipcbench/results/alike"
	"ipcbench/results/charts"
	"ipcbench/results/compare"
	"ipcbench/results/export"
	"ipcbench/results/report"
	"ipcbench/results/resultstest"
	"ipcbench/results/summary"
	"ipcbench/results/table"
	"ipcbench/results/why"
)

// A record of a newer version, or of a binary with a workload of its own, is read
// by one that knows neither: these tests are that what it has is shown by its own
// name, and never taken for something else.

// relayed is launches of a workload, a metric and a histogram that nobody here
// knows, beside such of one that is known and has a metric more.
func relayed(t *testing.T) []results.Launch {
	t.Helper()
	encoded, err := resultstest.Histogram(resultstest.Repeat(7000, 2000)...).Encode()
	if err != nil {
		t.Fatal(err)
	}
	var launches []results.Launch
	for n := range 8 {
		for i, transport := range []string{"pipe", "unix"} {
			for _, size := range []int{64, 4096} {
				cell := resultstest.Cell(transport, "relay", size, "same-llc")
				cell.Waits = string(results.Sleeps)
				l := resultstest.Counted(cell, 9_000, resultstest.CPU(2+int64(i), 2).Switched(900, 0), resultstest.CPU(2, 2).Switched(900, 0))
				l.Launch, l.Metrics["relay_p50_ns"], l.Metrics[results.CtxswPer] = n+1, 7000+float64(n), 1.8
				l.Histograms = map[string]string{"relay": encoded}
				launches = append(launches, l)

				known := resultstest.OK(resultstest.Cell(transport, "latency", size, "same-llc"), n+1, results.RTTP50, 5000+float64(100*i+n))
				known.Metrics["warmth_mk"] = 300_000
				launches = append(launches, known)
			}
		}
	}
	return launches
}

func relayRun(name string) results.Run {
	run := resultstest.Run
	run.Name = name
	return run
}

func TestAnUnknownWorkloadHasATableByItsName(t *testing.T) {
	tables := table.Tables(summary.Of(relayed(t)))
	if len(tables) != 2 || tables[0].Workload != "latency" || tables[1].Workload != "relay" {
		t.Fatalf("%d tables", len(tables))
	}
	var columns []string
	for _, c := range tables[1].Columns {
		columns = append(columns, c.Name)
	}
	if want := []string{"transport", "size", "placement", "CPU/msg", "ctxsw/msg", "launches"}; !slices.Equal(columns, want) || tables[1].Title != "relay" {
		t.Errorf("%s has the columns %q, want %q", tables[1].Title, columns, want)
	}
	if !strings.Contains(tables[1].Caption, "does not know the workload relay") {
		t.Errorf("the caption is %q", tables[1].Caption)
	}
}

func TestAnUnknownMetricHasAColumnBehindThoseOfTheContract(t *testing.T) {
	launches := relayed(t)
	write := func(write func(*bytes.Buffer) error) (header string, rows []map[string]string) {
		var out bytes.Buffer
		if err := write(&out); err != nil {
			t.Fatal(err)
		}
		return resultstest.ReadCSV(t, out.String())
	}
	contract, _ := write(func(out *bytes.Buffer) error { return export.WriteLaunchesCSV(out, nil) })
	header, rows := write(func(out *bytes.Buffer) error { return export.WriteLaunchesCSV(out, launches) })
	if want := contract + ",relay_p50_ns,warmth_mk"; header != want {
		t.Errorf("launches.csv has the columns\n%s\nwant\n%s", header, want)
	}
	if rows[0]["workload"] != "relay" || rows[0]["relay_p50_ns"] != "7000" || rows[0]["rtt_p50_ns"] != "" || rows[0]["warmth_mk"] != "" || rows[1]["warmth_mk"] != "300000" {
		t.Errorf("launches.csv has %v and %v", rows[0], rows[1])
	}
	contract, _ = write(func(out *bytes.Buffer) error { return export.WriteSummaryCSV(out, nil) })
	header, rows = write(func(out *bytes.Buffer) error { return export.WriteSummaryCSV(out, summary.Of(launches)) })
	for _, name := range []string{"relay_p50_ns", "warmth_mk"} {
		contract += "," + name + "_median," + name + "_lo," + name + "_hi"
	}
	if header != contract || rows[0]["relay_p50_ns_median"] != "7003.5" {
		t.Errorf("summary.csv has %v in the columns\n%s\nwant\n%s", rows[0], header, contract)
	}
}

func TestAnUnknownMetricIsInTheJSONByItsName(t *testing.T) {
	var out bytes.Buffer
	if err := export.WriteJSON(&out, summary.Analyze(resultstest.Run, relayed(t), nil)); err != nil {
		t.Fatal(err)
	}
	var document struct {
		Results []struct {
			Workload string
			Metrics  map[string]struct {
				Median float64
				Pooled bool
			}
		}
	}
	if err := json.Unmarshal(out.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	for _, r := range document.Results {
		_, latency := r.Metrics[results.RTTP50]
		relay := r.Metrics["relay_p50_ns"]
		if isRelay := r.Workload == "relay"; latency == isRelay || isRelay != (relay.Median == 7003.5) || relay.Pooled {
			t.Errorf("%s has %+v", r.Workload, r.Metrics)
		}
	}
}

// Nothing is known of its operation: it takes the time per message.
func TestAnUnknownWorkloadIsABenchmarkByItsName(t *testing.T) {
	var out bytes.Buffer
	if err := export.WriteBench(&out, resultstest.Run, relayed(t)); err != nil {
		t.Fatal(err)
	}
	found := 0
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "BenchmarkRelay/transport=") {
			found++
			if !strings.Contains(line, " 1000 9000 ns/op") || strings.Contains(line, "p50-ns") || strings.Contains(line, "relay") {
				t.Errorf("a benchmark is %s", line)
			}
		}
	}
	if found != 32 {
		t.Errorf("%d benchmarks of 32 launches in\n%s", found, out.String())
	}
}

func TestAnUnknownWorkloadIsComparedByWhatIsKnown(t *testing.T) {
	old, new := relayed(t), relayed(t)
	for i := range new {
		if new[i].Workload == "relay" {
			new[i].Metrics["relay_p50_ns"] *= 3
			new[i].Metrics[results.CPUPerMsg] *= 2
		}
	}
	sides := func(o compare.Options) (compare.Comparison, error) {
		return compare.Runs([]compare.Run{compare.Of(relayRun("A"), old)}, []compare.Run{compare.Of(relayRun("B"), new)}, o)
	}
	c, err := sides(compare.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range c.Rows {
		if row.Cell.Workload == "relay" && row.Metric != results.CPUPerMsg {
			t.Errorf("%s of a workload that is not known is compared without being asked for", row.Metric)
		}
	}
	if c, err = sides(compare.Options{Metrics: []string{results.CPUPerMsg}}); err != nil {
		t.Fatal(err)
	}
	if len(c.Rows) != 4 || c.Rows[0].Cell.Workload != "relay" || c.Rows[0].Verdict != compare.Slower {
		t.Errorf("%d rows: %+v", len(c.Rows), c.Rows)
	}
	if title := c.Tables()[0].Title; title != "Relay: CPU time per message" {
		t.Errorf("the table is called %q", title)
	}
	chart, drawn := charts.Forest(c)
	if drawn && chart.Workload == "latency" {
		t.Error("the picture of a comparison is of another workload")
	}
	var page bytes.Buffer
	if err := report.WriteComparison(&page, c); err != nil || !strings.Contains(page.String(), "Relay: CPU time per message") {
		t.Errorf("the page of the comparison does not name the workload: %v", err)
	}
}

// What its ends mean to each other is not known: no round trip, no batches.
func TestAnUnknownWorkloadIsExplainedPerMessage(t *testing.T) {
	for _, e := range why.Of(summary.Of(relayed(t)), nil) {
		if e.Workload != "relay" {
			continue
		}
		if want := "the ends sleep 1.80 times a message"; !strings.HasPrefix(e.Sentence, want) || strings.Contains(e.Sentence, "round trip") {
			t.Errorf("%s: %q, want %q", e.Transport, e.Sentence, want)
		}
	}
}

func TestAnUnknownWorkloadHasNoChartAndChangesNone(t *testing.T) {
	all := relayed(t)
	known := slices.DeleteFunc(slices.Clone(all), func(l results.Launch) bool { return l.Workload == "relay" })
	want, got := charts.All(summary.Analyze(resultstest.Run, known, nil)), charts.All(summary.Analyze(resultstest.Run, all, nil))
	if len(want) == 0 || len(got) != len(want) {
		t.Fatalf("%d charts, and %d of what is known alone", len(got), len(want))
	}
	for i, c := range got {
		var a, b bytes.Buffer
		if err := c.WriteHTMLSVG(&a); err != nil {
			t.Fatal(err)
		}
		if err := want[i].WriteHTMLSVG(&b); err != nil {
			t.Fatal(err)
		}
		if c.Workload != "latency" || !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s of %s is another picture", c.Name, c.Workload)
		}
	}
}

func TestAnUnknownWorkloadIsOnThePageByItsName(t *testing.T) {
	a := summary.Analyze(resultstest.Run, relayed(t), nil)
	var page bytes.Buffer
	if err := report.Write(&page, a, charts.All(a)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{">relay</h2>", ">Round-trip latency</h2>", "does not know the workload relay"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
}

func TestAnUnknownWorkloadIsComparedWithNothingAlike(t *testing.T) {
	for _, of := range alike.Of(summary.Of(relayed(t))) {
		for _, text := range append(of.Advice, of.Title) {
			if strings.Contains(text, "relay") {
				t.Errorf("%q", text)
			}
		}
	}
}

// A way of waiting that is not known is one of its own.
func TestAnUnknownWayOfWaitingIsATableOfItsOwn(t *testing.T) {
	var launches []results.Launch
	for i, transport := range []string{"a", "b", "c", "d"} {
		cell := resultstest.Cell(transport, "latency", 64, "same-llc")
		cell.Waits, cell.Group = []string{"sleep", "hatch"}[i%2], "Carrier pigeons"
		launches = append(launches, resultstest.Of(cell, results.RTTP50, 10, 11, 12, 13, 14, 15, 16, 17)...)
	}
	var titles []string
	for _, of := range alike.Of(summary.Of(launches)) {
		titles = append(titles, of.Title)
	}
	if want := []string{"Like for like, same-llc: sleeps in the kernel", "Like for like, same-llc: hatch"}; !slices.Equal(titles, want) {
		t.Errorf("tables %q, want %q", titles, want)
	}
}

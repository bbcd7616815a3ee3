package condition

import (
	"math"
	"slices"
	"strings"
	"testing"

	"ipcbench/results"
	"ipcbench/results/summary"
)

// noHint is of a user whom nobody helps.
func noHint(string, []string) string { return "" }

func parse(t *testing.T, text string) Condition {
	t.Helper()
	c, err := Parse(text, noHint)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// of is a cell with one metric and its interval.
func of(transport, workload string, size int, metric string, median, lo, hi float64) summary.Summary {
	return summary.Summary{
		Cell:     results.Cell{Transport: transport, Workload: workload, SizeBytes: size, Placement: "same-cpu"},
		Launches: 10,
		Metrics:  map[string]summary.Estimate{metric: {Median: median, Lo: lo, Hi: hi, N: 10}},
	}
}

func TestAConditionIsDecidedByTheWholeInterval(t *testing.T) {
	nan := math.NaN()
	p50 := func(median, lo, hi float64) summary.Summary {
		return of("pipe", "latency", 64, results.RTTP50, median, lo, hi)
	}
	rate := func(median, lo, hi float64) summary.Summary {
		return of("pipe", "throughput", 64, results.MsgsPerS, median, lo, hi)
	}
	failed := summary.Summary{Cell: p50(1, 1, 1).Cell, Failed: 10, Reason: "the consumer died"}
	partly := p50(8e3, 7e3, 9e3)
	partly.Failed, partly.Reason = 1, "the consumer died"
	none := p50(1, 1, 1)
	none.Metrics = nil
	for name, c := range map[string]struct {
		condition string
		cells     []summary.Summary
		want      Outcome
		says      string
	}{
		"all of it beyond":           {"p50>10us", []summary.Summary{p50(12e3, 11e3, 13e3)}, Broken, "broken by 1 of 1 cell: pipe latency 64 B same-cpu: 12.0 µs (11.0 µs to 13.0 µs), 20 % beyond"},
		"part of it beyond":          {"p50>10us", []summary.Summary{p50(12e3, 9e3, 13e3)}, Open, "which reaches over the limit"},
		"none of it beyond":          {"p50>10us", []summary.Summary{p50(8e3, 7e3, 9e3)}, Passed, "20 % within"},
		"at the limit":               {"p50>10us", []summary.Summary{p50(10e3, 10e3, 10e3)}, Passed, ""},
		"at a limit that counts":     {"p50>=10us", []summary.Summary{p50(10e3, 10e3, 10e3)}, Broken, ""},
		"one of two":                 {"p50>10us", []summary.Summary{p50(8e3, 7e3, 9e3), p50(12e3, 11e3, 13e3)}, Broken, "1 of 2 cells: pipe"},
		"the worst of two":           {"p50>10us", []summary.Summary{p50(50e3, 49e3, 51e3), p50(12e3, 11e3, 13e3)}, Broken, "5.00 times the limit"},
		"a rate":                     {"rate<100k/s", []summary.Summary{rate(50e3, 40e3, 60e3)}, Broken, "50.0 k/s (40.0 k/s to 60.0 k/s), 50 % beyond"},
		"a rate that is held":        {"msgs_per_s < 100k/s", []summary.Summary{rate(150e3, 140e3, 160e3)}, Passed, "50 % within"},
		"no interval":                {"p50>10us", []summary.Summary{p50(99e3, nan, nan)}, Open, "its 10 launches are too few or not alike"},
		"failed":                     {"p50>10us", []summary.Summary{failed}, Open, "no launch of it ended well: the consumer died"},
		"a launch failed":            {"p50>10us", []summary.Summary{partly}, Open, "1 launch of it did not end well"},
		"a launch failed, and worse": {"p50>7.5ns", []summary.Summary{partly}, Broken, ""},
		"not told":                   {"p99>10us", []summary.Summary{none}, Open, "too few messages to tell it"},
		"of no cell":                 {"rate<1/s", []summary.Summary{p50(1, 1, 1)}, Open, "no cell of the run has rate"},
		"of another transport":       {"unix p50>1ns", []summary.Summary{p50(5, 5, 5)}, Open, "no cell"},
		"of a pattern":               {"pi* size=64 placement=same-cpu p50>1ns", []summary.Summary{p50(5, 5, 5)}, Broken, ""},
		"a count from 0":             {"migrations>0", []summary.Summary{of("pipe", "latency", 64, results.Migrations, 1, 1, 1)}, Broken, ": 1.00 (1.00 to 1.00)"},
	} {
		j := parse(t, c.condition).Judge(c.cells)
		if j.Outcome != c.want || !strings.Contains(j.String(), c.says) {
			t.Errorf("%s: %d, want %d, with %q: %s", name, j.Outcome, c.want, c.says, j)
		}
	}
}

// Launches during which the machine moved the CPUs have no interval: they leave a
// condition open only where there are no others.
func TestMixedLaunchesDecideNothing(t *testing.T) {
	near := of("pipe", "latency", 64, results.RTTP50, 8e3, 7e3, 9e3)
	mixed := of("pipe", "latency", 64, results.RTTP50, 8e3, math.NaN(), math.NaN())
	near.Stratum, mixed.Stratum = results.Near, results.Mixed
	c := parse(t, "p50>10us")
	if j := c.Judge([]summary.Summary{near, mixed}); j.Outcome != Passed || j.Cells != 1 {
		t.Error(j)
	}
	if j := c.Judge([]summary.Summary{mixed}); j.Outcome != Open {
		t.Error(j)
	}
}

func TestWhatIsNoCondition(t *testing.T) {
	for text, want := range map[string]string{
		"p99":               "has no > and no <",
		">20us":             "has no metric",
		"p99>20":            "write a time above 0, as 20us",
		"p99>20MB/s":        "write a time above 0",
		"p99>-1us":          "write a time above 0",
		"p99>0us":           "write a time above 0",
		"p99>1e30s":         "write a time above 0",
		"rate<100k":         "as 500/s, 100k/s",
		"throughput<1GB":    "as 100MB/s",
		"pace<1":            `no metric is called "pace": there are p50, batches, p99, p99.9`,
		"pipe:p99>1us":      "write it with a blank, as 'pipe p99>",
		"pipe unix p99>1us": "no transport that goes with the rest",
		"[ p99>1us":         "no transport that goes with the rest",
		"colour=red p99>1s": `no column is called "colour"`,
		"size=4KB p99>1s":   "two readings",
	} {
		if _, err := Parse(text, noHint); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestAConditionAboutNothingIsRefusedBefore(t *testing.T) {
	cells := []results.Cell{{Transport: "pipe", Workload: "throughput", SizeBytes: 64}, {Transport: "mmap:wait=futex", Workload: "throughput", SizeBytes: 64}}
	for text, want := range map[string]string{
		"rate<1k/s":                      "",
		"mmap:wait=futex rate<1/s":       "",
		"mmap* msgs_per_s<1/s":           "",
		"faults_per_msg>0":               "",
		"p99>1us":                        "no cell that it is about has p99: their workload is throughput",
		"rtt_p99_ns>1us":                 "no cell that it is about has rtt_p99_ns",
		"unix rate<1/s":                  `no cell is of "unix": there are mmap:wait=futex, pipe`,
		"pipe size=4KiB throughput<1B/s": "about none of the 2 cells",
	} {
		err := parse(t, text).Check(cells, noHint)
		if said := ""; err != nil || want != "" {
			if err != nil {
				said = err.Error()
			}
			if want == "" || !strings.Contains(said, want) {
				t.Errorf("%s: %q, want %q", text, said, want)
			}
		}
	}
}

func TestAPercentileIsAskedFor(t *testing.T) {
	for text, want := range map[string]float64{"p99.99>1s": 99.99, "rtt_p75_ns>1s": 75, "p99>1s": 0, "rate<1/s": 0} {
		if got, is := parse(t, text).Percentile(); got != want || is != (want > 0) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

// Every heading of every table, and every column, can be asked for.
func TestEveryMetricThatIsShownCanBeAskedFor(t *testing.T) {
	amounts := map[results.Unit]string{results.Nanoseconds: "1us", results.PerSecond: "1k/s", results.BytesPerSecond: "1MB/s", results.Count: "1"}
	for _, w := range results.Workloads() {
		for _, word := range w.MetricWords() {
			m, _ := w.MetricCalled(word)
			c := parse(t, word+">"+amounts[m.Unit])
			if asked, has := c.metricOf(results.Cell{Workload: w.Name}); !has || asked.Name != m.Name {
				t.Errorf("%s of %s is %s", word, w.Name, asked.Name)
			}
		}
	}
	for _, name := range results.MetricNames() {
		parse(t, name+"<="+amounts[results.LookupMetric(name).Unit])
	}
	if !slices.Contains(results.ColumnNames(), "size") {
		t.Error(results.ColumnNames())
	}
}

package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ipcbench/results"
	"ipcbench/results/charts"
	"ipcbench/results/resultstest"
	"ipcbench/results/summary"
)

func cell(transport, workload string, size int) results.Cell {
	return results.Cell{Transport: transport, Family: transport, Workload: workload, SizeBytes: size, Placement: "same-llc", ConsumerCPU: 1, Pairs: 1}
}

// sample is a run with a good, a half good, a failed and a skipped cell.
func sample(t testing.TB) (results.Run, []results.Launch) {
	t.Helper()
	run := results.Run{
		Schema: results.Schema, Name: "20261123T101500Z-1a2b", Version: "v0.1.0", Status: "done",
		Args:     []string{"run", "--label", "note=two words", "pipe"},
		Plan:     results.Plan{Specs: []string{"pipe", "file"}, Sizes: []int{64, 4096}, Launches: 6, TimeNS: 50e6, Seed: 4711, Verify: "header"},
		Labels:   map[string]string{"note": "two words"},
		Host:     map[string]string{"cpu": "Example 9000", "kernel": "6.18.0"},
		Floors:   []results.Floor{{Name: "copy", SizeBytes: 4096, NS: 123, Doc: "one copy of a message"}},
		Started:  time.Date(2026, 11, 23, 10, 15, 0, 0, time.UTC),
		Ended:    time.Date(2026, 11, 23, 10, 15, 42, 0, time.UTC),
		Warnings: []results.Warning{results.Told.With("text", "another process used 12 % of a CPU")},
	}
	var launches []results.Launch
	for n := range 6 {
		for _, size := range []int{64, 4096} {
			l := results.Launch{Cell: cell("pipe", "latency", size), Launch: n + 1, Status: results.OK, Metrics: map[string]float64{}}
			h := results.NewHistogram()
			for i := range 500 {
				h.Record(int64(5000 + 10*i + n))
			}
			encoded, err := h.Encode()
			if err != nil {
				t.Fatal(err)
			}
			l.Histograms = map[string]string{results.RoundTrips: encoded}
			l.Metrics[results.RTTP50] = 7500 + float64(n)
			launches = append(launches, l)
			launches = append(launches, results.Launch{
				Cell: cell("pipe", "throughput", size), Launch: n + 1, Status: results.OK,
				Metrics: map[string]float64{results.MsgsPerS: 1e6, results.BytesPerS: 1e6 * float64(size)},
			})
		}
	}
	launches[0].Warnings = []results.Warning{results.Told.With("text", "it ran beside another launch")}
	launches[2].Status, launches[2].Reason = results.Failed, "consumer: signal: killed"
	launches = append(launches,
		results.Launch{Cell: cell("file", "latency", 64), Launch: 1, Status: results.Failed, Reason: "no space left on device"},
		results.Launch{Cell: cell("futex", "latency", 64), Launch: 1, Status: results.Skipped, Reason: "this kernel has none"})
	return run, launches
}

func written(t testing.TB, run results.Run, launches []results.Launch) string {
	t.Helper()
	var page bytes.Buffer
	a := summary.Analyze(run, launches, nil)
	if err := Write(&page, a, charts.All(a)); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

// parse fails the test where elements are not properly nested.
func parse(t testing.TB, page string) map[string]int {
	t.Helper()
	if begin, end := strings.LastIndex(page, "<script>"), strings.LastIndex(page, "</script>"); begin >= 0 { // which is no XML
		page = page[:begin+len("<script>")] + page[end:]
	}
	decoder := xml.NewDecoder(strings.NewReader(page))
	decoder.Strict, decoder.AutoClose, decoder.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	elements := map[string]int{}
	var open []string
	for {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			elements[token.Name.Local]++
			if token.Name.Local != "meta" && token.Name.Local != "link" {
				open = append(open, token.Name.Local)
			}
		case xml.EndElement:
			if len(open) == 0 || open[len(open)-1] != token.Name.Local {
				t.Fatalf("</%s> closes %q", token.Name.Local, open)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("left open: %q", open)
	}
	return elements
}

// Transports that wait alike have a section, which a page without any lacks.
func TestThePageComparesLikeWithLike(t *testing.T) {
	run, launches := sample(t)
	if page := written(t, run, launches); strings.Contains(page, "like-for-like") {
		t.Error("one transport is compared with itself")
	}
	for n := range 6 {
		for i, transport := range []string{"fifo", "<unix>"} {
			c := cell(transport, "latency", 64)
			c.Waits = string(results.Sleeps)
			launches = append(launches, results.Launch{Cell: c, Launch: n + 1, Status: results.OK, Metrics: map[string]float64{results.RTTP50: float64(4000*(i+1) + n)}})
		}
	}
	page := written(t, run, launches)
	parse(t, page)
	for _, want := range []string{
		`<a href="#like-for-like">`, "<h3>Like for like, same-llc: sleeps in the kernel</h3>",
		`<th scope="row">&lt;unix&gt;</th>`, "fifo is the best (4.00 µs, 6 launches each)",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
}

func TestThePageHoldsTheRun(t *testing.T) {
	run, launches := sample(t)
	page := written(t, run, launches)
	elements := parse(t, page)
	for _, want := range []string{
		"ipcbench run --label &#39;note=two words&#39; pipe", "4711", "50ms", "took 42s", "two words",
		"Example 9000", "6.18.0", "one copy of a message", "123 ns", "another process used 12 % of a CPU",
		`<a href="#latency-note-1">1</a>`, `<li id="latency-note-1">it ran beside another launch</li>`,
		"1 of 6 launches are missing: consumer: signal: killed (pipe, latency, 4 KiB, same-llc)",
		"failed: no space left on device", "skipped: this kernel has none",
		"7.50 µs", "4.10 GB/s", "Round-trip latency by percentile, 64\u00a0B, same-llc", "Throughput by message size, same-llc",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if elements["svg"] < 3 {
		t.Errorf("%d pictures", elements["svg"])
	}
}

func TestThePageSaysWhatTheTimeGoesTo(t *testing.T) {
	run, launches := sample(t)
	for i := range launches {
		if launches[i].Workload == "latency" && launches[i].Status == results.OK {
			launches[i].Messages, launches[i].ElapsedNS = 1000, 37e6
			launches[i].Workers = []results.Worker{
				{Side: "producer", CPUNS: 6e6, Voluntary: 1000},
				{Side: "consumer", CPUNS: 6e6, Voluntary: 1000},
			}
		}
	}
	page := written(t, run, launches)
	parse(t, page)
	const want = "each round trip sleeps and wakes twice; the wake-up crosses CPUs; of 37.0 µs on average, 12.0 µs are CPU time"
	if n := strings.Count(page, want); n != 2 {
		t.Errorf("of 2 cells with a round trip that sleeps, %d say so", n)
	}
}

// What launches of --why counted is there too, also where the others were divided by
// how near the CPUs were, which those are not.
func TestThePageHasWhatWhyCounted(t *testing.T) {
	run, _ := sample(t)
	var launches []results.Launch
	c := cell("pipe", "latency", 64)
	for n := range 6 {
		l := resultstest.Counted(c, 37_000, resultstest.CPU(2, 4).Switched(1000, 3), resultstest.CPU(1, 5).Switched(998, 2))
		l.Launch, l.Metrics[results.RTTP50] = n+1, 7500
		launches = append(launches, l)
	}
	diagnosed := launches[0]
	diagnosed.Workers = slices.Clone(diagnosed.Workers)
	diagnosed.Workers[0].Perf = map[string]float64{"instructions": 4_200_000, "cycles": 2_100_000}
	a := summary.Analyze(run, launches, []results.Launch{diagnosed})
	for i := range a.Cells {
		a.Cells[i].Stratum = results.Near
	}
	var page bytes.Buffer
	if err := Write(&page, a, nil); err != nil {
		t.Fatal(err)
	}
	parse(t, page.String())
	for _, want := range []string{"2.00 instructions per cycle", "What a message costs each end", `<th scope="col" class="n">instructions</th>`, `<td class="n">4.20 k</td>`} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

var reference = regexp.MustCompile(`(?i)(?:src|href|action|data|poster)\s*=\s*["']?([^"'\s>]*)|url\(([^)]*)\)|@import`)

func TestThePageNeedsNothingElse(t *testing.T) {
	run, launches := sample(t)
	page := written(t, run, launches)
	elements := parse(t, page)
	for _, element := range []string{"img", "iframe", "object"} {
		if elements[element] > 0 {
			t.Errorf("the page has a %s", element)
		}
	}
	if elements["script"] != 1 || elements["link"] != 1 {
		t.Errorf("%d scripts and %d links, beside that of the page and its empty icon", elements["script"], elements["link"])
	}
	found := 0
	for _, m := range reference.FindAllStringSubmatch(page, -1) {
		found++
		if m[1] == "data:," || strings.HasPrefix(m[1], "charts/") { // an icon that is empty, and pictures that the page names
			continue
		}
		if !strings.HasPrefix(m[1], "#") {
			t.Errorf("the page refers to %q", m[0])
			continue
		}
		if !strings.Contains(page, fmt.Sprintf("id=%q", m[1][1:])) {
			t.Errorf("the page refers to %q, which it does not have", m[1])
		}
	}
	if found == 0 {
		t.Error("no reference was found, not even those within the page: this test looks for the wrong thing")
	}
}

func TestHostileTexts(t *testing.T) {
	const hostile = `"><script>alert(1)</script><img src=x onerror='alert(1)'>&`
	run, launches := sample(t)
	run.Name, run.Version, run.Status = hostile, hostile, hostile
	run.Args, run.Warnings = []string{hostile}, []results.Warning{{ID: hostile, Values: map[string]any{hostile: hostile}}, results.Told.With("text", hostile)}
	run.Labels, run.Host = map[string]string{hostile: hostile}, map[string]string{hostile: hostile, "cpu": hostile, "kernel": hostile}
	run.Plan.Specs, run.Plan.Dirs, run.Plan.Warmup, run.Plan.Verify = []string{hostile}, []string{hostile}, hostile, hostile
	run.Floors = []results.Floor{{Name: hostile, Doc: hostile}}
	for i := range launches {
		l := &launches[i]
		l.Transport, l.Placement, l.Dir, l.FSType, l.Mount, l.Reason = l.Transport+hostile, hostile, hostile, hostile, hostile, hostile
		l.Warnings = []results.Warning{results.Told.With("text", hostile)}
	}
	page := written(t, run, launches)
	elements := parse(t, page)
	if elements["script"] > 1 || elements["img"] > 0 {
		t.Error("a text became an element")
	}
	if !strings.Contains(page, "&lt;script&gt;alert(1)&lt;/script&gt;") {
		t.Error("the text is not on the page at all")
	}
}

// A run of which nothing went well is reported all the same.
func TestNothingToShow(t *testing.T) {
	run, launches := sample(t)
	if page := written(t, run, nil); !strings.Contains(page, "No launch is recorded.") {
		t.Error("a page without launches does not say so")
	}
	for i := range launches {
		launches[i].Status, launches[i].Reason, launches[i].Metrics, launches[i].Histograms = results.Failed, "the disk is gone", nil, nil
	}
	page := written(t, run, launches)
	elements := parse(t, page)
	if elements["svg"] > 0 || !strings.Contains(page, "failed: the disk is gone") {
		t.Errorf("%d pictures of failures; reason shown: %v", elements["svg"], strings.Contains(page, "the disk is gone"))
	}
	parse(t, written(t, results.Run{}, nil))
}

func TestCommandCanBePasted(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "ipcbench"},
		{[]string{"run", "mmap:wait=spin,sync=none", "-s", "64..1MiB"}, "ipcbench run mmap:wait=spin,sync=none -s 64..1MiB"},
		{[]string{"run", "-l", "a b", "", "it's", "$HOME"}, `ipcbench run -l 'a b' '' 'it'\''s' '$HOME'`},
	} {
		if got := command(results.Run{Args: c.args}); got != c.want {
			t.Errorf("%q became %s, want %s", c.args, got, c.want)
		}
	}
}

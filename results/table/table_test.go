package table

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func rendered(t *testing.T, launches []results.Launch, style Style) string {
	t.Helper()
	var out bytes.Buffer
	if err := RenderTable(&out, Summarize(launches), style); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// fixedLaunches are few enough to write their table down.
func fixedLaunches(t *testing.T) []results.Launch {
	pipe := cellOf("pipe", "latency", 64, "same-cpu")
	var launches []results.Launch
	for number := 1; number <= 6; number++ {
		launches = append(launches, latencyLaunch(t, pipe, number, slices.Concat(repeat(4000+100*int64(number), 1900), repeat(20_000, 100))))
	}
	mmap := cellOf("mmap:wait=futex", "latency", 4096, "same-cpu")
	mmap.Dir, mmap.FSType = "/tmp", "ext4"
	launches = append(launches, latencyLaunch(t, mmap, 1, repeat(900, 100)), latencyLaunch(t, mmap, 2, repeat(1100, 100)))
	spin := mmap
	spin.Transport = "mmap:wait=spin"
	return append(launches,
		results.Launch{Cell: spin, Launch: 1, Status: results.Failed, Reason: "consumer: signal: killed"},
		results.Launch{Cell: pipe, Launch: 7, Status: results.Failed, Reason: "timeout"},
		throughputLaunch(cellOf("pipe", "throughput", 64, "same-cpu"), 1, 1.5e6))
}

func TestTextTable(t *testing.T) {
	want := `
Round-trip latency
 transport         size  placement  on        p50      ±      p99    p99.9     mean  CPU/msg  ctxsw/msg  launches
──────────────────────────────────────────────────────────────────────────────────────────────────────────────────
 pipe              64 B  same-cpu         4.35 µs  4.9 %  20.0 µs  20.0 µs  5.13 µs  10.3 µs      0.002    6 of 7
──────────────────────────────────────────────────────────────────────────────────────────────────────────────────
 mmap:wait=futex  4 KiB  same-cpu   ext4  1.00 µs      —        —        —  1.00 µs  2.00 µs      0.002         2
 mmap:wait=spin   4 KiB  same-cpu   ext4  failed: consumer: signal: killed
`
	got := rendered(t, fixedLaunches(t), Text)
	if !strings.HasPrefix("\n"+got, want) {
		t.Errorf("got\n%s\nwant it to begin with%s", got, want)
	}
	want = `
Throughput
 transport  size  placement  messages  ±      bytes  CPU/msg  ctxsw/msg  faults/msg  launches
──────────────────────────────────────────────────────────────────────────────────────────────
 pipe       64 B  same-cpu   1.50 M/s  —  96.0 MB/s  1.33 µs      0.010           0         1
`
	if !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant in it%s", got, want)
	}
}

func TestMarkdownTable(t *testing.T) {
	got := rendered(t, fixedLaunches(t), Markdown)
	for _, want := range []string{
		"### Round-trip latency\n\n| transport | size | placement | on | p50 | ± |",
		"\n| pipe | 64 B | same-cpu |  | 4.35 µs | 4.9 % | 20.0 µs |",
		"\n| mmap:wait=spin | 4 KiB | same-cpu | ext4 | failed: consumer: signal: killed |  |  |  |  |  |  |  |\n",
		"\n### Throughput\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant in it %q", got, want)
		}
	}
}

func TestTextTableOfARunFits120ColumnsWithoutEscapes(t *testing.T) {
	got := rendered(t, sampleLaunches(t), Text)
	for line := range strings.Lines(got) {
		line = strings.TrimSuffix(line, "\n")
		if width := utf8.RuneCountInString(line); width > 120 {
			t.Errorf("%d columns: %s", width, line)
		}
		if line != strings.TrimRight(line, " ") {
			t.Errorf("trailing spaces: %q", line)
		}
	}
	if strings.ContainsRune(got, '\x1b') {
		t.Error("the table has escape codes")
	}
	if reason := "skipped: two spinning ends need two CPUs"; !strings.Contains(got, reason) {
		t.Errorf("no row says %q:\n%s", reason, got)
	}
}

func TestTableNamesTheDirectoryWhereOneFilesystemHasTwo(t *testing.T) {
	a, b := cellOf("mmap", "latency", 64, "free"), cellOf("mmap", "latency", 64, "free")
	a.Dir, a.FSType, b.Dir, b.FSType = "/mnt/a", "ext4", "/mnt/b", "ext4"
	got := rendered(t, []results.Launch{okLaunch(a, 1, results.RTTP50, 5), okLaunch(b, 1, results.RTTP50, 6)}, Text)
	if !strings.Contains(got, "ext4 /mnt/a") || !strings.Contains(got, "ext4 /mnt/b") {
		t.Errorf("the directories are not told apart:\n%s", got)
	}
}

func TestTableHasNoColumnForWhatDoesNotVary(t *testing.T) {
	columns := func(launches ...Launch) (names []string) {
		for _, c := range Tables(Summarize(launches))[0].Columns {
			names = append(names, c.Name)
		}
		return names
	}
	plain := okLaunch(cellOf("pipe", "latency", 64, "free"), 1, results.RTTP50, 5)
	busy := plain
	busy.Pairs, busy.RatePerS, busy.Dir = 4, 1000, "/tmp"
	for _, name := range []string{"on", "pairs", "offered"} {
		if slices.Contains(columns(plain), name) || !slices.Contains(columns(plain, busy), name) {
			t.Errorf("column %s is in %v and not in %v", name, columns(plain), columns(plain, busy))
		}
	}
}

func TestJSONHasEveryCellAndNullForWhatIsNotKnown(t *testing.T) {
	var out bytes.Buffer
	if err := WriteJSON(&out, sampleRun, Summarize(fixedLaunches(t))); err != nil {
		t.Fatal(err)
	}
	var document struct {
		results.Run     results.Run
		Results []struct {
			Transport string
			SizeBytes int `json:"size_bytes"`
			Launches  int
			results.Failed    int
			Reason    string
			results.Metrics   map[string]map[string]any
		}
	}
	if err := json.Unmarshal(out.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	if document.Run.Name != sampleRun.Name || len(document.Results) != 4 {
		t.Fatalf("run %q with %d results", document.Run.Name, len(document.Results))
	}
	pipe, futex, spin := document.Results[0], document.Results[1], document.Results[2]
	if least := pipe.Metrics[results.RTTMin]; pipe.Launches != 6 || least["median"] != 4350.0 || least["lo"] != 4135.714285714285 || least["hi"] != 4564.285714285715 || least["n"] != 6.0 {
		t.Errorf("pipe is %+v", pipe)
	}
	if p50 := futex.Metrics[results.RTTP50]; futex.SizeBytes != 4096 || p50["median"] != 1000.0 || p50["lo"] != nil || p50["hi"] != nil {
		t.Errorf("mmap:wait=futex is %+v", futex)
	}
	if spin.Launches != 0 || spin.Failed != 1 || spin.Reason != "consumer: signal: killed" || len(spin.Metrics) != 0 {
		t.Errorf("mmap:wait=spin is %+v", spin)
	}
}

func TestJSONOfNothingIsAnEmptyList(t *testing.T) {
	var out bytes.Buffer
	if err := WriteJSON(&out, sampleRun, nil); err != nil || !strings.Contains(out.String(), `"results": []`) {
		t.Errorf("%v\n%s", err, out.String())
	}
}

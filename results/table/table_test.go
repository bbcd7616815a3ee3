package table

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"ipcbench/results"
	"ipcbench/results/resultstest"
	"ipcbench/results/summary"
)

func rendered(t *testing.T, launches []results.Launch, style Style) string {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, summary.Of(launches), style); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTextTable(t *testing.T) {
	want := `
Round-trip latency · ctxsw/msg 0.002
 transport        on        p50      ±      p99    p99.9     mean  CPU/msg  launches
── 64 B, same-cpu ───────────────────────────────────────────────────────────────────
 pipe                   4.40 µs  5.9 %  20.0 µs  20.0 µs  5.13 µs  10.3 µs    6 of 7
── 4 KiB, same-cpu ──────────────────────────────────────────────────────────────────
 mmap:wait=futex  ext4   900 ns      —        —        —  1.00 µs  2.00 µs         2
 mmap:wait=spin   ext4  failed: consumer: signal: killed
`
	got := rendered(t, resultstest.Few(t), Text(120))
	if !strings.HasPrefix("\n"+got, want) {
		t.Errorf("got\n%s\nwant it to begin with%s", got, want)
	}
	want = `
Throughput · 64 B, same-cpu · 1 launch each
 transport  messages  ±      bytes  CPU/msg  ctxsw/msg
───────────────────────────────────────────────────────
 pipe       1.50 M/s  —  96.0 MB/s  1.33 µs      0.010
`
	if !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant in it%s", got, want)
	}
}

func TestMarkdownTable(t *testing.T) {
	got := rendered(t, resultstest.Few(t), Markdown)
	for _, want := range []string{
		"### Round-trip latency\n\n| transport | size | placement | on | p50 | ± |",
		"\n| pipe | 64 B | same-cpu |  | 4.40 µs | 5.9 % | 20.0 µs |",
		"\n| mmap:wait=spin | 4 KiB | same-cpu | ext4 | failed: consumer: signal: killed |  |  |  |  |  |  |  |\n",
		"\n### Throughput\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant in it %q", got, want)
		}
	}
}

func TestTextTableOfARunFits120ColumnsWithoutEscapes(t *testing.T) {
	got := rendered(t, resultstest.Launches(t), Text(120))
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
	a, b := resultstest.Cell("mmap", "latency", 64, "free"), resultstest.Cell("mmap", "latency", 64, "free")
	a.Dir, a.FSType, b.Dir, b.FSType = "/mnt/a", "ext4", "/mnt/b", "ext4"
	got := rendered(t, []results.Launch{resultstest.OK(a, 1, results.RTTP50, 5), resultstest.OK(b, 1, results.RTTP50, 6)}, Text(120))
	if !strings.Contains(got, "ext4 /mnt/a") || !strings.Contains(got, "ext4 /mnt/b") {
		t.Errorf("the directories are not told apart:\n%s", got)
	}
}

func TestTableHasNoColumnForWhatDoesNotVary(t *testing.T) {
	columns := func(launches ...results.Launch) (names []string) {
		for _, c := range Tables(summary.Of(launches))[0].Columns {
			names = append(names, c.Name)
		}
		return names
	}
	plain := resultstest.OK(resultstest.Cell("pipe", "latency", 64, "free"), 1, results.RTTP50, 5)
	busy := plain
	busy.Pairs, busy.RatePerS, busy.Dir = 4, 1000, "/tmp"
	for _, name := range []string{"on", "pairs", "offered"} {
		if slices.Contains(columns(plain), name) || !slices.Contains(columns(plain, busy), name) {
			t.Errorf("column %s is in %v and not in %v", name, columns(plain), columns(plain, busy))
		}
	}
}

// TestSetUpHasTwoTables: of the stages, without the columns that no row has anything
// for, and of what pages cost, with the rows that know it.
func TestSetUpHasTwoTables(t *testing.T) {
	pipe := resultstest.OK(resultstest.Cell("pipe", "setup", 64, "same-cpu"), 1, results.SetupTotal, 5e4)
	pipe.Metrics[results.StageNS("create")] = 3e4
	mmap := resultstest.OK(resultstest.Cell("mmap", "setup", 64, "same-cpu"), 1, results.SetupTotal, 2e6)
	mmap.Metrics[results.StageNS("touch")] = 1.5e6
	mmap.Metrics[results.PageNS("touch", "new")] = 5e3
	got := Tables(summary.Of([]results.Launch{pipe, mmap}))
	if len(got) != 2 || got[0].Part != "" || got[1].Part != "pages" || len(got[0].Rows) != 2 || len(got[1].Rows) != 1 {
		t.Fatalf("%+v", got)
	}
	names := func(table Table) (all []string) {
		for _, c := range table.Columns {
			all = append(all, c.Name)
		}
		return all
	}
	if first := names(got[0]); slices.Contains(first, "lock") || !slices.Contains(first, "create") || !slices.Contains(first, "touch") {
		t.Errorf("the columns are %q", first)
	}
	if text := rendered(t, []results.Launch{pipe}, Text(120)); strings.Contains(text, "A page") {
		t.Errorf("there are no pages of files in\n%s", text)
	}
}

package report_test

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
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

// mostBytes is what a run directory of a few kilobytes may have allocated, one after
// the other, whatever is in it. What takes time without end go test -fuzz stops
// after ten seconds, and go test after its timeout.
const mostBytes = 2 << 30

// FuzzRunDirectory has a stranger's run.json and launches.jsonl reported, and
// compared with themselves and with a run of ours.
func FuzzRunDirectory(f *testing.F) {
	run, launches := ours(f)
	f.Add(run, launches)
	f.Add(run, launches[:len(launches)/2])
	f.Add([]byte(`{"schema":1}`), []byte(`{"status":"ok","size_bytes":1}`))
	for _, hostile := range []string{ // of what the checks from outside hung on
		`"metrics":{"rtt_p50_ns":1.7e308}`, `"metrics":{"rtt_p50_ns":5e-324}`, `"metrics":{"rtt_p50_ns":1e18,"rtt_p99_ns":1e-18}`,
		`"dir":"` + strings.Repeat("x", 100_000) + `"`, `"workload":"` + strings.Repeat("y", 64) + `"`, `"placement":"../../../x"`,
		`"labels":{"\u001b[31m":"\u001b]0;t\u0007","=1":"<img src=x>"}`, `"fstype":"| \u202e <script>\n# x"`,
		`"size_bytes":1099511627776`, `"pairs":1e18`, `"rate_per_s":1e18`, `"producer_cpu":-9e18`,
		`"warnings":[{"id":"modes","values":{"modes":1e300}},{"id":"outlier-slow-explained","values":{"launch":-1,"times":1e18}}]`,
		`"slices_ns":[1e18,1e-300,0]`, `"workers":[{"tick_ns":-9e17,"stamp_every":-1,"clock_ns":1e18}]`,
	} {
		f.Add(run, bytes.ReplaceAll(launches, []byte(`"pairs":1`), []byte(`"pairs":1,`+hostile)))
	}
	f.Fuzz(func(t *testing.T, run, launches []byte) { read(t, run, launches) })
}

// FuzzHistogramOfARun has the histogram of every launch be a stranger's: what is
// compressed in there, header included.
func FuzzHistogramOfARun(f *testing.F) {
	run, launches := ours(f)
	inside := inflated(f, launches)
	f.Add(inside)
	for _, count := range []uint64{1e12, 1 << 40, math.MaxInt64 / 2, math.MaxInt64} {
		f.Add(append(inside[:40:40], varint(count)...)) // one bucket that holds it all
	}
	f.Add(bytes.Repeat([]byte{0}, 1<<16))
	f.Fuzz(func(t *testing.T, inside []byte) {
		if len(inside) >= 8 { // the length of what follows the header, or hardly any input would be read
			binary.BigEndian.PutUint32(inside[4:], uint32(max(0, len(inside)-40)))
		}
		read(t, run, withHistogram(launches, deflated(inside)))
	})
}

// read does with a run directory all that report and compare do.
func read(t *testing.T, run, launches []byte) {
	before := allocated()
	dir := inMemory(t)
	for name, data := range map[string][]byte{"run.json": run, "launches.jsonl": launches, "why.jsonl": launches} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := show(dir); err != nil && strings.Contains(err.Error(), "\n") {
		t.Errorf("the error is not one line: %q", err)
	}
	if bytes := allocated() - before; bytes > mostBytes {
		t.Errorf("it took %d MiB", bytes>>20)
	}
}

// inMemory is a directory of its own, in memory where that is a place: nothing is
// learned from waiting until a disk has each chart.
func inMemory(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "ipcbench-fuzz-*")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func show(dir string) error {
	run, launches, _, err := results.Open(dir)
	if err != nil {
		return err
	}
	diagnosed, _, err := results.OpenWhy(dir, run.Schema)
	if err != nil {
		return err
	}
	analysis := summary.Analyze(run, launches, diagnosed)
	// All that Remake does, but for the pictures of dots: they are of the same lines
	// as those of the page, and go test gives an input but ten seconds.
	if err := report.Write(io.Discard, analysis, charts.All(analysis)); err != nil {
		return err
	}
	for _, write := range []func(io.Writer) error{
		func(w io.Writer) error { return export.WriteLaunchesCSV(w, launches) },
		func(w io.Writer) error { return export.WriteWorkersCSV(w, launches, diagnosed) },
		func(w io.Writer) error { return export.WriteSummaryCSV(w, analysis.Cells) },
		func(w io.Writer) error { return export.WriteBench(w, run, launches) },
		func(w io.Writer) error { return export.WriteJSON(w, analysis) },
	} {
		if err := write(io.Discard); err != nil {
			return err
		}
	}
	for _, style := range []table.Style{table.Text(120), table.Markdown} {
		var out bytes.Buffer
		if err := table.Write(&out, analysis.Cells, style); err != nil {
			return err
		}
		if err := alike.Write(&out, alike.Of(analysis.Cells), style); err != nil {
			return err
		}
		if i := bytes.IndexAny(out.Bytes(), "\x1b\x07\r\u009b\u202e"); i >= 0 {
			panic(fmt.Sprintf("an order to the terminal is in %q", out.Bytes()[i:]))
		}
	}
	for _, e := range why.Of(analysis.Cells, diagnosed) {
		if err := e.Table().Render(io.Discard, table.Text(120)); err != nil {
			return err
		}
	}
	theirs := compare.Of(run, launches)
	other := compare.Run{Run: resultstest.Run, Launches: ourLaunches()}
	other.Name = "ours"
	for _, sides := range [][2]compare.Run{{theirs, theirs}, {other, theirs}, {theirs, other}} {
		c, err := compare.Runs([]compare.Run{sides[0]}, []compare.Run{sides[1]}, compare.Options{Force: true, Threshold: 0.05})
		if err != nil {
			continue // they may have no cell in common
		}
		plain := func(_ compare.Verdict, words string) string { return words }
		if err := compare.WriteText(io.Discard, c, 80, plain); err != nil {
			return err
		}
		for _, write := range []func(io.Writer, compare.Comparison) error{compare.WriteMarkdown, compare.WriteJSON, compare.WriteCSV, writeComparison} {
			if err := write(io.Discard, c); err != nil {
				return err
			}
		}
	}
	return nil
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func ourLaunches() []results.Launch {
	return resultstest.Of(resultstest.Cell("pipe", "latency", 64, "free"), results.RTTP50, 5000, 5100, 5050, 5020, 5070, 5060, 5010)
}

// ours is a small run of which a launch has a histogram.
func ours(f *testing.F) (run, launches []byte) {
	f.Helper()
	run, err := json.MarshalIndent(resultstest.Run, "", "  ")
	if err != nil {
		f.Fatal(err)
	}
	encoded, err := resultstest.Histogram(100, 200, 300).Encode()
	if err != nil {
		f.Fatal(err)
	}
	for _, l := range ourLaunches() {
		l.Histograms = map[string]string{results.RoundTrips: encoded}
		line, err := json.Marshal(l)
		if err != nil {
			f.Fatal(err)
		}
		launches = append(append(launches, line...), '\n')
	}
	return run, launches
}

// withHistogram puts another in the place of each.
func withHistogram(launches []byte, encoded string) []byte {
	old := histogramIn(launches)
	return bytes.ReplaceAll(launches, old, []byte(encoded))
}

func histogramIn(launches []byte) []byte {
	_, rest, _ := bytes.Cut(launches, []byte(`"rtt":"`))
	old, _, _ := bytes.Cut(rest, []byte(`"`))
	return old
}

// inflated is what is in the histogram of the launches: see the HdrHistogram V2
// format, of which the first 8 bytes are a mark and the length of what follows.
func inflated(f *testing.F, launches []byte) []byte {
	f.Helper()
	raw, err := base64.StdEncoding.DecodeString(string(histogramIn(launches)))
	if err != nil {
		f.Fatal(err)
	}
	in, err := zlib.NewReader(bytes.NewReader(raw[8:]))
	if err != nil {
		f.Fatal(err)
	}
	inside, err := io.ReadAll(in)
	if err != nil {
		f.Fatal(err)
	}
	return inside
}

func deflated(inside []byte) string {
	var packed bytes.Buffer
	out := zlib.NewWriter(&packed)
	out.Write(inside)
	out.Close()
	encoded := binary.BigEndian.AppendUint32(nil, 0x1c849304|0x10)
	encoded = binary.BigEndian.AppendUint32(encoded, uint32(packed.Len()))
	return base64.StdEncoding.EncodeToString(append(encoded, packed.Bytes()...))
}

// varint is a positive count in ZigZag LEB128 of at most 9 bytes.
func varint(count uint64) []byte {
	zigzag := count << 1
	var out []byte
	for len(out) < 8 && zigzag >= 0x80 {
		out = append(out, byte(zigzag)|0x80)
		zigzag >>= 7
	}
	return append(out, byte(zigzag))
}

func writeComparison(w io.Writer, c compare.Comparison) error { return report.WriteComparison(w, c) }

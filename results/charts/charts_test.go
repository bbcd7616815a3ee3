package charts

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"ipcbench/internal/folder"
	"ipcbench/results"
)

func svgText(t testing.TB, c Chart) []byte {
	t.Helper()
	return written(t, c.WriteHTMLSVG)
}

func written(t testing.TB, write func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// parse fails the test where the picture is not XML, and returns its texts.
func parse(t testing.TB, svg []byte) (elements map[string]int, texts []string) {
	t.Helper()
	elements = map[string]int{}
	decoder := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return elements, texts
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			elements[token.Name.Local]++
		case xml.CharData:
			texts = append(texts, string(token))
		}
	}
}

func TestADefaultRunHasItsCharts(t *testing.T) {
	got := chartNames(likeDefault.charts(t))
	want := []string{
		"launches-latency-64B", "launches-latency-4KiB", "launches-latency-64KiB",
		"latency-same-cpu", "latency-same-llc",
		"percentiles-64B-same-cpu", "percentiles-4KiB-same-cpu", "percentiles-64KiB-same-cpu",
		"percentiles-64B-same-llc", "percentiles-4KiB-same-llc", "percentiles-64KiB-same-llc",
		"filesystems-latency-same-cpu", "filesystems-latency-same-llc",
		"launches-throughput-64B", "launches-throughput-4KiB", "launches-throughput-64KiB",
		"throughput-same-cpu", "throughput-same-llc",
		"filesystems-throughput-same-cpu", "filesystems-throughput-same-llc",
	}
	if !slices.Equal(got, want) {
		t.Errorf("charts\n%q\nwant\n%q", got, want)
	}
}

// A size that few transports have is not drawn instead of one that many have.
func TestTheSizesDrawnAreCommon(t *testing.T) {
	word := synthetic{specs: []string{"eventfd", "signal"}, sizes: []int{8}, placements: []string{"same-llc"}, launches: 6, messages: 2000}
	names := chartNames(chartsOf(likeDefault.run(), append(likeDefault.all(t), word.all(t)...)))
	for name, want := range map[string]bool{
		"percentiles-8B-same-llc": false, "percentiles-64B-same-llc": true, "percentiles-4KiB-same-llc": true, "percentiles-64KiB-same-llc": true,
		"launches-latency-8B": false, "launches-latency-64B": true,
	} {
		if slices.Contains(names, name) != want {
			t.Errorf("%s is there: %v, among %q", name, !want, names)
		}
	}
}

func chartNames(all []Chart) []string {
	var names []string
	for _, c := range all {
		names = append(names, c.Name)
	}
	return names
}

// Measuring another placement too must not change a chart of this one.
func TestPlacementsAreNotMixed(t *testing.T) {
	both := small
	both.specs, both.placements = []string{"pipe", "unix", "file"}, []string{"same-cpu", "same-llc"}
	launches := both.all(t)
	mixed := chartsOf(both.run(), launches)
	for _, placement := range both.placements {
		apart := chartsOf(both.run(), slices.DeleteFunc(slices.Clone(launches), func(l results.Launch) bool { return l.Placement != placement }))
		compared := 0
		for _, c := range apart {
			i := slices.IndexFunc(mixed, func(m Chart) bool { return m.Name == c.Name })
			if i < 0 || strings.HasPrefix(c.Name, "launches-") {
				continue
			}
			compared++
			if !bytes.Equal(svgText(t, c), svgText(t, mixed[i])) {
				t.Errorf("%s: another picture when other placements are measured too", c.Name)
			}
		}
		if compared < 5 {
			t.Errorf("%s: only %d charts of this placement alone", placement, compared)
		}
	}
}

// ofEveryTransport returns the charts of a run of every transport, made once.
func ofEveryTransport(t testing.TB) []Chart {
	t.Helper()
	everyChart.once.Do(func() { everyChart.all = everyTransport.charts(t) })
	return everyChart.all
}

var everyChart struct {
	once sync.Once
	all  []Chart
}

// A run of every transport shows every one in every chart over all of them.
func TestEverySeriesIsDrawn(t *testing.T) {
	for _, c := range ofEveryTransport(t) {
		if strings.HasPrefix(c.Name, "filesystems-") {
			continue
		}
		_, texts := parse(t, svgText(t, c))
		drawn := map[string]bool{}
		for _, text := range texts {
			drawn[text] = true
		}
		var families []string
		for _, text := range texts {
			_, of, _ := strings.Cut(text, ": ")
			families = append(families, strings.FieldsFunc(of, func(r rune) bool { return r == ',' || r == ' ' })...)
		}
		for _, row := range c.Rows {
			spec, place, _ := strings.Cut(row[slices.Index(c.Columns, "transport")], " · ")
			family, options, _ := strings.Cut(spec, ":")
			if options == "" {
				options = "wait=" + waitOf(spec)
			}
			inShort := drawn[options] || drawn[options+" · "+place]
			if !drawn[spec] && !drawn[spec+" · "+place] && !(inShort && slices.Contains(families, family)) {
				t.Errorf("%s: %s is not drawn", c.Name, row[0])
			}
		}
	}
}

// The plots of one chart are there to be compared: each has the same axes.
func TestSmallPlotsHaveTheSameAxes(t *testing.T) {
	compared := 0
	for _, c := range ofEveryTransport(t) {
		for _, m := range c.figure.multiples {
			first := c.figure.multiples[0].plot
			if m.plot.X.Min != first.X.Min || m.plot.X.Max != first.X.Max || m.plot.Y.Min != first.Y.Min || m.plot.Y.Max != first.Y.Max {
				t.Errorf("%s: %s has other axes than %s", c.Name, m.title, c.figure.multiples[0].title)
			}
			compared++
		}
	}
	if compared < 50 {
		t.Errorf("only %d small plots", compared)
	}
}

// The rows of a ranking, and the groups of rows, begin with the best.
func TestARankingIsSorted(t *testing.T) {
	all := ofEveryTransport(t)
	i := slices.IndexFunc(all, func(c Chart) bool { return c.Name == "launches-latency-64B-same-llc" })
	if i < 0 {
		t.Fatalf("no ranking among %q", chartNames(all))
	}
	_, texts := parse(t, svgText(t, all[i]))
	at := func(text string) int {
		i := slices.Index(texts, text)
		if i < 0 {
			t.Errorf("%q is not in the chart", text)
		}
		return i
	}
	for _, want := range [][2]string{{"Shared memory", "Sockets"}, {"Sockets", "unix"}, {"unix", "Message queues"}, {"memfd", "memfd:wait=futex"}} {
		if at(want[0]) > at(want[1]) {
			t.Errorf("%s comes after %s", want[0], want[1])
		}
	}
}

// plain is a launch with one metric and no histogram.
func plain(spec, workload string, size int, metric string, value float64) results.Launch {
	return results.Launch{
		Cell:   results.Cell{Transport: spec, Family: spec, Workload: workload, SizeBytes: size, Placement: "same-llc", ConsumerCPU: 1, Pairs: 1},
		Launch: 1, Status: results.OK, Metrics: map[string]float64{metric: value},
	}
}

// Nothing that a run may hold makes a chart panic, and what is drawn of it is
// a sound picture.
func TestOddRuns(t *testing.T) {
	one := small
	one.sizes, one.launches, one.dirs = []int{64}, 1, []string{"/tmp"}
	huge := small
	huge.sizes = []int{1, 1 << 30}
	var failed []results.Launch
	for _, l := range small.all(t) {
		l.Status, l.Reason, l.Metrics, l.Histograms = results.Failed, "killed", nil, nil
		failed = append(failed, l)
	}
	values := func(values ...float64) []results.Launch {
		var all []results.Launch
		for i, v := range values {
			for _, size := range []int{64, 4096} {
				l := plain("pipe", "latency", size, results.RTTP50, v)
				l.Launch = i + 1
				all = append(all, l)
			}
		}
		return all
	}
	broken := small.all(t)
	for i := range broken {
		broken[i].Histograms = map[string]string{results.RoundTrips: "HISTFAAAnonsense"}
	}
	fewSamples := small
	fewSamples.messages = 1
	for name, c := range map[string]struct {
		launches []results.Launch
		want     int
	}{
		"nothing":              {nil, 0},
		"all failed":           {failed, 0},
		"one launch, one size": {one.all(t), 3}, // percentiles, two strips of launches
		"huge range of sizes":  {huge.all(t), 10},
		"zero":                 {values(0, 0, 0), 0},
		"not numbers":          {values(math.NaN(), math.Inf(1)), 0},
		"one is zero":          {values(0, 5, 5, 5, 5, 5, 5), 1},
		"twelve decades":       {values(1, 1e3, 1e6, 1e9, 1e12, 1, 1e12), 1},
		"broken histograms":    {broken, 8},
		"too few samples":      {fewSamples.all(t), 8},
		"no size":              {[]results.Launch{plain("pipe", "latency", 0, results.RTTP50, 5), plain("pipe", "latency", -1, results.RTTP50, 5)}, 0},
		"no metrics":           {[]results.Launch{{Cell: results.Cell{Workload: "latency"}, Status: results.OK}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			all := chartsOf(small.run(), c.launches)
			if len(all) != c.want {
				t.Errorf("%d charts %q, want %d", len(all), chartNames(all), c.want)
			}
			for _, c := range all {
				parse(t, written(t, c.WriteSVG))
				checkLayout(t, c)
				if strings.Contains(string(svgText(t, c)), "NaN") || strings.Contains(string(svgText(t, c)), "Inf") {
					t.Errorf("%s: has a number that is none", c.Name)
				}
			}
		})
	}
}

func TestHostileNames(t *testing.T) {
	hostile := "x</text><script>alert('1')</script>&\x00\xff\"\n漢"
	s := small
	s.specs = []string{hostile, "pipe"}
	run := s.run()
	run.Name, run.Version, run.Host["cpu"] = hostile, hostile, hostile
	launches := s.all(t)
	for i := range launches {
		launches[i].Placement = "../" + hostile
	}
	all := chartsOf(run, launches)
	if len(all) == 0 {
		t.Fatal("no chart")
	}
	for _, c := range all {
		for _, svg := range [][]byte{svgText(t, c), written(t, c.WriteSVG)} {
			if elements, _ := parse(t, svg); elements["script"] > 0 {
				t.Errorf("%s: a name became an element", c.Name)
			}
		}
		if strings.ContainsAny(c.Name, "/<>\x00 ") {
			t.Errorf("%q is no name for a file", c.Name)
		}
	}
	if err := WriteTo(opened(t, t.TempDir()), all); err != nil {
		t.Error(err)
	}
}

func TestFlavours(t *testing.T) {
	for _, c := range small.charts(t) {
		page, texts := parse(t, svgText(t, c))
		if page["title"] != 1 || page["desc"] != 1 || !slices.Contains(texts, c.Title) || !slices.Contains(texts, c.Caption) {
			t.Errorf("%s: the page's picture cannot be read aloud", c.Name)
		}
		picture, _ := parse(t, written(t, c.WriteSVG))
		if picture["text"] > 0 || picture["use"] < 50 {
			t.Errorf("%s: the picture needs a typeface: %d texts, %d letters drawn", c.Name, picture["text"], picture["use"])
		}
		if bytes.Contains(written(t, c.WriteSVG), []byte("var(")) {
			t.Errorf("%s: the picture's inks depend on a page", c.Name)
		}
	}
}

func opened(t *testing.T, dir string) *folder.Folder {
	t.Helper()
	f, err := folder.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestWriteTo(t *testing.T) {
	dir := t.TempDir()
	all := small.charts(t)
	if err := WriteTo(opened(t, dir), all); err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		f, err := os.Open(filepath.Join(dir, c.Name+".png"))
		if err != nil {
			t.Fatal(err)
		}
		picture, err := png.Decode(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		if got := picture.Bounds().Dx(); got != 1459 { // 7.6 inches of 192 dots
			t.Errorf("%s.png is %d dots wide", c.Name, got)
		}
		svg, err := os.ReadFile(filepath.Join(dir, c.Name+".svg"))
		if err != nil {
			t.Fatal(err)
		}
		parse(t, svg)
	}
	other := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(other, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, now := range [][]Chart{all[1:], nil} {
		if err := WriteTo(opened(t, dir), now); err != nil {
			t.Fatal(err)
		}
		pictures, _ := filepath.Glob(filepath.Join(dir, "*.[sp][vn]g"))
		if len(pictures) != 2*len(now) {
			t.Errorf("%d pictures of %d charts are there: %q", len(pictures), len(now), pictures)
		}
	}
	if _, err := os.Stat(other); err != nil {
		t.Errorf("what is no picture was removed: %v", err)
	}
}

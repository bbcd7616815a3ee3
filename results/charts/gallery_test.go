package charts

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"ipcbench/results"
	"ipcbench/results/summary"
)

// galleryDir is where the gallery is, seen from here.
var galleryDir = filepath.Join("..", "..", "docs")

// A shown is a chart of the gallery.
type shown struct {
	file    string // stem of its picture
	title   string
	command string
	read    string // in a sentence, how it is read
	of      string // where its numbers are from
	chart   func(t testing.TB) Chart
}

const (
	ofSample    = "Of the run in [results/sample](../results/sample)."
	ofSynthetic = "Of made-up numbers: no machine has these."
)

// gallery is all that ipcbench draws, in the order of the page.
var gallery = []shown{
	{"launches", "Every launch", "ipcbench run", "Each mark is one launch, so that a median which stands for two kinds of launches is seen for what it is; below them lie the median and its interval.", ofSample, ofSampleRun("launches-latency-64B")},
	{"percentiles", "Percentiles", "ipcbench run", "To the right it goes further into the tail: where a line turns up, one round trip in so many takes that long, and a band shows how far the launches agree.", ofSample, ofSampleRun("percentiles-64B-same-llc")},
	{"latency", "Latency by size", "ipcbench run", "Within a size, marks stand beside each other so that each interval can be seen; between three sizes nothing was measured, and no line says otherwise.", ofSample, ofSampleRun("latency-same-llc")},
	{"throughput", "Throughput by size", "ipcbench run -w throughput -s 64..1MiB", "Sizes that are powers of two in a row are joined by lines: where one goes flat, copying takes all the time.", ofSynthetic, everySize},
	{"filesystems", "By filesystem", "ipcbench run mmap mmap:wait=futex file --dir /tmp --dir /dev/shm", "Each row is a transport, each shape a directory: where two lie on each other, the filesystem is not on the way of a message.", ofSample, ofSampleRun("filesystems-latency-same-llc")},
	{"all-latency", "All transports", "ipcbench run all", "One small plot for each family, all with the same axes and with all others in grey behind it.", ofSynthetic, ofEvery("latency-same-llc")},
	{"all-ranking", "All transports, every launch", "ipcbench run all", "What the data goes through are the headings, the best of each comes first.", ofSynthetic, ofEvery("launches-latency-64B-same-llc")},
	{"load", "Latency under load", "ipcbench run -w load --rate 10k,20k,50k,100k,200k,500k", "Filled marks are rates that were held; hollow ones were not, and from there on the times only tell for how long they were offered.", ofSynthetic, loaded},
	{"setup", "What it costs to get going", "ipcbench run -w setup", "Each bar is the time to the first message, divided by its stages; one that goes on beyond the plot has an arrow, and its total beside it.", ofSynthetic, setUpChart("stages-setup-64B-same-llc")},
	{"pages", "What a page costs", "ipcbench run -w setup --dir /tmp --dir /dev/shm", "Each row is a way to a page, each shape a state that the page was in.", ofSynthetic, setUpChart("pages-setup")},
	{"work", "Work on each message", "ipcbench run -w latency --work 0,1us,3us,10us,30us,100us,1ms", "Where the marks meet the dashed line, the work is all that takes time and the transport has stopped to matter.", ofSynthetic, func(t testing.TB) Chart { return works(t, worked, everyAmount...)[0] }},
	{"pairs", "Pairs at once", "ipcbench run -w throughput --pairs 1,2,4,8", "A line that stops rising has found what the pairs share.", ofSynthetic, ofPairs},
	{"batch", "Messages that share a sync", "ipcbench run mmap:sync=sync file:sync=sync -w throughput --batch 1,4,16,64,256,1024", "Along a grey line a sync takes the same time however many messages share it.", ofSynthetic, ofBatches},
	{"compare", "A comparison", "ipcbench compare OLD NEW --chart compare.svg", "A mark is the change of a cell, with its interval; what lies in the shaded strip counts as the same, and what goes beyond the plot has an arrow and its number.", ofSynthetic, wideForest},
	{"history", "Many runs", "ipcbench history DIR -o history.svg", "Each course is a series over the runs; a dashed line is where it changed, and by how much.", ofSynthetic, func(t testing.TB) Chart { return History(pastOf(t, 60, 4)) }},
	{"fleet", "Many hosts", "ipcbench compare --old kernel=6.12 --new kernel=6.18 --chart=fleet.svg fleet.jsonl", "Each row is a cell, each column a host; a row of one colour is what all hosts share, and a framed square a host that stands alone.", ofSynthetic, ofHosts},
	{"cores", "From CPU to CPU", "ipcbench cores --chart cores.svg", "Each square is a pair of CPUs, the darker the longer a cache line takes between them.", ofSynthetic, func(testing.TB) Chart { return Cores(someCores(smallServer)) }},
	{"power", "How small a slowdown is found", "make power   # in a checkout", "The higher a mark, the surer a change of that size is found; CV is how much equal launches of the cell differ.", "Of [results/trials/power-noisy.md](../results/trials/power-noisy.md), a noisy night.", func(t testing.TB) Chart { return ofTrials(t, "power-noisy.md", powerTrials["power-noisy"]) }},
}

// powerTrials are the tables of "make power" that are kept, and of how many trials each
// share is.
var powerTrials = map[string]int{"power": 20, "power-noisy": 8}

// TestTheGalleryIsAsAgreed draws docs/gallery.md and its pictures, and fails where they
// are others than those that are there: look at what has changed, and run it with
// -update ("make docs").
func TestTheGalleryIsAsAgreed(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the pictures were made on amd64: elsewhere floating point may round the last digit otherwise")
	}
	var page strings.Builder
	page.WriteString(galleryHead)
	for _, g := range gallery {
		c := g.chart(t)
		checkLayout(t, c)
		agreed(t, filepath.Join("gallery", g.file+".svg"), written(t, c.WriteSVG))
		if dir := os.Getenv("GALLERY_PICTURES"); dir != "" {
			os.WriteFile(filepath.Join(dir, g.file+".png"), written(t, c.WritePNG), 0o644)
		}
		fmt.Fprintf(&page, "\n## %s\n\n    %s\n\n![%s](gallery/%s.svg)\n\n%s %s\n", g.title, g.command, c.Title, g.file, g.read, g.of)
	}
	agreed(t, filepath.Join("gallery", "card.svg"), written(t, someCard.WriteSVG))
	page.WriteString(galleryTail)
	for file, trials := range powerTrials {
		c := ofTrials(t, file+".md", trials)
		agreed(t, filepath.Join("..", "results", "trials", file+".svg"), written(t, c.WriteSVG))
	}
	agreed(t, "gallery.md", []byte(page.String()))
}

const galleryHead = `# What ipcbench draws

A run has its charts in its directory, as SVG and PNG, and on its page. One colour stands
for one transport, in all charts of all runs: memory is blue, pipes are green, sockets orange
and red, queues violet, files brown. A filled mark gives its CPU up while it waits, a hollow
one keeps it; where there are lines, their pattern says more. Each chart says which way is
better, over how many launches, and on what machine. Made by ` + "`make docs`" + `.
`

const galleryTail = `
## At a glance

![The card of a run: its answer, bars, the machine and the command](gallery/card.svg)

The one picture to pass on: the answer, what it holds for, and how to get it. Of made-up
numbers: no machine has these.
`

// agreed fails where a file of the gallery is not the one that is there.
func agreed(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join(galleryDir, name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what is drawn now: run \"make docs\" and look at it", path)
	}
}

func named(t testing.TB, all []Chart, name string) Chart {
	t.Helper()
	i := slices.IndexFunc(all, func(c Chart) bool { return c.Name == name })
	if i < 0 {
		t.Fatalf("no %s among %q", name, chartNames(all))
	}
	return all[i]
}

func ofSampleRun(name string) func(testing.TB) Chart {
	return func(t testing.TB) Chart {
		run, launches, _, err := results.Open(filepath.Join("..", "sample"))
		if err != nil {
			t.Fatal(err)
		}
		return named(t, All(summary.Analyze(run, launches, nil)), name)
	}
}

func ofEvery(name string) func(testing.TB) Chart {
	return func(t testing.TB) Chart { return named(t, ofEveryTransport(t), name) }
}

func setUpChart(name string) func(testing.TB) Chart {
	return func(t testing.TB) Chart { return named(t, chartsOf(setUpRun(), setUpLaunches(7)), name) }
}

func everySize(t testing.TB) Chart {
	s := likeDefault
	s.sizes, s.dirs, s.placements, s.messages = nil, []string{"/tmp"}, []string{"same-llc"}, 50
	for size := 64; size <= 1<<20; size *= 2 {
		s.sizes = append(s.sizes, size)
	}
	return named(t, s.charts(t), "throughput-same-llc")
}

// loaded is a queue with one server, of each transport.
func loaded(t testing.TB) Chart {
	run := likeDefault.run()
	run.Plan.Specs = []string{"mmap:wait=spin", "mmap:wait=futex", "pipe", "unix"}
	var launches []results.Launch
	for i, spec := range run.Plan.Specs {
		service := []float64{400, 2600, 3300, 4800}[i] // ns
		for _, rate := range []float64{1e4, 2e4, 5e4, 1e5, 2e5, 5e5} {
			for n := range 6 {
				l := plain(spec, "load", 64, results.OneWayP50, 0)
				l.Family, l.Group, l.Waits, l.RatePerS, l.Launch = familyOf(spec), groupNameOf(spec), string(wayOf(spec)), rate, n+1
				used := min(rate*service/1e9, 0.97)
				wait := service * (1.5 + used/(1-used)) * (1 + 0.02*math.Sin(float64(n)))
				h := results.NewHistogram()
				for q := range 4000 {
					h.Record(int64(wait * (0.8 - 0.4*math.Log(1-(float64(q)+0.5)/4000))))
				}
				encoded, err := h.Encode()
				if err != nil {
					t.Fatal(err)
				}
				l.Histograms = map[string]string{results.OneWays: encoded}
				for metric, q := range map[string]float64{results.OneWayP50: 0.5, results.OneWayP99: 0.99, results.OneWayP999: 0.999} {
					l.Metrics[metric], _ = h.Quantile(q)
				}
				l.Metrics[results.ScheduledPerS], l.Metrics[results.AchievedPerS] = rate, min(rate, 0.95e9/service)
				launches = append(launches, l)
			}
		}
	}
	return named(t, chartsOf(run, launches), "load-64B-same-llc")
}

func ofPairs(t testing.TB) Chart {
	var launches []results.Launch
	for _, of := range []struct {
		spec  string
		share float64 // of its time in which others wait for it
	}{{"mmap:wait=spin", 0.01}, {"pipe", 0.08}, {"unix", 0.15}, {"mq", 0.45}} {
		for _, pairs := range []int{1, 2, 4, 8} {
			for n := range 6 {
				rate := 1e9 / typicalNS(results.Cell{Transport: of.spec, Family: familyOf(of.spec)}) * (1 + 0.03*math.Sin(float64(7*n)))
				rate *= float64(pairs) / (1 + of.share*float64(pairs-1))
				l := plain(of.spec, "throughput", 64, results.BytesPerS, 64*rate)
				l.Family, l.Waits, l.Pairs, l.Launch = familyOf(of.spec), string(wayOf(of.spec)), pairs, n+1
				l.Metrics[results.MsgsPerS] = rate
				launches = append(launches, l)
			}
		}
	}
	run := likeDefault.run()
	run.Plan.Specs = []string{"mmap:wait=spin", "pipe", "unix", "mq"}
	all := chartsOf(run, launches)
	i := slices.IndexFunc(all, func(c Chart) bool { return strings.HasPrefix(c.Name, "by-pairs") })
	if i < 0 {
		t.Fatalf("%q", chartNames(all))
	}
	return all[i]
}

func ofBatches(t testing.TB) Chart {
	run := small.run()
	run.Plan.Specs, run.Plan.Dirs = []string{"mmap:sync=sync", "log:sync=sync", "file:sync=sync"}, []string{"/tmp", "/mnt/xfs"}
	return named(t, chartsOf(run, batched(t, 1, 4, 16, 64, 256, 1024)), "batch-throughput-64B-same-llc")
}

// wideForest has an interval that says next to nothing among those that do.
func wideForest(t testing.TB) Chart {
	c := someChanges(t)
	c.Rows[1].Effect.Hi = 38
	return forestOf(t, c)
}

// ofTrials reads a table of "make power" of so many trials.
func ofTrials(t testing.TB, file string, trials int) Chart {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "trials", file))
	if err != nil {
		t.Fatal(err)
	}
	var cells []Power
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(string(text), "\u00a0", " ")), "\n")
	heads := strings.Split(strings.Trim(lines[0], "| "), " | ")
	for _, line := range lines[2:] {
		values := strings.Split(strings.Trim(line, "| "), " | ")
		cell := Power{Cell: values[0], CV: share(t, values[1])}
		for i := 2; i < len(values); i++ {
			found := share(t, values[i])
			if !strings.HasPrefix(heads[i], "+") {
				cell.Among = append(cell.Among, found)
				continue
			}
			lo, hi := wilson(found, float64(trials))
			cell.Added, cell.Found = append(cell.Added, share(t, strings.TrimPrefix(heads[i], "+"))), append(cell.Found, found)
			cell.Lo, cell.Hi = append(cell.Lo, lo), append(cell.Hi, hi)
		}
		if cell.Among == nil {
			cell.Among = make([]float64, len(cell.Found))
		}
		cells = append(cells, cell)
	}
	method := fmt.Sprintf("Two runs of 10 launches, in the second of which every round trip of 4 KiB burns a known time more; %d trials of each, median round trip, Wilson intervals.", trials)
	return PowerCurve(cells, 36, method, "ipcbench")
}

func share(t testing.TB, percent string) float64 {
	t.Helper()
	var v float64
	if _, err := fmt.Sscanf(percent, "%g %%", &v); err != nil {
		t.Fatalf("%q: %v", percent, err)
	}
	return v / 100
}

// wilson is the 95 % score interval of a share of so many.
func wilson(share, of float64) (lo, hi float64) {
	const z = 1.96
	centre := (share + z*z/(2*of)) / (1 + z*z/of)
	half := z / (1 + z*z/of) * math.Sqrt(share*(1-share)/of+z*z/(4*of*of))
	return max(0, centre-half), min(1, centre+half)
}

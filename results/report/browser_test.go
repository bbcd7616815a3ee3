package report

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"ipcbench/results"
	"ipcbench/results/charts"
	"ipcbench/results/compare"
	"ipcbench/results/history"
	"ipcbench/results/profile"
	"ipcbench/results/resultstest"
	"ipcbench/results/summary"
)

// A tab is one of a real browser, with a page in it.
type tab struct {
	*testing.T
	ctx context.Context

	mu       sync.Mutex
	requests []string // all that it asked for
	errors   []string // all that its console has, but for what is only information
}

// open opens a page, which is a file as a reader has it. Without Chromium the test is
// skipped.
func open(t *testing.T, html string, first ...chromedp.Action[chromedp.Void]) *tab {
	t.Helper()
	if _, err := exec.LookPath("chromium"); err != nil {
		t.Skip("no Chromium to open the page in: apt-get install chromium")
	}
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(html), 0o644); err != nil {
		t.Fatal(err)
	}
	// As root it runs with no sandbox or not at all; the page is ours.
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath("chromium"), chromedp.NoSandbox)...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	opened := &tab{T: t, ctx: ctx}
	if err := chromedp.Listen(ctx, opened.note); err != nil {
		t.Fatal(err)
	}
	opened.do(append(first, chromedp.Navigate((&url.URL{Scheme: "file", Path: file}).String()))...)
	return opened
}

func (o *tab) note(event any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		o.requests = append(o.requests, e.Request.URL)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			o.errors = append(o.errors, e.Entry.Text)
		}
	case *cdpruntime.EventExceptionThrown:
		o.errors = append(o.errors, e.ExceptionDetails.Text)
	}
}

func (o *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	o.Helper()
	if err := chromedp.Do(o.ctx, steps...); err != nil {
		o.Fatal(err)
	}
}

// eval evaluates an expression, of a promise what it comes to.
func eval[T any](o *tab, expression string) T {
	o.Helper()
	value, err := chromedp.Run(o.ctx, chromedp.Evaluate[T](expression, func(p *cdpruntime.EvaluateParams) {
		yes := true
		p.AwaitPromise = &yes
	}))
	if err != nil {
		o.Fatalf("%s: %v", expression, err)
	}
	return value
}

// show has the tab be so wide, and prefer that scheme of colours.
func (o *tab) show(width int64, scheme string) {
	o.Helper()
	o.do(chromedp.EmulateViewport(width, 800), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	}))
}

// printed is how many pages it takes on paper.
func (o *tab) printed() int {
	o.Helper()
	pdf, err := chromedp.Run(o.ctx, chromedp.PrintToPDF())
	if err != nil {
		o.Fatal(err)
	}
	return len(regexp.MustCompile(`/Type\s*/Page\b`).FindAll(pdf, -1))
}

// pageOf is the page of a run with some of everything.
func pageOf(t *testing.T) string {
	t.Helper()
	run := resultstest.Run
	run.Plan.Sizes = []int{64, 65536}
	run.Floors = []results.Floor{{Name: results.CopyFloor, SizeBytes: 4096, NS: 123, Doc: "one copy of a message"}}
	run.Warnings = slices.Repeat([]results.Warning{results.Told.With("text", "another process used 12 % of a CPU")}, 5)
	return written(t, run, resultstest.Launches(t))
}

// keptPage is the page of results/sample, a default run.
func keptPage(t *testing.T) string {
	t.Helper()
	run, launches, _, err := results.Open("../sample")
	if err != nil {
		t.Fatal(err)
	}
	return written(t, run, launches)
}

// profiledPages are those of testdata/profiled, two real runs of one cell, and of their
// comparison.
func profiledPages(t *testing.T) (run, comparison string) {
	t.Helper()
	var sides []compare.Run
	var profiles [][]profile.Profile
	for _, side := range []string{"old", "new"} {
		dir, err := results.OpenFolder(filepath.Join("testdata", "profiled", side))
		if err != nil {
			t.Fatal(err)
		}
		defer dir.Close()
		kept, launches, _, err := results.Open(dir.Path())
		if err != nil {
			t.Fatal(err)
		}
		sampled, warnings, err := profile.Open(dir, kept.Schema)
		if err != nil || len(warnings) > 0 || len(sampled) == 0 {
			t.Fatalf("%d profiles: %v %q", len(sampled), err, warnings)
		}
		sides, profiles = append(sides, compare.Of(kept, launches)), append(profiles, sampled)
		var page bytes.Buffer
		a := summary.Analyze(kept, launches, nil)
		if err := Write(&page, a, charts.All(a), sampled...); err != nil {
			t.Fatal(err)
		}
		run = page.String()
	}
	c, err := compare.Runs(sides[:1], sides[1:], compare.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if err := WriteComparison(&page, c, profile.Compare(profiles[0], profiles[1])...); err != nil {
		t.Fatal(err)
	}
	return run, page.String()
}

// pages are one of each kind.
func pages(t *testing.T) map[string]string {
	t.Helper()
	var nights bytes.Buffer
	if err := WriteHistory(&nights, nightly(t)); err != nil {
		t.Fatal(err)
	}
	profiled, changed := profiledPages(t)
	return map[string]string{"run with profiles": profiled, "comparison of profiles": changed, "run": pageOf(t), "comparison": comparisonPageOf(t, slower(t, "6.20.1")), "history": nights.String(), "experiment": experimentPageOf(t, experimentOf(t)), "fleet": fleetPageOf(t, fleetOf(t))}
}

// TestPagesInABrowser has each kind of page opened, and its profiles unfolded: nothing goes
// wrong, nothing is asked for, a phone does not scroll sideways and axe-core finds nothing amiss.
func TestPagesInABrowser(t *testing.T) {
	for kind, html := range pages(t) {
		t.Run(kind, func(t *testing.T) {
			o := open(t, html)
			eval[any](o, `document.querySelectorAll('#profiles details').forEach(d => d.open = true), null`)
			for _, scheme := range []string{"light", "dark"} {
				for _, width := range []int64{1280, 390} {
					o.show(width, scheme)
					if wide := eval[int64](o, "document.documentElement.scrollWidth"); wide > width {
						t.Errorf("on a screen of %d pixels it takes %d", width, wide)
					}
					for _, amiss := range axe(o) {
						t.Errorf("%d pixels, %s: %s", width, scheme, amiss)
					}
				}
			}
			o.mu.Lock()
			defer o.mu.Unlock()
			asked := slices.DeleteFunc(slices.Clone(o.requests), func(url string) bool { return strings.HasPrefix(url, "data:") })
			if len(asked) != 1 || !strings.HasSuffix(asked[0], "page.html") {
				t.Errorf("it asked for %q", o.requests)
			}
			if len(o.errors) > 0 {
				t.Errorf("its console has %q", o.errors)
			}
		})
	}
}

// axe is what axe-core finds, nothing where it is not at hand: of 650 kB, it is not
// kept here.
func axe(o *tab) []string {
	o.Helper()
	path := os.Getenv("AXE_CORE")
	if path == "" {
		o.Log("not looked at by axe-core: npm pack axe-core, and AXE_CORE=package/axe.min.js")
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		o.Fatal(err)
	}
	eval[bool](o, string(text)+"\n;typeof axe === 'object'")
	return eval[[]string](o, `axe.run().then(r => r.passes.length < 10 ? ['hardly anything was looked at'] : r.violations.flatMap(v => v.nodes.map(n => v.id + ': ' + n.html.slice(0, 120) + ' ' + n.failureSummary)))`)
}

func TestTablesInABrowser(t *testing.T) {
	o := open(t, pageOf(t))
	column := func(i int) string {
		return fmt.Sprintf(`[...document.querySelectorAll('#latency tbody tr')].filter(r => !r.hidden).map(r => r.cells[%d]?.textContent ?? '').join('|')`, i)
	}
	before, transports := eval[string](o, column(5)), eval[string](o, column(0))
	sort := `[...document.querySelectorAll('#latency thead button')].find(b => b.textContent === 'p50').click()`
	p50 := `[...document.querySelectorAll('#latency thead th')].findIndex(h => h.textContent === 'p50')`
	sorted := fmt.Sprintf(`[...document.querySelectorAll('#latency tbody tr')].map(r => r.querySelector('.note') ? Infinity : numberIn(r.cells[%s].textContent))`, p50)
	ascends := fmt.Sprintf(`%s.every((v, i, all) => i === 0 || all[i-1] <= v)`, sorted)
	if eval[bool](o, ascends) {
		t.Error("the rows are in order before they are sorted: this test tells nothing")
	}
	eval[any](o, sort+`, null`)
	if !eval[bool](o, ascends) {
		t.Errorf("sorted by p50: %v", eval[[]any](o, sorted))
	}
	if now := eval[string](o, `document.querySelector('#latency [aria-sort]')?.ariaSort ?? ''`); now != "ascending" {
		t.Errorf("whoever does not see it is told that the order is %q", now)
	}
	eval[any](o, sort+`, `+sort+`, null`)
	if now := eval[string](o, column(5)); now != before {
		t.Errorf("at the third click the rows are as they were, and not %s", now)
	}

	eval[any](o, `(() => { const s = document.querySelector('#latency .tools select'); s.value = 'pipe'; s.dispatchEvent(new Event('input')) })(), null`)
	if now := eval[string](o, column(0)); strings.Trim(now, "pie|") != "" || now == "" || now == transports {
		t.Errorf("of pipe alone there are %s", now)
	}
	csv := eval[string](o, `csvOf(document.querySelector('#latency table'))`)
	header, rows := resultstest.ReadCSV(t, csv)
	if len(rows) != 4 || !strings.HasPrefix(header, "transport,size,placement") || rows[0]["transport"] != "pipe" {
		t.Errorf("copied:\n%s", csv)
	}
	for text, want := range map[string]string{"6.76 µs": "0.00000676", "4 KiB": "4096", "<0.001": "0.001", "≈ +9.9 %": "9.9", "÷2": "-50", "4.10 GB/s": "4100000000", "300 ms": "0.3", "2.00": "2", "pipe": ""} {
		if got := eval[string](o, fmt.Sprintf(`(n => n === undefined ? '' : String(+n.toPrecision(6)))(numberIn(%q))`, text)); got != want {
			t.Errorf("%s is taken for %s", text, got)
		}
	}
}

func TestChartsInABrowser(t *testing.T) {
	o := open(t, pageOf(t))
	const strip = `document.querySelector('figure.first')`
	o.do(chromedp.ScrollIntoView("figure.first .mark"))
	at := eval[[]float64](o, `(b => [b.x + b.width / 2, b.y + b.height / 2])(`+strip+`.querySelector('.mark path').getBoundingClientRect())`)
	o.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at[0], at[1]))
	if says := eval[string](o, `document.querySelector('.tip:not([hidden])')?.textContent ?? ''`); !strings.Contains(says, "s") || !strings.ContainsAny(says, "0123456789") {
		t.Errorf("at a mark it says %q", says)
	}
	o.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, 1, 1))
	if eval[bool](o, `!document.querySelector('.tip').hidden`) {
		t.Error("beside all marks it still says something")
	}
	const name = `#throughput-same-llc .name[data-of="pipe"]`
	hidden := func() []string {
		return eval[[]string](o, `[...document.querySelectorAll('#throughput-same-llc [data-of]')].filter(l => getComputedStyle(l).display === 'none').map(l => l.dataset.of)`)
	}
	o.do(chromedp.ScrollIntoView(name), chromedp.Click(name))
	if gone := hidden(); len(gone) == 0 || slices.ContainsFunc(gone, func(of string) bool { return of != "pipe" }) {
		t.Errorf("a click on pipe hides %q", gone)
	}
	o.do(chromedp.Focus(name), chromedp.KeyEvent("\r"))
	if gone := hidden(); len(gone) > 0 {
		t.Errorf("and the enter key does not bring back %q", gone)
	}
}

// TestFlameGraphsInABrowser: they are folded until they are asked for, take the colour of
// the page's paper, and say a function's whole name and share where one points at it.
func TestFlameGraphsInABrowser(t *testing.T) {
	profiled, changed := profiledPages(t)
	for kind, html := range map[string]string{"run": profiled, "comparison": changed} {
		o := open(t, html)
		o.show(1280, "dark")
		const flame = `document.querySelector('#profiles svg.flame')`
		if eval[bool](o, flame+`.checkVisibility()`) {
			t.Errorf("%s: it is there before it is asked for", kind)
		}
		o.do(chromedp.Click("#profiles summary"), chromedp.ScrollIntoView("#profiles svg.flame"))
		if eval[string](o, `getComputedStyle(`+flame+`.querySelector('.paper')).fill`) != eval[string](o, `getComputedStyle(document.body).backgroundColor`) {
			t.Errorf("%s: its paper is not that of the page", kind)
		}
		at := eval[[]float64](o, `(b => [b.x + b.width / 2, b.y + b.height / 2])(`+flame+`.querySelector('g rect').getBoundingClientRect())`)
		o.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at[0], at[1]))
		if says := eval[string](o, `document.querySelector('.tip:not([hidden])')?.textContent ?? ''`); !strings.Contains(says, "consumer: ") || !strings.Contains(says, " %") {
			t.Errorf("%s: at the first of its rows it says %q", kind, says)
		}
	}
}

// TestAPageWithoutScript: all is there, and nothing that would do nothing.
func TestAPageWithoutScript(t *testing.T) {
	o := open(t, pageOf(t), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	html, err := chromedp.Run(o.ctx, chromedp.OuterHTML("main"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(html, "<button") || strings.Contains(html, "<select") {
		t.Error("it offers what needs script")
	}
	if n := strings.Count(html, `<th scope="row">pipe</th>`); n < 8 {
		t.Errorf("pipe has %d rows", n)
	}
	if n := o.printed(); n < 2 {
		t.Errorf("printed, all of it takes %d page", n)
	}
}

func TestADefaultRunIsPrintedOnSixPages(t *testing.T) {
	o := open(t, keptPage(t))
	if n := o.printed(); n > 6 {
		t.Errorf("it takes %d", n)
	}
	if n := eval[int](o, `document.querySelectorAll('details[open]').length`); n > 0 {
		t.Errorf("%d details are still unfolded after it", n)
	}
}

// nightly is a history with a change.
func nightly(t *testing.T) history.History {
	t.Helper()
	b, err := history.NewBuilder(history.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 24 {
		run, _ := sample(t)
		run.Name, run.Started = fmt.Sprintf("n%02d", i), run.Started.AddDate(0, 0, i)
		level := 5000.0
		if i >= 12 {
			level = 6000
		}
		var launches []results.Launch
		for n := range 6 {
			launches = append(launches, resultstest.OK(cell("pipe", "latency", 64), n+1, results.RTTP50, level+float64(10*n+i%7)))
		}
		if err := b.Add(run, launches); err != nil {
			t.Fatal(err)
		}
	}
	h, err := b.History()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// Package charts draws what was measured: pictures for a paper or a README,
// and the same pictures for a page.
//
// It knows ink, scales and type, and how a set of cells is divided into
// charts that say one thing each. It must not know how anything was measured,
// and it computes nothing that the summary does not have: where a chart shows
// a number, that number is in its table.
package charts

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"

	"ipcbench/internal/folder"
	"ipcbench/results"
	"ipcbench/results/summary"
)

// A Chart is one picture and the numbers in it.
type Chart struct {
	Name     string     // stem of its files: "latency-same-llc"
	Workload string     // that it belongs to: "latency"
	Title    string     // what is shown, without a verdict
	Caption  string     // how it is to be read
	Columns  []string   // of its table
	Rows     [][]string // every number drawn, and those of series for which there was no room
	Again    bool       // another size of the chart before, or its numbers arranged in another way: a page can do without

	figure figure
}

// All returns the charts of a run, in reading order. A chart for which there
// is nothing to draw is left out: one size has no course over sizes, one
// directory no comparison of filesystems, and failed cells have no chart.
func All(run summary.Analysis) []Chart {
	s := newStudy(run)
	var all []Chart
	add := func(c Chart, ok bool) {
		if ok {
			all = append(all, c)
		}
	}
	for _, w := range s.workloads() {
		panels := s.panels(w)
		if w.Over != "" {
			eachSize(panels, loads, add)
			continue
		}
		s.eachLaunch(panels, add)
		for _, p := range panels {
			add(parts(p))
		}
		add(pages(panels))
		for _, p := range panels {
			add(bySize(p))
		}
		byPairs(panels, add)
		eachSize(panels, percentiles, add)
		for _, p := range panels {
			c, ok := filesystems(p)
			c.Again = len(p.sizes()) > 1 // then they are among the lines of bySize
			add(c, ok)
		}
		sharing := slices.DeleteFunc(slices.Clone(panels), func(p panel) bool { return p.setting.Batch == 0 })
		eachSize(across(sharing, w.Main, func(setting *results.Cell) { setting.Batch = 0 }), byBatch, add)
		eachSize(across(panels, w.Main, func(setting *results.Cell) { setting.WorkNS = 0 }), byWork, add)
	}
	return all
}

// eachSize adds a chart of each of the sizes that are drawn one by one.
func eachSize(panels []panel, chart func(panel) (Chart, bool), add func(Chart, bool)) {
	for _, p := range panels {
		for i, size := range p.drawn {
			c, ok := chart(p.ofSize(size))
			c.Again = i > 0
			add(c, ok)
		}
	}
}

// eachLaunch adds the charts that show every launch of a workload: for each size one
// of all placements, or where a placement has more series than that has room for, a
// ranking of each.
func (s study) eachLaunch(panels []panel, add func(Chart, bool)) {
	if slices.ContainsFunc(panels, panel.isCrowded) {
		eachSize(panels, ranking, add)
		return
	}
	var sizes []int
	for _, p := range panels {
		sizes = append(sizes, p.drawn...)
	}
	slices.Sort(sizes)
	for i, size := range slices.Compact(sizes) {
		c, ok := launchStrip(s, panels, size)
		c.Again = i > 0
		add(c, ok)
	}
}

// WriteSVG writes the chart as a picture that looks the same everywhere: its
// text is drawn, so that no typeface needs to be installed.
func (c Chart) WriteSVG(w io.Writer) error { return c.writeSVG(w, false) }

// WriteHTMLSVG writes the chart as an element to be put into a page: its text
// is text, and its inks are the page's custom properties --chart-ink, -soft,
// -faint, -axis, -grid, -faint-grid and -paper, where the page has them.
func (c Chart) WriteHTMLSVG(w io.Writer) error { return c.writeSVG(w, true) }

func (c Chart) writeSVG(w io.Writer, asText bool) error {
	width, height := c.figure.size()
	canvas := newSVG(width, height, asText)
	c.figure.draw(canvas)
	return canvas.writeTo(w, c.Title, c.Caption)
}

// WritePNG writes the chart at 192 dots per inch, or as many as make 2 million
// dots of a tall one, but not below 96: whoever wants more has the SVG.
func (c Chart) WritePNG(w io.Writer) error {
	width, height := c.figure.size()
	canvas := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dpiOf(width, height)))
	c.figure.draw(canvas)
	return pngEncoder.Encode(w, canvas.Image())
}

func dpiOf(width, height vg.Length) int {
	most := math.Sqrt(mostDots / (width.Dots(1) * height.Dots(1)))
	return int(max(leastDPI, min(pngDPI, most)))
}

// pngEncoder is fast: a picture of a hundred rows takes a quarter of the time,
// and a third more bytes.
var pngEncoder = png.Encoder{CompressionLevel: png.BestSpeed, BufferPool: new(pngBuffers)}

// pngBuffers keeps what the encoder needs from one picture to the next.
type pngBuffers struct{ sync.Pool }

func (p *pngBuffers) Get() *png.EncoderBuffer {
	buffer, _ := p.Pool.Get().(*png.EncoderBuffer)
	return buffer
}

func (p *pngBuffers) Put(buffer *png.EncoderBuffer) { p.Pool.Put(buffer) }

// mostPNGs is up to how many charts all are drawn dot by dot, which takes most of the
// time. Of more, those are that are no repetition: the others are there as SVG.
const mostPNGs = 20

// WriteTo writes each chart into a directory as NAME.svg and NAME.png, and removes
// the pictures of other charts, which an earlier rendering left there. Of very many
// charts, some have no PNG: see mostPNGs.
func WriteTo(dir *folder.Folder, charts []Chart) error {
	files := map[string]bool{}
	for _, c := range charts {
		files[c.Name+".svg"] = true
		files[c.Name+".png"] = len(charts) <= mostPNGs || !c.Again
	}
	if err := removeOthers(dir, files); err != nil {
		return err
	}
	errs := make([]error, len(charts))
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wait sync.WaitGroup
	for i, c := range charts {
		slots <- struct{}{}
		wait.Go(func() {
			errs[i] = c.writeFiles(dir, files[c.Name+".png"])
			<-slots
		})
	}
	wait.Wait()
	return firstOf(errs)
}

func removeOthers(dir *folder.Folder, ours map[string]bool) error {
	names, err := dir.Names()
	if err != nil {
		return fmt.Errorf("look for charts in %s: %w", dir.Path(), err)
	}
	for _, file := range names {
		if extension := filepath.Ext(file); extension != ".svg" && extension != ".png" || ours[file] {
			continue
		}
		if err := dir.Remove(file); err != nil {
			return fmt.Errorf("remove %s of an earlier rendering: %w", filepath.Join(dir.Path(), file), err)
		}
	}
	return nil
}

// firstOf returns the first error and how many more there were: what keeps one
// chart from being written keeps the others too.
func firstOf(errs []error) error {
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if len(errs) > 1 {
		return fmt.Errorf("%w (and %d more charts)", errs[0], len(errs)-1)
	}
	return errors.Join(errs...)
}

// writeFiles writes it as SVG and, where that is wanted, as PNG.
func (c Chart) writeFiles(dir *folder.Folder, dots bool) error {
	kinds := map[string]func(io.Writer) error{".svg": c.WriteSVG}
	if dots {
		kinds[".png"] = c.WritePNG
	}
	for extension, write := range kinds {
		var picture bytes.Buffer
		if err := write(&picture); err != nil {
			return fmt.Errorf("draw chart %s: %w", c.Name, err)
		}
		err := dir.Replace(c.Name+extension, func(w io.Writer) error {
			_, err := picture.WriteTo(w)
			return err
		})
		if err != nil {
			return fmt.Errorf("chart: %w", err)
		}
	}
	return nil
}

// stem makes the name of a chart's files from its parts.
func stem(parts ...string) string {
	name := strings.ReplaceAll(strings.Join(parts, "-"), ", ", "-")
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("-_.", r):
			return r
		case r == ' ' || r == '\u00a0':
			return -1
		case r == 'µ':
			return 'u'
		}
		return '_'
	}, name)
}

package main

import (
	"fmt"
	"strings"
	"time"

	"ipcbench/results"
)

// A progress tells how far a run has come: on a terminal in one line that is
// rewritten, elsewhere in one line for each finished cell. It writes only when
// it is called, which is never while a launch is measured.
type progress struct {
	out   *console
	quiet bool
	live  bool // on a terminal
	total int  // launches

	started time.Time
	done    int
	left    map[results.Cell]int // launches
	ended   map[results.Cell][]results.Launch
	cells   int // finished
}

// newProgress expects as many launches of each cell as left says.
func newProgress(out *console, quiet bool, left map[results.Cell]int) *progress {
	p := &progress{
		out:   out,
		quiet: quiet,
		live:  out.terminal(out.stderr),
		left:  left,
		ended: map[results.Cell][]results.Launch{},
	}
	for _, launches := range left {
		p.total += launches
	}
	return p
}

// say shows what is done before the first launch.
func (p *progress) say(what string) {
	if p.live && !p.quiet {
		p.rewrite(what)
	}
}

// launch takes in a launch that has ended.
func (p *progress) launch(l results.Launch) {
	if p.quiet {
		return
	}
	if p.done == 0 {
		p.started = l.Started
	}
	p.done++
	p.left[l.Cell]--
	p.ended[l.Cell] = append(p.ended[l.Cell], l)
	finished := p.left[l.Cell] == 0
	if finished {
		p.cells++
	}
	if p.live {
		p.draw(l)
	} else if finished {
		p.print(l.Cell)
	}
}

// print writes the line of a finished cell.
func (p *progress) print(cell results.Cell) {
	summary := results.Summarize(p.ended[cell])[0]
	fmt.Fprintf(p.out.stderr, "[%d/%d] %s: %s\n", p.cells, len(p.left), cellName(cell), headline(summary))
}

// draw rewrites the line: the launch, the time left at the pace so far, its
// cell and its median.
func (p *progress) draw(l results.Launch) {
	elapsed := time.Since(p.started)
	left := time.Duration(float64(elapsed) / float64(p.done) * float64(p.total-p.done))
	last := results.Summarize([]results.Launch{l})[0]
	p.rewrite(fmt.Sprintf("%d/%d  %s left  %s: %s",
		p.done, p.total, left.Round(time.Second), cellName(l.Cell), headline(last)))
}

// barWidth is in columns, without the brackets.
const barWidth = 20

// rewrite puts the bar and line, cut to the terminal's width, in place of the
// last ones.
func (p *progress) rewrite(line string) {
	full := barWidth * p.done / max(1, p.total)
	text := []rune(line)
	text = text[:max(0, min(len(text), width(p.out.stderr)-barWidth-4))]
	fmt.Fprintf(p.out.stderr, "\r\x1b[K[%s%s] %s",
		p.out.paint(cyan, strings.Repeat("#", full)), strings.Repeat(".", barWidth-full), string(text))
}

// end takes the rewritten line away.
func (p *progress) end() {
	if p.live && !p.quiet {
		fmt.Fprint(p.out.stderr, "\r\x1b[K")
	}
}

// cellName says in a few words which cell is meant.
func cellName(c results.Cell) string {
	words := []string{c.Transport, c.Workload, results.FormatSize(c.SizeBytes), c.Placement}
	if c.Dir != "" {
		words = append(words, c.Dir)
	}
	return strings.Join(words, " ")
}

// headline is the one number of a cell that says most, or why it has none.
func headline(s results.Summary) string {
	switch {
	case s.Launches == 0:
		return s.Reason
	case s.Failed > 0:
		return fmt.Sprintf("%s, %d failed", metric(s), s.Failed)
	default:
		return metric(s)
	}
}

func metric(s results.Summary) string {
	if e, ok := s.Metrics[results.RTTP50]; ok {
		return "p50 " + results.FormatNS(e.Median)
	}
	if e, ok := s.Metrics[results.BytesPerS]; ok {
		return results.FormatRate(s.Metrics[results.MsgsPerS].Median) + ", " + results.FormatBytesPerS(e.Median)
	}
	return fmt.Sprintf("%d launches", s.Launches)
}

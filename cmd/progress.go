package cmd

import (
	"fmt"
	"strings"
	"time"

	"ipcbench/internal/quote"
	"ipcbench/results"
	"ipcbench/results/summary"
)

// A progress tells how far a run has come: on a terminal in one line that is
// rewritten, elsewhere in one line for each finished cell. It writes only when
// it is called, which is never while a launch is measured.
type progress struct {
	out   *console
	quiet bool
	live  bool // on a terminal
	plan  results.Plan
	total int // launches of the plan; with --until there may be more

	started  time.Time
	done     int
	left     map[results.Cell]int // launches of the plan
	ended    map[results.Cell][]results.Launch
	finished map[results.Cell]bool
}

// newProgress expects as many launches of each cell as left says.
func newProgress(out *console, quiet bool, plan results.Plan, left map[results.Cell]int) *progress {
	p := &progress{
		plan:  plan,
		out:   out,
		quiet: quiet,
		live:  out.terminal(out.stderr),
		left:  left,

		ended:    map[results.Cell][]results.Launch{},
		finished: map[results.Cell]bool{},
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
	p.total = max(p.total, p.done)
	p.left[l.Cell]--
	p.ended[l.Cell] = append(p.ended[l.Cell], l)
	finishes := !p.finished[l.Cell] && p.finishes(l)
	if finishes {
		p.finished[l.Cell] = true
	}
	if p.live {
		p.draw(l)
	} else if finishes {
		p.print(l.Cell)
	}
}

// finishes says whether the launch is the last of its cell: of the plan's or,
// with --until, of as many as it took.
func (p *progress) finishes(l results.Launch) bool {
	return p.left[l.Cell] <= 0 && (p.plan.Until == 0 || l.Status != results.OK || summary.Margin(p.ended[l.Cell]) <= p.plan.Until)
}

// print writes the line of a finished cell.
func (p *progress) print(cell results.Cell) {
	ended := summary.Of(p.ended[cell])[0]
	line := fmt.Sprintf("[%d/%d] %s", len(p.finished), len(p.left), valueOf(ended))
	fmt.Fprintln(p.out.stderr, cut(p.out.stderr, line, 0))
}

// draw rewrites the line: how far the run is, its cell and its median.
func (p *progress) draw(l results.Launch) {
	last := summary.Of([]results.Launch{l})[0]
	p.rewrite(p.soFar() + "  " + valueOf(last))
}

// soFar says which launch it is, and how much time is left at the pace so far.
// With --until nobody knows how many launches there will be, but how many cells
// there are and how long it may take.
func (p *progress) soFar() string {
	elapsed := time.Since(p.started)
	left := time.Duration(float64(elapsed) / float64(p.done) * float64(max(0, p.total-p.done)))
	if p.plan.Until == 0 {
		return fmt.Sprintf("%d/%d  %s left", p.done, p.total, left.Round(time.Second))
	}
	left = max(left, time.Duration(p.plan.BudgetNS)-elapsed)
	return fmt.Sprintf("%d launches, %d/%d cells  at most %s left", p.done, len(p.finished), len(p.left), left.Round(time.Second))
}

// barWidth is in columns, without the brackets.
const barWidth = 12

// rewrite puts the bar and line, cut to the terminal's width, in place of the
// last ones.
func (p *progress) rewrite(line string) {
	full := barWidth * min(p.done, p.total) / max(1, p.total)
	fmt.Fprintf(p.out.stderr, "\r\x1b[K[%s%s] %s",
		p.out.paint(cyan, strings.Repeat("#", full)), strings.Repeat(".", barWidth-full), cut(p.out.stderr, line, barWidth+4))
}

// end takes the rewritten line away.
func (p *progress) end() {
	if p.live && !p.quiet {
		fmt.Fprint(p.out.stderr, "\r\x1b[K")
	}
}

// cellName says in a few words which cell is meant.
func cellName(c results.Cell) string { return quote.Line(c.Describe(" ")) }

// valueOf is what came of a cell and then, because a line may be cut, which it is:
// "p50 7.53 µs  pipe latency 64 B same-cpu". Why there is no number comes last.
func valueOf(s summary.Summary) string {
	name := cellName(s.Cell)
	switch {
	case s.Failed > 0 && s.Launches == 0:
		return string(results.Failed) + "  " + name + ": " + oneLine(s.Reason)
	case s.Launches == 0:
		return string(results.Skipped) + "  " + name + ": " + oneLine(s.Reason)
	}
	return headline(s) + "  " + name
}

// headline is the one number of a cell that says most or, where its launches fall
// into modes, that of each.
func headline(s summary.Summary) string {
	text := metric(s)
	if len(s.Modes) > 0 {
		text = s.ModesText()
	}
	if s.Failed > 0 {
		text += fmt.Sprintf(", %d failed", s.Failed)
	}
	return text
}

// metric is what says most of a cell and, where that is another number, what its
// charts show.
func metric(s summary.Summary) string {
	w := results.LookupWorkload(s.Workload)
	main, has := s.Metrics[s.Main().Name]
	if !has {
		return fmt.Sprintf("%d launches", s.Launches)
	}
	text := s.Main().Format(main.Median)
	if q := s.Main().Q; q > 0 {
		text = fmt.Sprintf("p%g %s", 100*q, text)
	}
	if drawn := s.Metrics[w.Drawn]; w.Drawn != w.Main && drawn.N > 0 {
		text += ", " + results.LookupMetric(w.Drawn).Format(drawn.Median)
	}
	return text
}

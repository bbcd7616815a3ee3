package fleet

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"ipcbench/results"
	"ipcbench/results/compare"
	"ipcbench/results/effect"
)

// An Answer is what a class comes to, in a line each.
type Answer struct {
	Class     string // "" where there is one
	Everyhost string // what changed on all hosts
	Alone     string // and on which of them alone
	Untold    string // of what neither is told
}

// Lines are the answer's, each with what it is about.
func (a Answer) Lines() []string {
	return []string{"All hosts: " + a.Everyhost, "Alone: " + a.Alone, "Not told: " + a.Untold}
}

// Answers are those of all classes.
func (c Comparison) Answers() []Answer {
	var list []Answer
	for _, class := range c.Classes {
		a := Answer{Everyhost: class.everyhost(), Alone: class.alone(), Untold: class.untold()}
		if len(c.Classes) > 1 {
			a.Class = fmt.Sprintf("%s (%s)", class.Name, count(len(class.Hosts), "host"))
		}
		list = append(list, a)
	}
	return list
}

// Headline is the first thing to know, in one line.
func (c Comparison) Headline() string {
	var parts []string
	for _, a := range c.Answers() {
		text := a.Everyhost
		if a.Class != "" {
			text = a.Class + ": " + text
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

func (c Class) everyhost() string {
	changed := c.with(compare.Faster, compare.Slower)
	where := fmt.Sprintf("these %s", count(len(c.Hosts), "host"))
	switch {
	case len(c.Rows) == 0:
		return "nothing can be compared: no cell has a result on both sides of two hosts"
	case len(changed) == 0:
		return fmt.Sprintf("nothing changed that %s can show: %s", where, c.tally())
	}
	most := slices.MaxFunc(changed, func(a, b Row) int { return cmp.Compare(size(a.Change), size(b.Change)) })
	text := c.story(most)
	if len(changed) == 1 {
		return fmt.Sprintf("%s is the only change in %s: %s", text, count(len(c.Rows), "cell"), c.tally())
	}
	return fmt.Sprintf("%s is the largest of %d changes in %s: %s", text, len(changed), count(len(c.Rows), "cell"), c.tally())
}

// story says what changed, by how much and how alike hosts are in it.
func (c Class) story(r Row) string {
	text := fmt.Sprintf("%s %s %s", describe(r.Cell), metricOf(r).Quantity(), compare.Magnitude(r.Change, r.Verdict))
	if !r.IsEverywhere() {
		text += fmt.Sprintf(" on average, on a host from %s to %s", effect.FormatChange(r.Next.Lo), effect.FormatChange(r.Next.Hi))
	}
	return text
}

// tally counts verdicts as compare does.
func (c Class) tally() string {
	var parts []string
	for _, j := range compare.Judgements {
		if n := len(c.with(j.Verdict)); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, j.Counted))
		}
	}
	return strings.Join(parts, ", ")
}

func (c Class) with(verdicts ...compare.Verdict) []Row {
	return slices.DeleteFunc(slices.Clone(c.Rows), func(r Row) bool { return !slices.Contains(verdicts, r.Verdict) })
}

// mostHosts are named in a line; the table has all.
const mostHosts = 3

func (c Class) alone() string {
	by := c.loners()
	if len(by) == 0 && len(c.Hosts) < leastToTell {
		return fmt.Sprintf("%s are too few to tell one from the others, %d would do", count(len(c.Hosts), "host"), leastToTell)
	}
	if len(by) == 0 {
		return "no host stands out from the others"
	}
	var parts []string
	for _, l := range by[:min(len(by), mostHosts)] {
		text := fmt.Sprintf("%s, %s %s %s than the others", l.Host, describe(l.Row.Cell), metricOf(l.Row).Quantity(), compare.Magnitude(l.On.Beyond, l.On.Verdict))
		if l.Rows > 1 {
			text += fmt.Sprintf(" and %s more", count(l.Rows-1, "cell"))
		}
		parts = append(parts, text)
	}
	if more := len(by) - mostHosts; more > 0 {
		parts = append(parts, fmt.Sprintf("and %s more", count(more, "host")))
	}
	return strings.Join(parts, "; ")
}

// A loner is a host that stands alone, with the row in which it does most.
type loner struct {
	Host  string
	Place int
	Row   Row
	On    OnHost
	Rows  int // in so many
}

// loners are the hosts that stand alone, those that do so most first.
func (c Class) loners() []loner {
	by := map[int]*loner{}
	for _, row := range c.Rows {
		for _, on := range row.Shown() {
			l := by[on.Host]
			if l == nil {
				l = &loner{Host: c.Hosts[on.Host].Name, Place: on.Host, Row: row, On: on}
				by[on.Host] = l
			}
			l.Rows++
			if size(on.Beyond) > size(l.On.Beyond) {
				l.Row, l.On = row, on
			}
		}
	}
	var list []loner
	for _, l := range by {
		list = append(list, *l)
	}
	slices.SortFunc(list, func(a, b loner) int { return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Place, b.Place)) })
	return list
}

// leastToTell is how many hosts one can be told apart among.
const leastToTell = 5

func (c Class) untold() string {
	var parts []string
	if noisy := c.with(compare.Noisy); len(noisy) > 0 {
		parts = append(parts, fmt.Sprintf("%d of %s too noisy", len(noisy), count(len(c.Rows), "cell")))
	}
	if n := len(c.OneSided); n > 0 {
		parts = append(parts, fmt.Sprintf("%s with runs of one side alone (%s)", count(n, "host"), few(c.OneSided)))
	}
	if n := len(c.Moved); n > 0 {
		parts = append(parts, fmt.Sprintf("%d times a cell on other CPUs on the other side (%s)", n, few(c.Moved)))
	}
	if n := len(c.Broken); n > 0 {
		parts = append(parts, fmt.Sprintf("%s on the new side alone (%s)", failing(n), few(c.Broken[0].Hosts)))
	}
	if len(parts) == 0 {
		return "nothing was left out"
	}
	return strings.Join(parts, "; ")
}

func failing(n int) string {
	if n == 1 {
		return "1 cell fails"
	}
	return fmt.Sprintf("%d cells fail", n)
}

func metricOf(r Row) results.Metric { return results.LookupMetric(r.Metric) }

func describe(c results.Cell) string { return c.Describe(" ", "workload") }

// size is how far a change goes, either way.
func size(change float64) float64 { return math.Abs(math.Log1p(change)) }

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Definitions say what the words and numbers mean, and what they assume.
func (c Comparison) Definitions() string {
	alpha, same := results.FormatPercentAsGiven(c.Options.Alpha), results.FormatPercentAsGiven(c.Options.Same)
	return fmt.Sprintf("Hosts are the replicates: each is held against itself, by the ratio of the geometric means of its new and its old runs, of which each is the median of its launches. "+
		"Change and interval are of a random-effects model over hosts (Paule-Mandel, Hartung-Knapp) without those that stand alone; how runs differ on a host is moderated by what all hosts say of it (Smyth). "+
		"It assumes that the logarithms of hosts' ratios are normal. "+
		"Between: the deviation of the true change from host to host, which more runs do not narrow. "+
		"Alone: a host that is none of the others, by its residual from a model without it, and as many as a generalized ESD test (Rosner) finds. "+
		"The chance that anything is called faster or slower, on all hosts or on one alone, where nothing changed, is %s at most over all cells and hosts: half of it is for all hosts, corrected by Holm over the cells, and half for hosts alone, corrected over cells and hosts. "+
		"Same: the corrected interval lies within ±%s of 0. Hosts are compared with those of the same hardware alone.", alpha, same)
}

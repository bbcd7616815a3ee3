// Package answer says what a run comes to: which transport to take, for small
// and for large messages, where ends have to sleep and where they may burn a CPU,
// how sure that is and what to do next.
//
// It knows what transports that wait alike come to, from package alike. It must
// not know how an answer is shown.
package answer

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"ipcbench/results"
	"ipcbench/results/alike"
	"ipcbench/results/effect"
	"ipcbench/results/summary"
)

// Question is what every run is asked.
const Question = "How should two processes on this machine hand each other data?"

// An Answer is a few lines, in the order of reading.
type Answer struct {
	Choices []Choice
	Sure    string // how much of that the launches can tell
	Next    string // what to do now
}

// A Choice is what is best for one purpose.
type Choice struct {
	Purpose string // "64 B, sleeping"
	Measure string // what is compared: "Round trip, 64 B"
	Stance  string // what its ends do while they wait: "sleeping"
	Says    string // "mmap:wait=futex or pipe, 6.76 µs there and back on one CPU; unix ×2.1"
	Ranks   []Rank // all that were compared, the best first
	More    bool   // a greater value is the better one
}

// A Rank is a transport as it was for the purpose.
type Rank struct {
	Transport string // as it is named: "mmap:wait=futex on tmpfs"
	Family    string // the transport's name without options: "mmap"
	Medians   []alike.Median
	Apart     bool // the launches tell it from the best
}

// A stance is what an end may do while it waits.
type stance struct {
	words string
	has   func(results.Way) bool
}

// stances are in the order of what they cost. What waits in a way that is not
// known is of none.
var stances = []stance{
	{"sleeping", func(w results.Way) bool { return w.Woken() && !w.Looks() }},
	{"spinning", results.Way.Busy},
	{"spinning first", func(w results.Way) bool { return w.Woken() && w.Looks() }},
}

// mostChoices is how many an answer has: what is beyond is in the tables.
const mostChoices = 4

// Of answers from a run, and has no choice where nothing was measured that has one.
// Of variants the question is another, and the answer their comparison.
func Of(run summary.Analysis) Answer {
	if len(run.Plan.Variants) > 0 {
		return Answer{}
	}
	cells, divided := alike.Near(run.Cells)
	var a Answer
	var contests []alike.Contest
	for _, w := range results.Workloads() {
		for _, st := range stances {
			if w.Over != "" {
				a.Choices = append(a.Choices, held(cells, w, st)...)
				continue
			}
			if best, others := settingsOf(cells, w, st); len(best.Cells()) > 0 {
				a.Choices = append(a.Choices, choice(w, st, best, others))
				contests = append(contests, best)
			}
		}
	}
	tellApart(a.Choices)
	if len(a.Choices) > mostChoices {
		a.Choices = a.Choices[:mostChoices]
	}
	contests = contests[:min(len(contests), mostChoices)]
	switch {
	case len(contests) > 0:
		a.Sure = sure(run, contests, divided)
		a.Next = next(run, contests)
	case len(a.Choices) > 0:
		a.Sure = "each was offered rates of its own, so that they are not tested against each other"
	}
	return a
}

// settingsOf returns the contest of those that wait so in the setting that is best
// for them, and those of the other placements, the best first. Settings that differ
// in anything else, as in how many pairs there are, are for the tables: of these,
// the first is meant.
func settingsOf(cells []summary.Summary, w results.Workload, st stance) (best alike.Contest, others []alike.Contest) {
	w.Alike = cmp.Or(w.Alike, w.Main)
	var settings []results.Cell
	for _, s := range cells {
		if s.Workload == w.Name && s.Launches > 0 && st.has(s.Way()) && !slices.Contains(settings, s.Setting()) {
			settings = append(settings, s.Setting())
		}
	}
	var all []alike.Contest
	for _, setting := range settings {
		if beside(setting) != beside(settings[0]) {
			continue
		}
		c := alike.ContestOf(cells, w, func(c results.Cell) bool { return c.Setting() == setting && st.has(c.Way()) })
		if len(c.Cells()) > 0 {
			all = append(all, c)
		}
	}
	if len(all) == 0 {
		return best, nil
	}
	slices.SortStableFunc(all, func(a, b alike.Contest) int {
		if a.Metric().More {
			a, b = b, a
		}
		return cmp.Compare(a.Median(0), b.Median(0))
	})
	return all[0], all[1:]
}

// beside is all of a setting but the placement.
func beside(setting results.Cell) results.Cell {
	setting.Placement = ""
	return setting
}

func choice(w results.Workload, st stance, best alike.Contest, others []alike.Contest) Choice {
	c := Choice{Purpose: purpose(w, best.Size(), st), Measure: measure(w, best.Size()), Stance: st.words, More: best.Metric().More}
	for rank, cell := range best.Cells() {
		c.Ranks = append(c.Ranks, Rank{best.Name(rank), cell.Family, best.Medians(rank), best.IsApart(rank)})
	}
	first := best.Cells()[0]
	says := names(best) + ", " + best.Figure(0)
	if w.Exchange == results.Answered && w.Alike != "" {
		says += " there and back"
	}
	says += " " + results.Where(first.Placement)
	if more := beside(first.Setting()).Describe(", "); more != "" {
		says += " (" + more + ")"
	}
	if text := told(best); text != "" {
		says += "; " + text
	}
	if len(others) > 0 {
		says += "; " + elsewhere(others[0])
	}
	c.Says = says
	return c
}

// tellApart has those for the same purpose, as of one size that was sent both ways, say what
// was measured as well.
func tellApart(choices []Choice) {
	of := map[string]int{}
	for _, c := range choices {
		of[c.Purpose]++
	}
	for i, c := range choices {
		if of[c.Purpose] > 1 {
			choices[i].Purpose = c.Measure + ", " + c.Stance
		}
	}
}

// purpose is what is chosen for. What messages of a size are for goes without
// saying where transports are compared by it.
func purpose(w results.Workload, size int, st stance) string {
	text := results.FormatSize(size)
	if w.Alike == "" {
		text = w.Title + ", " + text
	}
	return text + ", " + st.words
}

// measure is what is compared, as it is headed.
func measure(w results.Workload, size int) string {
	return results.Capital(cmp.Or(w.Asked, results.LookupMetric(w.Main).Words)) + ", " + results.FormatSize(size)
}

// mostNamed is how many transports are named in a row.
const mostNamed = 3

// names are those that may be the best: "mmap:wait=futex or pipe". One that may be
// wherever it lives is named once.
func names(c alike.Contest) string {
	var equal []string
	for rank, cell := range c.Cells() {
		name := c.Name(rank)
		if !isApartSomewhere(c, cell.Transport) {
			name = cell.Transport
		}
		if !c.IsApart(rank) && (c.CouldTell(rank) || !someTold(c)) && !slices.Contains(equal, name) {
			equal = append(equal, name)
		}
	}
	switch last := len(equal) - 1; {
	case last == 0 && len(c.Cells()) == 1:
		return equal[0] + " (alone measured)"
	case last == 0:
		return equal[0]
	case last >= mostNamed:
		return fmt.Sprintf("%s or one of %d more", strings.Join(equal[:mostNamed-1], ", "), len(equal)-mostNamed+1)
	default:
		return strings.Join(equal[:last], ", ") + " or " + equal[last]
	}
}

// someTold says whether there are launches enough to tell any from the best. What has
// too few of them is then not named as if it might be as good.
func someTold(c alike.Contest) bool {
	for rank := range c.Cells() {
		if rank > 0 && c.CouldTell(rank) {
			return true
		}
	}
	return false
}

func isApartSomewhere(c alike.Contest, transport string) bool {
	for rank, cell := range c.Cells() {
		if cell.Transport == transport && c.IsApart(rank) {
			return true
		}
	}
	return false
}

// mostTold is how many are named that are not as good as the best.
const mostTold = 2

// told are those nearest to the best of which the launches tell that they are not
// as good, each transport where it is nearest: "unix ×2.1".
func told(c alike.Contest) string {
	var all, transports []string
	for rank, cell := range c.Cells() {
		if c.IsApart(rank) && !slices.Contains(transports, cell.Transport) && len(all) < mostTold {
			transports = append(transports, cell.Transport)
			all = append(all, c.Name(rank)+" "+effect.FormatChange(c.Change(rank)))
		}
	}
	return strings.Join(all, ", ")
}

// elsewhere is how the best of the next placement compares: no test is behind that,
// for another placement is another machine.
func elsewhere(next alike.Contest) string {
	return results.Where(next.Cells()[0].Placement) + " " + names(next) + ", " + next.Figure(0)
}

// sure says what the launches can tell, and what they cannot.
func sure(run summary.Analysis, contests []alike.Contest, divided map[results.Cell]bool) string {
	least, most := contests[0].Launches()
	compared, apart, few, near := false, false, false, false
	for _, c := range contests {
		l, m := c.Launches()
		least, most = min(least, l), max(most, m)
		compared = compared || len(c.Cells()) > 1
		few = few || l < c.Needs()
		for rank := range c.Cells() {
			apart = apart || c.IsApart(rank)
			near = near || divided[c.Summary(rank).Cell]
		}
	}
	text := fmt.Sprintf("%d launches each", most)
	switch {
	case least == 1 && most == 1:
		text = "1 launch each"
	case least < most:
		text = fmt.Sprintf("%d to %d launches each", least, most)
	}
	switch {
	case !compared:
		text += ", of one transport: there is nothing to choose between"
	case few && !apart:
		text += ", too few to tell any apart: medians alone"
	case apart:
		text += `: what "or" joins they cannot tell apart, what has × ÷ % they can`
	default:
		text += `: what "or" joins they cannot tell apart`
	}
	if near {
		text += "; of a spinning row that is divided, the launches with the two CPUs near each other (far: see the tables)"
	}
	if run.Status == results.Running || run.Status == results.RunInterrupted {
		text += "; the run did not come to its end"
	}
	return text
}

// next is what to do now: make the launches tell something, the machine fit, or
// the question one's own.
func next(run summary.Analysis, contests []alike.Contest) string {
	for _, c := range contests {
		if least, _ := c.Launches(); least < c.Needs() {
			return "more launches: " + run.Typed("run", "-n", strconv.Itoa(enoughOf(run.Plan.Launches, least, c.Needs())))
		}
	}
	if step := remedy(contests); step != "" {
		return step
	}
	if len(run.Plan.Specs) < enough {
		return "every transport that can run here: " + run.Typed("run", "all")
	}
	return "those that wait alike, each with its interval: " + run.Typed("report", "--like-for-like", run.Name)
}

// enough is from how many specs on a run need not be told of the others.
const enough = 12

// enoughOf is how many launches each cell of a plan takes, of which least were of
// the kind that so many are needed of, in tens.
func enoughOf(planned, least, needed int) int {
	return 10 * int(math.Ceil(float64(max(1, planned))*float64(needed)/float64(max(1, least))/10))
}

// remedy is what would make the machine fit for what was chosen between, "" where
// nothing is known.
func remedy(contests []alike.Contest) string {
	for _, c := range contests {
		for rank := range c.Cells() {
			for _, w := range c.Summary(rank).Warnings {
				if w.ID == summary.Unfit {
					return "make the machine fit, then measure again: " + w.Text("remedy")
				}
			}
		}
	}
	return ""
}

// A Line is one of an answer, and what it is about.
type Line struct{ About, Says string }

// Lines are all of an answer, in the order of reading; none: there is no answer.
func (a Answer) Lines() []Line {
	var lines []Line
	for _, c := range a.Choices {
		lines = append(lines, Line{c.Purpose, c.Says})
	}
	for _, line := range []Line{{"How sure", a.Sure}, {"Next", a.Next}} {
		if line.Says != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

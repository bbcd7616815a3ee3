// Package report makes one page of a run: what was measured, on what, with
// which results, in tables and charts.
//
// It knows what a reader needs next to a number to believe it. It must not
// know how anything was measured or drawn: tables come from results/table and
// pictures from results/charts. The page needs no network, no script and no
// other file, so that it can be sent, kept and printed.
package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"ipcbench/results"
	"ipcbench/results/alike"
	"ipcbench/results/charts"
	"ipcbench/results/summary"
	"ipcbench/results/table"
	"ipcbench/results/why"
)

//go:embed page.html
var pageText string

// changesText is what the pages of a run and of a comparison say of one.
//
//go:embed changes.html
var changesText string

// page is parsed where a page is made, and not in every worker of a run.
var page = sync.OnceValue(parsePage)

func parsePage() *template.Template {
	return template.Must(template.Must(template.New("page").Parse(pageText)).Parse(changesText))
}

// Write writes the page of a run with its charts. It needs no launch to have gone
// well: what was skipped or failed stands in it with its reason.
func Write(w io.Writer, run summary.Analysis, drawn []charts.Chart) error {
	sections, err := sectionsOf(table.Tables(run.Cells), drawn, why.Of(run.Cells, run.Diagnosed))
	if err != nil {
		return fmt.Errorf("report of %s: %w", run.Name, err)
	}
	variants, err := variantsOf(run)
	if err != nil {
		return fmt.Errorf("report of %s: %w", run.Name, err)
	}
	var html bytes.Buffer
	err = page().Execute(&html, contents{
		Run:      run.Run,
		Took:     took(run.Run),
		Asked:    asked(run.Run),
		Warnings: warnings(run),
		Variants: variants,
		Sections: sections,
		Alike:    alikeTables(run.Cells),
		Floors:   floors(run.Floors),
		Host:     facts(run.Host),
		Mounts:   mounts(run.Cells, run.Storage),
	})
	if err != nil {
		return fmt.Errorf("report of %s: %w", run.Name, err)
	}
	_, err = w.Write(html.Bytes())
	return err
}

// contents is what the page is filled with.
type contents struct {
	Run      results.Run
	Took     string
	Asked    []fact
	Warnings []string
	Variants *variants // nil: it has none
	Sections []section
	Alike    []alikeTable
	Floors   []floor
	Host     []fact
	Mounts   []fact
}

// A fact is a name and what is known by it.
type fact struct{ Name, Value string }

// A section is the results of one workload.
type section struct {
	table.Table
	Why    []fact // what the time of each cell goes to
	Charts []chart
}

type chart struct {
	charts.Chart
	SVG template.HTML // made by charts, which escapes what it is given
}

// Blank is how many columns a note stands in place of.
func (s section) Blank(row table.Row) int {
	blank := len(s.Columns) - len(row.Cells)
	if len(s.Footnotes.OnRow) > 0 {
		blank++ // that of the footnotes
	}
	return blank
}

// A footnote is one to which rows refer.
type footnote struct{ Anchor, Text string }

// Referred lists the footnotes on single rows, in the order of their numbers.
func (s section) Referred() []footnote {
	var all []footnote
	for i, text := range s.Footnotes.OnRow {
		all = append(all, footnote{s.Anchor(i + 1), text})
	}
	return all
}

// Anchor names the footnote of that number within the page.
func (s section) Anchor(number int) string { return fmt.Sprintf("%s-note-%d", s.Workload, number) }

// Numeric says whether a column is aligned right.
func (s section) Numeric(column int) bool { return s.Columns[column].Numeric }

func sectionsOf(tables []table.Table, drawn []charts.Chart, explained []why.Explanation) ([]section, error) {
	var sections []section
	for _, t := range tables {
		s := section{Table: t}
		if t.Part != "" {
			sections = append(sections, s)
			continue
		}
		for _, e := range explained {
			if e.Workload == t.Workload {
				s.Why = append(s.Why, fact{e.Cell.Describe(", "), e.Sentence})
			}
		}
		for _, c := range drawn {
			if c.Workload != t.Workload {
				continue
			}
			var svg bytes.Buffer
			if err := c.WriteHTMLSVG(&svg); err != nil {
				return nil, fmt.Errorf("draw chart %s: %w", c.Name, err)
			}
			s.Charts = append(s.Charts, chart{Chart: c, SVG: template.HTML(svg.String())})
		}
		sections = append(sections, s)
	}
	return sections, nil
}

// An alikeTable is the transports of one placement that wait alike.
type alikeTable struct{ alike.Alike }

// Numeric says whether a column is aligned right.
func (t alikeTable) Numeric(column int) bool { return t.Columns[column].Numeric }

func alikeTables(summaries []summary.Summary) []alikeTable {
	var all []alikeTable
	for _, t := range alike.Of(summaries) {
		all = append(all, alikeTable{t})
	}
	return all
}

// Reading says how the tables of transports that wait alike are to be read.
func (alikeTable) Reading() string { return alike.Definitions }

// took is how long the run was, or "" where it has not ended.
func took(run results.Run) string {
	if run.Ended.IsZero() || run.Started.IsZero() {
		return ""
	}
	return run.Ended.Sub(run.Started).Round(100 * time.Millisecond).String()
}

// asked is the plan, in the words of the command line.
func asked(run results.Run) []fact {
	p := run.Plan
	var sizes []string
	for _, size := range p.Sizes {
		sizes = append(sizes, results.FormatSize(size))
	}
	sizes = append(sizes, p.Mixes...)
	all := []fact{
		{"command", command(run.Args)},
		{"transports", strings.Join(p.Specs, ", ")},
		{"workloads", strings.Join(p.Workloads, ", ")},
		{"message sizes", strings.Join(sizes, ", ")},
		{"placements", strings.Join(p.Placements, ", ")},
		{"directories", strings.Join(p.Dirs, ", ")},
		{"launches of each cell", count(int64(p.Launches))},
		{"launches beyond these", until(p)},
		{"measured time of a launch", duration(p.TimeNS)},
		{"measured messages of a launch", count(p.Messages)},
		{"warm-up", p.Warmup},
		{"verification", p.Verify},
		{"time limit of a launch", duration(p.TimeoutNS)},
		{"seed of the order", strconv.FormatUint(p.Seed, 10)},
	}
	for _, v := range p.Variants {
		all = append(all, fact{"variant " + v.Name, v.Text})
	}
	for _, label := range facts(run.Labels) {
		all = append(all, fact{"label " + label.Name, label.Value})
	}
	return slices.DeleteFunc(all, func(f fact) bool { return f.Value == "" })
}

// command is how the run was started, with what a shell would take apart in
// quotes.
func command(args []string) string {
	words := []string{"ipcbench"}
	for _, arg := range args {
		if arg == "" || strings.ContainsAny(arg, " \t\n\"'\\$`*?[]{}()<>|&;#~!") {
			arg = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
		words = append(words, arg)
	}
	return strings.Join(words, " ")
}

func until(p results.Plan) string {
	if p.Until == 0 {
		return ""
	}
	return fmt.Sprintf("until the interval is within ±%s, for %s in all", results.FormatPercentAsGiven(p.Until), duration(p.BudgetNS))
}

func count(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func duration(ns int64) string {
	if ns == 0 {
		return ""
	}
	return time.Duration(ns).String()
}

func facts(byName map[string]string) []fact {
	var all []fact
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		if value := byName[name]; value != "" {
			all = append(all, fact{name, value})
		}
	}
	return all
}

// mounts is the directories with the filesystems that they are on, and what lies
// below those.
func mounts(summaries []summary.Summary, storage map[string][]results.Layer) []fact {
	byDir := map[string]string{}
	for _, s := range summaries {
		if s.Dir != "" && s.FSType != "" {
			byDir[s.Dir] = strings.TrimSpace(s.FSType + " " + s.Mount)
			if below := results.Beneath(storage[s.Dir]); below != "" {
				byDir[s.Dir] += " on " + below
			}
		}
	}
	return facts(byDir)
}

type floor struct{ Name, Of, Time, Range, Doc string }

func floors(recorded []results.Floor) []floor {
	var all []floor
	for _, f := range recorded {
		row := floor{Name: f.Name, Of: f.Of(), Time: results.FormatNS(f.NS), Doc: f.Doc}
		if lo, hi := f.Range(); len(f.Samples) > 1 {
			row.Range = results.FormatNS(lo) + " – " + results.FormatNS(hi)
		}
		all = append(all, row)
	}
	return all
}

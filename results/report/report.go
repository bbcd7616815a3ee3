// Package report makes one page of a run: what was measured, on what, with
// which results, in tables and charts.
//
// It knows what a reader needs next to a number to believe it. It must not
// know how anything was measured or drawn: tables come from results/table and
// pictures from results/charts. The page needs no network and no other file,
// and is whole without script, so that it can be sent, kept and printed.
package report

import (
	_ "embed"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"ipcbench/results"
	"ipcbench/results/alike"
	"ipcbench/results/answer"
	"ipcbench/results/charts"
	"ipcbench/results/profile"
	"ipcbench/results/report/page"
	"ipcbench/results/summary"
	"ipcbench/results/table"
)

//go:embed run.html
var runText string

// changesText is what the pages of a run and of a comparison say of one.
//
//go:embed changes.html
var changesText string

var runPage = page.New(runText, changesText)

// Write writes the page of a run with its charts, and with profiles of its cells. It needs no launch to have gone
// well: what was skipped or failed stands in it with its reason.
func Write(w io.Writer, run summary.Analysis, drawn []charts.Chart, sampled ...profile.Profile) error {
	contents, err := contentsOf(run, drawn)
	if err == nil {
		contents.Profiles, err = profilesOf(run, sampled)
	}
	if err == nil {
		err = runPage.Write(w, contents)
	}
	if err != nil {
		return fmt.Errorf("report of %s: %w", run.Name, err)
	}
	return nil
}

func contentsOf(run summary.Analysis, drawn []charts.Chart) (contents, error) {
	all := contents{
		Title:    run.Name,
		Question: answer.Question,
		Answer:   answer.Of(run).Lines(),
		Machine:  machine(run.Host),
		Made:     made(run.Run),
		Warnings: page.NewWarnings("Before you believe a number", warnings(run)),
		Alike:    alikeTables(run.Cells),
		Command:  command(run.Run),
		Asked:    page.Facts{Label: "What was asked for", Facts: asked(run.Run)},
		Floors:   floors(run.Floors),
		Host:     page.Facts{Label: "Facts about the machine", Facts: literal(facts(run.Host))},
		Mounts:   page.Facts{Label: "Directories", Facts: mounts(run.Cells, run.Storage)},
	}
	var err error
	if all.Variants, err = variantsOf(run); err != nil {
		return all, err
	}
	if all.Variants != nil {
		all.Question = all.Variants.Question
	}
	pictures, err := choose(drawn)
	if err != nil {
		return all, err
	}
	if all.Variants == nil {
		all.First = pictures.takeFirst()
	}
	all.Sections = sectionsOf(run, pictures)
	return all, nil
}

// contents is what the page is filled with.
type contents struct {
	Title    string
	Question string
	Answer   []answer.Line
	Machine  string
	Made     string
	Warnings page.Warnings
	First    *page.Figure // nil: nothing is drawn, or it is not first that one looks at it
	Variants *variants    // nil: it has none
	Alike    []alikeTable
	Sections []section
	Profiles profiles
	Command  string
	Asked    page.Facts
	Floors   page.Table
	Host     page.Facts
	Mounts   page.Facts
}

// machine is what was measured on, in one line.
func machine(host map[string]string) string {
	var parts []string
	add := func(text string, is bool) {
		if is {
			parts = append(parts, text)
		}
	}
	add(host["cpu"], host["cpu"] != "")
	add("CPUs "+host["cpus"], host["cpus"] != "")
	add("Linux "+host["kernel"], host["kernel"] != "")
	add("a virtual machine", host["hypervisor"] != "" && host["hypervisor"] != "no")
	add("in "+host["container"], host["container"] != "" && host["container"] != "no")
	return strings.Join(parts, " · ")
}

// made is when, how long and with what it was measured, in one line.
func made(run results.Run) string {
	parts := []string{"run " + run.Name}
	if !run.Started.IsZero() {
		parts = append(parts, run.Started.UTC().Format("2006-01-02 15:04 UTC"))
	}
	if text := took(run); text != "" {
		parts = append(parts, "took "+text)
	}
	if run.Status != "" && run.Status != results.RunDone {
		parts = append(parts, string(run.Status))
	}
	if run.Version != "" {
		parts = append(parts, "ipcbench "+run.Version)
	}
	return strings.Join(parts, " · ")
}

// An alikeTable is the transports of one placement that wait alike.
type alikeTable struct {
	page.Table
	Advice []string
}

func alikeTables(summaries []summary.Summary) []alikeTable {
	var all []alikeTable
	for _, t := range alike.Of(summaries) {
		all = append(all, alikeTable{page.TableOf(t.Table), t.Advice})
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
func asked(run results.Run) []page.Fact {
	p := run.Plan
	var sizes []string
	for _, size := range p.Sizes {
		sizes = append(sizes, results.FormatSize(size))
	}
	sizes = append(sizes, p.Mixes...)
	all := []page.Fact{
		{Name: "transports", Value: strings.Join(p.Specs, ", ")},
		{Name: "workloads", Value: strings.Join(p.Workloads, ", ")},
		{Name: "message sizes", Value: strings.Join(sizes, ", ")},
		{Name: "placements", Value: strings.Join(p.Placements, ", ")},
		{Name: "directories", Value: strings.Join(p.Dirs, ", ")},
		{Name: "launches of each cell", Value: count(int64(p.Launches))},
		{Name: "launches beyond these", Value: until(p)},
		{Name: "measured time of a launch", Value: duration(p.TimeNS)},
		{Name: "measured messages of a launch", Value: count(p.Messages)},
		{Name: "warm-up", Value: p.Warmup},
		{Name: "verification", Value: p.Verify},
		{Name: "time limit of a launch", Value: duration(p.TimeoutNS)},
		{Name: "seed of the order", Value: strconv.FormatUint(p.Seed, 10)},
	}
	for _, v := range p.Variants {
		all = append(all, page.Fact{Name: "variant " + v.Name, Value: v.Text})
	}
	for _, label := range facts(run.Labels) {
		all = append(all, page.Fact{Name: "label " + label.Name, Value: label.Value})
	}
	return slices.DeleteFunc(all, func(f page.Fact) bool { return f.Value == "" })
}

// command is how the run was started, with what a shell would take apart in
// quotes.
func command(run results.Run) string {
	var words []string
	for _, arg := range run.Args {
		if arg == "" || strings.ContainsAny(arg, " \t\n\"'\\$`*?[]{}()<>|&;#~!") {
			arg = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
		words = append(words, arg)
	}
	return run.Typed(words...)
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

func facts(byName map[string]string) []page.Fact {
	var all []page.Fact
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		if value := byName[name]; value != "" {
			all = append(all, page.Fact{Name: name, Value: value})
		}
	}
	return all
}

// literal are facts whose values are as the machine says them.
func literal(facts []page.Fact) []page.Fact {
	for i := range facts {
		facts[i].Literal = true
	}
	return facts
}

// mounts is the directories with the filesystems that they are on, and what lies
// below those.
func mounts(summaries []summary.Summary, storage map[string][]results.Layer) []page.Fact {
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

// floors are what bounds the times of the run.
func floors(recorded []results.Floor) page.Table {
	t := table.Table{Title: "Floors", Columns: []table.Column{
		{Name: "floor"}, {Name: "of", Numeric: true}, {Name: "median", Numeric: true}, {Name: "range", Numeric: true}, {Name: "what it is"},
	}}
	for _, f := range recorded {
		between := ""
		if lo, hi := f.Range(); len(f.Samples) > 1 {
			between = results.FormatNS(lo) + " – " + results.FormatNS(hi)
		}
		t.Rows = append(t.Rows, table.Row{Cells: []string{f.Name, f.Of(), results.FormatNS(f.NS), between, f.Doc}})
	}
	shown := page.TableOf(t)
	shown.Tone = func(_, column int) string {
		if column == len(t.Columns)-1 {
			return "any"
		}
		return ""
	}
	return shown
}

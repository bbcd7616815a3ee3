package compare

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"ipcbench/results"
	"ipcbench/results/effect"
)

// everything is a comparison with all that can be in one: each verdict, a cell
// that one side lacks, a control, a change of the environment, a ratio to 0.
func everything(t *testing.T) Comparison {
	t.Helper()
	random := seeded()
	old, new := newRun("A"), newRun("B")
	new.Host["guest-halt-poll-ns"] = "50000"
	for _, run := range []*Run{&old, &new} {
		run.floor(random, results.Floor{Name: "clock", Doc: "two clock readings"}, 24)
		run.measure(random, latencyOf("mmap", 64), 10, 200, 0.001)
		run.measure(random, latencyOf("file", 64), 10, 2000, 0.3)
		run.measure(random, in(latencyOf("file", 4096), "/tmp", "ext4"), 10, 2000, 0.3)
	}
	old.measure(random, latencyOf("pipe", 64), 10, 49.5e3, 0.001)
	new.measure(random, latencyOf("pipe", 64), 10, 5.3e3, 0.001)
	old.measure(random, onOneCPU(throughputOf("unix", 64)), 10, 1e6, 0.01)
	new.measure(random, onOneCPU(throughputOf("unix", 64)), 10, 0.9e6, 0.01)
	old.measure(random, latencyOf("mq", 64), 10, 1e3, 0.01)
	new.Launches = append(new.Launches, results.Launch{Run: "B", Cell: latencyOf("mq", 64), Status: results.Failed, Reason: "queue <full> | & gone"})
	c := compareRuns(t, []Run{old}, []Run{new})
	i := slices.IndexFunc(c.Rows, func(r Row) bool { return r.Cell.Transport == "mmap" })
	nowhere := c.Rows[i]
	nowhere.Cell.Transport, nowhere.Verdict, nowhere.Because = "null", MachineChanged, "reading the clock became 12 % slower too"
	nowhere.Effect = effect.Effect{Change: math.NaN(), Lo: math.Inf(-1), Hi: math.Inf(1), P: math.NaN(), Corrected: math.NaN()}
	c.Rows = append(c.Rows, nowhere)
	return c
}

func rendered(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func unpainted(_ Verdict, words string) string { return words }

func textOf(t *testing.T, c Comparison) string {
	t.Helper()
	return rendered(t, func(w io.Writer) error { return WriteText(w, c, 160, unpainted) })
}

func TestFirstLineOfTextIsTheHeadline(t *testing.T) {
	c := everything(t)
	if first, _, _ := strings.Cut(textOf(t, c), "\n"); first != c.Headline {
		t.Errorf("the first line is %q", first)
	}
}

func TestTextAndMarkdownHoldTheComparison(t *testing.T) {
	c := everything(t)
	for name, text := range map[string]string{
		"text":     textOf(t, c),
		"Markdown": rendered(t, func(w io.Writer) error { return WriteMarkdown(w, c) }),
	} {
		plain := strings.Join(strings.Fields(strings.NewReplacer("|", " ", "  \n", "\n").Replace(text)), " ")
		for _, want := range []string{
			"A", "B", "Verdicts hold within these two runs: ", "guest-halt-poll-ns 0 50000", "reading the clock 24.",
			map[string]string{"text": "── 64 B, same-llc ", "Markdown": "pipe 64 B same-llc 49.5"}[name],
			"49.5 µs 5.30 µs ÷9.3 [÷9.4, ÷9.3] <0.001 faster",
			map[string]string{"text": "messages per second · 64 B, same-cpu ", "Markdown": "unix 64 B same-cpu"}[name], "slower", "same within 0.", "too noisy to tell (1)", "(1) not even a thousand a side would tell", "a side might",
			"the machine changed (", "reading the clock became 12 % slower too", "ext4",
			"mq 64 B same-llc, latency: failed on the new side: queue ", "Mann-Whitney", "Medians over 10 launches a side.",
		} {
			if !strings.Contains(plain, want) {
				t.Errorf("%s does not say %q:\n%s", name, want, text)
			}
		}
		for line := range strings.Lines(text) {
			if name == "text" && strings.TrimRight(line, " \n") != strings.TrimRight(line, "\n") {
				t.Errorf("%q ends in blanks", line)
			}
		}
	}
	if text := rendered(t, func(w io.Writer) error { return WriteMarkdown(w, c) }); strings.Contains(text, " <full>") {
		t.Errorf("Markdown has HTML of a reason in it:\n%s", text)
	}
}

func TestVerdictsArePainted(t *testing.T) {
	c := everything(t)
	text := rendered(t, func(w io.Writer) error {
		return WriteText(w, c, 160, func(v Verdict, words string) string { return "<" + string(v) + " " + words + ">" })
	})
	for _, want := range []string{"<faster faster>", "<slower slower>", "<same same within", "<noisy too noisy to tell (1)>", "<machine-changed the machine"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q", want)
		}
	}
	if strings.Contains(textOf(t, c), "<faster") {
		t.Error("painting changed the comparison")
	}
}

func TestJSONIsAsDocumented(t *testing.T) {
	c := everything(t)
	text := rendered(t, func(w io.Writer) error { return WriteJSON(w, c) })
	if !strings.Contains(text, "queue <full> | & gone") {
		t.Error("texts are escaped as for a page")
	}
	var got struct {
		Headline    string
		Environment []Difference
		Cells       []map[string]any
		Missing     []map[string]any
		Controls    []map[string]any
		Warnings    []string
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if got.Headline != c.Headline || !slices.Equal(got.Environment, c.Environment) || len(got.Cells) != len(c.Rows) || len(got.Missing) != 1 || len(got.Controls) != 1 {
		t.Errorf("got %+v", got)
	}
	for i, cell := range got.Cells {
		for _, field := range []string{"cell", "metric", "old_median", "new_median", "change", "change_lo", "change_hi", "p", "p_uncorrected", "verdict", "replicate", "change_lo_uncorrected", "change_hi_uncorrected", "change_level"} {
			if _, has := cell[field]; !has {
				t.Errorf("cell %d has no %s", i, field)
			}
		}
		if cell["verdict"] != string(c.Rows[i].Verdict) || cell["replicate"] != "launch" {
			t.Errorf("cell %d: %v by %v", i, cell["verdict"], cell["replicate"])
		}
	}
	last := got.Cells[len(got.Cells)-1]
	if last["change"] != nil || last["change_lo"] != nil || last["p"] != nil {
		t.Errorf("what is not a number is not null: %v", last)
	}
	pipe := got.Cells[slices.IndexFunc(c.Rows, func(r Row) bool { return r.Cell.Transport == "pipe" })]
	if pipe["change"].(float64) > -0.88 || pipe["change"].(float64) < -0.9 || pipe["cell"].(map[string]any)["size_bytes"] != 64.0 {
		t.Errorf("a ninth is not a change of -0.89: %v", pipe)
	}
}

// Lists are empty and not null where there is nothing in them.
func TestJSONOfNothing(t *testing.T) {
	text := rendered(t, func(w io.Writer) error { return WriteJSON(w, Comparison{}) })
	if strings.Contains(text, "null") {
		t.Errorf("there is a null: %s", text)
	}
}

func TestCSVHasOneRowForEachMetricOfACell(t *testing.T) {
	c := everything(t)
	records, err := csv.NewReader(strings.NewReader(rendered(t, func(w io.Writer) error { return WriteCSV(w, c) }))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != 1+len(c.Rows) || !slices.Equal(records[0][:3], []string{"transport", "workload", "size_bytes"}) {
		t.Fatalf("%d records, the first %q", len(records), records[0])
	}
	field := func(record int, name string) string { return records[record][slices.Index(records[0], name)] }
	for i, row := range c.Rows {
		if field(i+1, "transport") != row.Cell.Transport || field(i+1, "metric") != row.Metric || field(i+1, "verdict") != string(row.Verdict) || field(i+1, "old_n") != "10" {
			t.Errorf("row %d is %q", i, records[i+1])
		}
	}
	if last := len(c.Rows); field(last, "change") != "" || field(last, "change_hi") != "" || field(last, "p") != "" {
		t.Errorf("what is not a number is not empty: %q", records[last])
	}
}

func TestTablesByColumnNameTheParts(t *testing.T) {
	run := matrix(seeded())
	heads := func(column string) []string {
		var names []string
		for _, c := range compareBy(t, []Run{run}, column).Tables()[0].Columns {
			names = append(names, c.Name)
		}
		return names
	}
	if got, want := strings.Join(heads("fstype")[:5], " "), "transport size placement ext4 tmpfs"; got != want {
		t.Errorf("by fstype, the columns begin with %s, want %s", got, want)
	}
	if got, want := strings.Join(heads("transport")[:6], " "), "transport size placement on mmap new"; got != want {
		t.Errorf("by transport, the columns begin with %s, want %s", got, want)
	}
}

// A pipe has no directory: what tells its rows apart is that of the files it is
// compared with.
func TestRowsOfATableDiffer(t *testing.T) {
	run := matrix(seeded())
	labelled := run
	labelled.Name, labelled.Launches = "B", slices.Clone(run.Launches)
	third := labelled
	third.Name = "C"
	run.Labels, labelled.Labels, third.Labels = map[string]string{"kernel": "6.12"}, map[string]string{"kernel": "6.18"}, map[string]string{"kernel": "6.20"}
	for i := range run.Launches {
		run.Launches[i].Labels = nil
	}
	for column, c := range map[string]Comparison{
		"transport":    compareBy(t, []Run{run}, "transport"),
		"label.kernel": compareBy(t, []Run{run, labelled, third}, "label.kernel"),
	} {
		for _, table := range c.Tables() {
			seen := map[string]bool{}
			for _, row := range table.Rows {
				identity := strings.Join(row.Cells[:table.Identity], ", ")
				if seen[identity] {
					t.Errorf("by %s: there are two rows %s", column, identity)
				}
				seen[identity] = true
			}
		}
	}
}

func TestTitleSaysWhatChangedMost(t *testing.T) {
	c := everything(t)
	if want := "pipe 64 B same-llc round trip 9.3× faster; 2 of 6 cells changed"; c.Title() != want {
		t.Errorf("the title is %s", c.Title())
	}
	for i := range c.Rows {
		c.Rows[i].Verdict = Same
	}
	if want := "No change shown in 6 cells"; c.Title() != want {
		t.Errorf("the title is %s", c.Title())
	}
}

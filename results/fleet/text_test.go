package fleet

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"ipcbench/results/compare"
	"ipcbench/results/fleet/synthetic"
	"ipcbench/results/resultstest"
)

// night is a fleet of which all is told: two changes, of which hosts 3 and 11 have more, and a
// host of which one side is missing.
var night = synthetic.Fleet{
	Name: "night", Seed: 7, Hosts: 20, Runs: 3, Cells: 12, Between: 0.10, Within: 0.02,
	Change: func(host, cell int) float64 {
		switch {
		case (host == 2 || host == 10) && cell < 3:
			return 0.25
		case cell == 4:
			return 0.05
		case cell == 7:
			return -0.08
		}
		return 0
	},
	Skips: func(host, side, _ int) bool { return host == 19 && side == 1 },
}

func plain(_ compare.Verdict, words string) string { return words }

func TestTheAnswerComesFirst(t *testing.T) {
	c := compared(t, night, Options{})
	var b bytes.Buffer
	if err := WriteText(&b, c, 80, plain); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + b.String())
	lines := strings.Split(b.String(), "\n")
	for _, l := range lines {
		if n := utf8.RuneCountInString(l); n > 80 {
			t.Errorf("%d columns: %s", n, l)
		}
	}
	for _, want := range []string{"All hosts ", "udp 64 B same-cpu round trip", "is the largest of 2 changes in 12 cells: 1 faster, 1 slower", "h03, ", "h11, ", "1 host with runs of one side alone (h20)", "kernel", "6.12.9", "6.18.3"} {
		if !strings.Contains(strings.Join(strings.Fields(b.String()), " "), strings.TrimSpace(want)) {
			t.Errorf("it does not say %q", want)
		}
	}
	if !strings.HasPrefix(lines[0], "All hosts ") {
		t.Errorf("the first line is %q", lines[0])
	}
}

func TestForms(t *testing.T) {
	c := compared(t, night, Options{Threshold: 0.02})
	var text, document, table bytes.Buffer
	for _, err := range []error{WriteMarkdown(&text, c), WriteJSON(&document, c), WriteCSV(&table, c)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var j jsonComparison
	if err := json.Unmarshal(document.Bytes(), &j); err != nil || len(j.Classes) != 1 || len(j.Classes[0].Rows) != 12 || len(j.Classes[0].Hosts) != 19 {
		t.Errorf("JSON: %v, %d classes", err, len(j.Classes))
	}
	if _, rows := resultstest.ReadCSV(t, table.String()); len(rows) != 12*19 || rows[0]["host"] != "h01" {
		t.Errorf("CSV has %d rows", len(rows))
	}
	if !strings.Contains(text.String(), "- **All hosts: ") {
		t.Errorf("Markdown:\n%s", text.String())
	}
	if c.Gate.Outcome != compare.Failed || !strings.Contains(c.Gate.Reason(), "slower by more than 2 %") {
		t.Errorf("the gate says %s: %s", c.Gate.Outcome, c.Gate.Reason())
	}
}

// TestClassesAreComparedByThemselves has two processors, of which one changed.
func TestClassesAreComparedByThemselves(t *testing.T) {
	c := compared(t, synthetic.Fleet{
		Seed: 8, Hosts: 16, Runs: 3, Cells: 4, Between: 0.10, Within: 0.01, CPUs: []string{"Example 9000", "Example 7000"},
		Change: func(host, _ int) float64 { return []float64{0, 0.10}[host%2] },
	}, Options{})
	if len(c.Classes) != 2 {
		t.Fatalf("%d classes", len(c.Classes))
	}
	for _, class := range c.Classes {
		want := compare.Same
		if class.Name == "Example 7000" {
			want = compare.Slower
		}
		for _, row := range class.Rows {
			if row.Verdict != want {
				t.Errorf("%s: %s is %s", class.Name, describe(row.Cell), row.Verdict)
			}
		}
	}
	if answers := c.Answers(); !strings.HasPrefix(answers[0].Class, "Example 7000 (8 hosts)") {
		t.Errorf("the answers are of %q and %q", answers[0].Class, answers[1].Class)
	}
}

func TestWhatFailsOnTheNewSideAlone(t *testing.T) {
	c := compared(t, synthetic.Fleet{
		Seed: 9, Hosts: 6, Runs: 2, Cells: 2, Within: 0.01,
		Fails: func(host, side, cell int) bool { return cell == 1 && side == 1 && host < 2 },
	}, Options{Threshold: 0.5})
	if broken := c.Classes[0].Broken; len(broken) != 1 || len(broken[0].Hosts) != 2 || c.Gate.Outcome != compare.Failed {
		t.Errorf("broken: %+v, gate %s", broken, c.Gate.Outcome)
	}
	if notes := strings.Join(c.Notes(), "\n"); !strings.Contains(notes, "unix 64 B same-cpu fails on the new side alone, on 2 of 6 hosts: h01, h02") {
		t.Errorf("notes:\n%s", notes)
	}
}

func TestSelections(t *testing.T) {
	r := &Run{Host: "h03", Name: "base", Labels: map[string]string{"site": "berlin", "kernel": ""}, Around: map[string]string{"kernel": "6.12.9-amd64"}}
	for text, want := range map[string]bool{
		"kernel=6.12": true, "kernel=6.1": false, "kernel=6.12.9": true, "kernel=6.*": true, "kernel=6.18": false, "site=berlin kernel=6.12": true,
		"site=paris kernel=6.12": false, "host=h03": true, "host=h0": false, "name=base": true, "nothing=1": false,
	} {
		s, err := ParseSelection(text)
		if err != nil || s.Takes(r) != want {
			t.Errorf("%s: %v, %v", text, s.Takes(r), err)
		}
	}
	for _, wrong := range []string{"", "kernel", "=6.12", "kernel=", "kernel=[6"} {
		if _, err := ParseSelection(wrong); err == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
}

package table

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ipcbench/results"
	"ipcbench/results/summary"
)

// footnoted are rows of which the first two have warnings of their own, and all
// one in common; the last has no result.
func footnoted() []summary.Summary {
	const common, other, own = "the frequency follows the load", "echo 1 | tee cpu*/state*/disable", "launch 7 is <far> off"
	row := func(size int, texts ...string) summary.Summary {
		s := summary.Summary{Cell: results.Cell{Transport: "pipe", Workload: "latency", SizeBytes: size, Placement: "same-llc"}, Launches: 7}
		for _, text := range texts {
			s.Warnings = append(s.Warnings, results.Told.With("text", text))
		}
		return s
	}
	skipped := row(4096, common, own)
	skipped.Launches, skipped.Skipped, skipped.Reason = 0, 1, "no such thing here"
	return []summary.Summary{row(64, common, own, other), row(128, common, other), row(256, common), skipped}
}

// What is on most rows has the lowest number.
func TestAWarningStandsOnceAndItsRowsReferToIt(t *testing.T) {
	table := Tables(footnoted())[0]
	want := Footnotes{
		OnAll: []string{"the frequency follows the load"},
		OnRow: []string{"echo 1 | tee cpu*/state*/disable", "launch 7 is <far> off"},
	}
	if diff := cmp.Diff(want, table.Footnotes); diff != "" {
		t.Errorf("footnotes (-want +got)\n%s", diff)
	}
	var numbers [][]int
	for _, row := range table.Rows {
		numbers = append(numbers, row.Numbers)
	}
	if diff := cmp.Diff([][]int{{1, 2}, {1}, nil, nil}, numbers); diff != "" {
		t.Errorf("numbers on the rows (-want +got)\n%s", diff)
	}
}

func TestFootnotesInText(t *testing.T) {
	text := written(t, footnoted(), Text(120))
	for _, want := range []string{
		"—  1\n", "—  1, 2\n", "—\n",
		"\nall  the frequency follows the load\n  1  echo 1 | tee cpu*/state*/disable\n  2  launch 7 is <far> off\nRound trip,",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

func TestFootnotesInMarkdown(t *testing.T) {
	text := written(t, footnoted(), Markdown)
	for _, want := range []string{
		"| note |\n", "| 1, 2 |\n",
		"\n\nAll rows: the frequency follows the load\n\n1. echo 1 | tee cpu\\*/state\\*/disable\n2. launch 7 is \\<far> off\n\nRound trip,",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

func TestATableWithoutWarningsHasNoColumnForThem(t *testing.T) {
	summaries := footnoted()
	for i := range summaries {
		summaries[i].Warnings = nil
	}
	if text := written(t, summaries, Text(120)); strings.Contains(text, "note") {
		t.Errorf("there is nothing to note, and yet\n%s", text)
	}
}

func written(t *testing.T, summaries []summary.Summary, style Style) string {
	t.Helper()
	var b strings.Builder
	if err := Write(&b, summaries, style); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestManyFootnotesBecomeFew: what only its numbers tell apart is said once where
// each row would have a note of its own.
func TestManyFootnotesBecomeFew(t *testing.T) {
	var rows []summary.Summary
	for i := range 20 {
		rows = append(rows, summary.Summary{Launches: 7, Warnings: []results.Warning{
			{ID: "outlier-slow-explained", Values: map[string]any{"launch": i % 7, "times": 3 + float64(i)/10, "suspect": "wait", "took_ns": 1e6 * float64(i)}},
			{ID: "modes", Values: map[string]any{"modes": fmt.Sprintf("%d ns ×2, 900 ns ×5", i)}},
			{ID: "mixed", Values: map[string]any{"mixed": i % 7, "launches": 7, "fast_ns": float64(i), "slow_ns": 1e6}},
		}})
	}
	if notes := footnotesOf(rows[:3]); len(notes.OnRow) != 9 || !strings.Contains(notes.text(200), "waited 2.00 ms") {
		t.Errorf("of three rows: %q", notes.OnRow)
	}
	rows = append(rows, summary.Summary{Launches: 7})
	notes := footnotesOf(rows)
	want := []string{
		"a launch is an outlier to the slow side: its ends waited for a CPU",
		"launches fall into modes: each has a line of its own, and nothing that was watched tells why",
		"in some launches the times are of two kinds: their median is of the more frequent",
	}
	if fmt.Sprint(notes.OnRow) != fmt.Sprint(want) {
		t.Errorf("of twenty: %q", notes.OnRow)
	}
	if got := joined(notes.on(rows[4])); got != "1, 2, 3" {
		t.Errorf("a row has notes %s", got)
	}
}

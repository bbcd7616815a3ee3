package experiment

import (
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ipcbench/internal/folder"
	"ipcbench/results"
	"ipcbench/results/compare"
	"ipcbench/results/resultstest"
)

// of is the record of an experiment of six rounds with these variants, of which the
// last cannot be made.
func of(variants ...string) Record {
	r := Record{
		Name: "disks", Question: "Which disk?", File: "disks.toml", Text: "rounds = 6\n", Run: []string{"pipe", "unix"}, Rounds: 6,
		Started: time.Date(2026, 11, 26, 5, 0, 0, 0, time.UTC), Ended: time.Date(2026, 11, 26, 5, 1, 30, 0, time.UTC),
	}
	for _, name := range variants {
		r.Variants = append(r.Variants, VariantRecord{Name: name, Steps: []string{"mkfs." + name}})
	}
	last := &r.Variants[len(variants)-1]
	last.Skipped = "no mkfs:\n  install it"
	for round := range 6 {
		for _, v := range r.Variants[:len(variants)-1] {
			r.Turns = append(r.Turns, TurnRecord{Round: round + 1, Variant: v.Name, Run: string(rune('1'+round)) + "-" + v.Name})
		}
	}
	return r
}

// measured is a run of two cells: the slow variant takes three times as long for one.
func measured(random *rand.Rand, name string) compare.Run {
	run := resultstest.Run
	run.Name = name
	run.Labels = map[string]string{results.VariantLabel: name[2:]}
	run.Host = map[string]string{"kernel": "6.18.0", "cpu": "Example 9000"}
	factor := map[string]float64{"slow": 3}[name[2:]]
	var launches []results.Launch
	for transport, ns := range map[string]float64{"pipe": 5000 * max(1, factor), "unix": 9000} {
		cell := resultstest.Cell(transport, "latency", 64, "same-llc")
		cell.Dir = "there"
		for i := range 3 {
			launches = append(launches, resultstest.OK(cell, i+1, results.RTTP50, ns*(1+0.01*random.Float64())))
		}
	}
	return compare.Of(run, launches)
}

func outcome(t *testing.T, r Record) Outcome {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	o, err := Compare(r, func(run string) (compare.Run, error) { return measured(random, run), nil })
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestTheAnswerNamesEachVariant(t *testing.T) {
	o := outcome(t, of("ext4", "slow", "even", "absent"))
	want := "slow differs from ext4; even is not told apart from ext4; absent is not compared"
	if got := o.Answer(); got != want {
		t.Errorf("the answer is %q, want %q", got, want)
	}
	if got := o.Against[0].Comparison.Finding; !strings.HasPrefix(got, "pipe 64 B same-llc round trip 3.0× slower (5.0") || strings.Contains(got, "there") {
		t.Errorf("the finding is %q", got)
	}
	if got := o.Against[2].Line("ext4"); got != "absent: cannot be made here: no mkfs: install it" {
		t.Errorf("of what is absent: %q", got)
	}
	if len(o.Against[0].Comparison.Environment) > 0 {
		t.Errorf("its name is a difference: %v", o.Against[0].Comparison.Environment)
	}
}

func TestTheMatrixHasARowForEachCellAndAColumnForEachVariant(t *testing.T) {
	matrices := outcome(t, of("ext4", "slow", "even", "absent")).Matrices()
	if len(matrices) != 1 || len(matrices[0].Rows) != 2 {
		t.Fatalf("the matrices are %+v", matrices)
	}
	m := matrices[0]
	var columns []string
	for _, c := range m.Columns {
		columns = append(columns, c.Name)
	}
	if want := []string{"transport", "size", "placement", "ext4", "slow", "even"}; !slices.Equal(columns, want) {
		t.Errorf("columns are %q, want %q", columns, want)
	}
	if cells := m.Rows[0].Cells; cells[0] != "pipe" || cells[4] != "▼ 3.0×" || !strings.HasPrefix(cells[5], "= ±") {
		t.Errorf("the row of pipe is %q", cells)
	}
	if square := m.Of[0][0]; square.Extent() != "much" || !strings.Contains(square.InFull(), "slower: 5.0") {
		t.Errorf("in full: %s", square.InFull())
	}
}

// A page that is kept says what, where, when and how again, and nothing that becomes
// markup.
func TestAPageOfMarkdownThatIsKept(t *testing.T) {
	r := of("ext4", "slow", "even", "absent")
	r.Question, r.CutShort = "Which <b>disk</b>?", "context canceled"
	r.Turns[4].Failed = "prepare: exit status 1"
	var b strings.Builder
	if err := WriteMarkdown(&b, outcome(t, r)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"# Which \\<b>disk\\</b>?\n", "**slow differs from ext4; ", "- **slow**: pipe 64 B same-llc round trip 3.0× slower",
		"| pipe | 64 B | same-llc | 5.0", "| ▼ 3.0× |", "▼ slower", "6 rounds", "at most 5 %",
		"Example 9000", "Linux 6.18.0", "2026-11-26 05:00 UTC, took 1m30s", "`ipcbench experiment disks.toml`", "`ipcbench run pipe unix`",
		"ended before all of its turns: context canceled", "failed and is left out: prepare: exit status 1",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page does not say %q:\n%s", want, &b)
		}
	}
}

func TestARecordOfAStranger(t *testing.T) {
	dir := t.TempDir()
	open := func() *folder.Folder {
		f, err := folder.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	if _, err := Read(open()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a record: %v", err)
	}
	r := of("ext4", "xfs", "absent")
	r.Question = "\x1b[31mred?"
	if err := r.Write(dir); err != nil {
		t.Fatal(err)
	}
	if read, err := Read(open()); err != nil || strings.Contains(read.Question, "\x1b") || len(read.Turns) != 12 || read.Text != r.Text {
		t.Errorf("it is read as %+v: %v", read, err)
	}
	for _, text := range []string{
		`{"variants": [{"name": "a"}, {"name": "../../etc"}]}`,
		`{"variants": [{"name": "a"}, {"name": "b"}], "turns": [{"run": "/etc"}]}`,
		`{"variants": [{"name": "a"}]}`, `{}`, `[`,
	} {
		if err := os.WriteFile(filepath.Join(dir, RecordFile), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(open()); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s is read: %v", text, err)
		}
	}
}

// FuzzRead: whatever a stranger's record says, it is refused in a line, or can be shown.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"name": "x", "question": "Which?", "rounds": 3, "variants": [{"name": "a", "steps": ["mkfs"]}, {"name": "b"}], "turns": [{"round": 1, "variant": "a", "run": "01-a"}]}`))
	f.Add([]byte(`{"variants": [{"name": ".."}, {"name": "b"}]}`))
	dir := f.TempDir()
	in, err := folder.Open(dir)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(filepath.Join(dir, RecordFile), text, 0o644); err != nil {
			t.Fatal(err)
		}
		r, err := Read(in)
		if err != nil {
			return
		}
		o, err := Compare(r, func(run string) (compare.Run, error) { return compare.Run{}, errors.New("there is none") })
		if err != nil {
			return // one that has runs
		}
		if err := WriteMarkdown(io.Discard, o); err != nil {
			t.Error(err)
		}
	})
}

// Where the first variant has no run there is nothing to compare with, and what there is
// can be shown all the same.
func TestNothingToCompareWith(t *testing.T) {
	r := of("ext4", "xfs", "absent")
	r.Turns = nil
	o := outcome(t, r)
	if want := "xfs and absent are not compared"; o.Answer() != want {
		t.Errorf("the answer is %q, want %q", o.Answer(), want)
	}
	var b strings.Builder
	if err := WriteMarkdown(&b, o); err != nil || len(o.Matrices()) > 0 {
		t.Error(err, o.Matrices())
	}
}

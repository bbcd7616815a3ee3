package compare

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ipcbench/results"
)

// variantOf is one that measured these, all "auto" and in the directories of a
// default run where it does not say.
func variantOf(name string, specs, placements, dirs string) results.Variant {
	list := func(text, usual string) []string {
		if text == "" {
			text = usual
		}
		return strings.Fields(text)
	}
	return results.Variant{Name: name, Text: strings.TrimSpace(specs + " " + dirs), Specs: strings.Fields(specs),
		Placements: list(placements, results.Auto), Dirs: list(dirs, "/tmp /dev/shm")}
}

// ofVariant makes a cell one of a variant.
func ofVariant(name string, cell results.Cell) results.Cell {
	cell.Variant = name
	return cell
}

// abRun is one of two variants with these cells.
func abRun(a, b results.Variant, ofA, ofB []results.Cell) Run {
	r := newRun("R")
	r.Plan.Variants = []results.Variant{a, b}
	random := seeded()
	for i := range 2 {
		for _, cell := range [][]results.Cell{ofA, ofB}[i] {
			r.measure(random, ofVariant(r.Plan.Variants[i].Name, cell), 10, 5e3*float64(1+i), 0.01)
		}
	}
	return r
}

// Cells are paired by what the variants have in common: what these vary is no
// part of that.
func TestVariantsArePairedByWhatTheyHaveInCommon(t *testing.T) {
	cells := func(of func(string) results.Cell, names ...string) (list []results.Cell) {
		for _, name := range names {
			list = append(list, of(name))
		}
		return list
	}
	plain := func(transport string) results.Cell { return latencyOf(transport, 64) }
	dirOf := map[string]string{"/a": "ext4", "/b": "xfs", "/c": "btrfs"}
	inDir := func(transport, dir string) results.Cell { return in(plain(transport), dir, dirOf[dir]) }
	for name, c := range map[string]struct {
		a, b     results.Variant
		ofA, ofB []results.Cell
		rows     []string
		missing  []string
	}{
		"the same": {
			variantOf("A", "pipe", "", ""), variantOf("B", "pipe", "", ""), cells(plain, "pipe"), cells(plain, "pipe"),
			[]string{"pipe 64 B same-llc"}, nil,
		},
		"transports, one of which spins": {
			variantOf("A", "pipe", "", ""), variantOf("B", "eventfd", "", ""),
			[]results.Cell{plain("pipe"), onOneCPU(plain("pipe"))}, cells(plain, "eventfd"),
			[]string{"pipe → eventfd 64 B same-llc"}, []string{"pipe 64 B same-cpu variant A, latency: there is none with B"},
		},
		"several transports, by their places": {
			variantOf("A", "pipe unix", "", ""), variantOf("B", "fifo tcp", "", ""), cells(plain, "pipe", "unix"), cells(plain, "fifo", "tcp"),
			[]string{"pipe → fifo 64 B same-llc", "unix → tcp 64 B same-llc"}, nil,
		},
		"the same transports in another order": {
			variantOf("A", "pipe unix", "", ""), variantOf("B", "unix pipe", "", ""), cells(plain, "pipe", "unix"), cells(plain, "unix", "pipe"),
			[]string{"pipe 64 B same-llc", "unix 64 B same-llc"}, nil,
		},
		"more transports than there": {
			variantOf("A", "pipe unix", "", ""), variantOf("B", "pipe", "", ""), cells(plain, "pipe", "unix"), cells(plain, "pipe"),
			[]string{"pipe 64 B same-llc"}, []string{"unix 64 B same-llc variant A, latency: there is none with B"},
		},
		"directories, of those that have one": {
			variantOf("A", "mmap pipe", "", "/a"), variantOf("B", "mmap pipe", "", "/b"),
			[]results.Cell{inDir("mmap", "/a"), plain("pipe")}, []results.Cell{inDir("mmap", "/b"), plain("pipe")},
			[]string{"mmap 64 B same-llc /a → /b", "pipe 64 B same-llc"}, nil,
		},
		"a transport with a directory and one without": {
			variantOf("A", "pipe", "", "/a /b"), variantOf("B", "mmap", "", "/a /b"),
			cells(plain, "pipe"), []results.Cell{inDir("mmap", "/a"), inDir("mmap", "/b")},
			[]string{"pipe → mmap 64 B same-llc /a", "pipe → mmap 64 B same-llc /b"}, nil,
		},
		"placements": {
			variantOf("A", "pipe", "same-cpu", ""), variantOf("B", "pipe", "same-llc", ""),
			[]results.Cell{onOneCPU(plain("pipe"))}, cells(plain, "pipe"),
			[]string{"pipe 64 B same-cpu → same-llc"}, nil,
		},
	} {
		comparison := compareBy(t, []Run{abRun(c.a, c.b, c.ofA, c.ofB)}, "variant")
		var rows, missing []string
		for _, row := range comparison.Rows {
			if row.Verdict != Slower || row.OldValue != "A" || row.NewValue != "B" {
				t.Errorf("%s: %s is %s with %s than with %s", name, describe(row.Cell), row.Verdict, row.NewValue, row.OldValue)
			}
			rows = append(rows, describe(row.both()))
		}
		for _, m := range comparison.Missing {
			missing = append(missing, m.Sentence())
		}
		if !slices.Equal(rows, c.rows) || !slices.Equal(missing, c.missing) || len(comparison.Warnings) > 0 {
			t.Errorf("%s: %q, missing %q, %q", name, rows, missing, comparison.Warnings)
		}
	}
}

func TestHeadlineOfVariants(t *testing.T) {
	c := compareBy(t, []Run{abRun(variantOf("A", "pipe", "", ""), variantOf("B", "unix", "", ""),
		[]results.Cell{latencyOf("pipe", 64)}, []results.Cell{latencyOf("unix", 64)})}, "variant")
	const want = "pipe → unix 64 B same-llc round trip 2.0× slower with B than with A ("
	if !strings.HasPrefix(c.Headline, want) || !strings.HasPrefix(c.Title(), strings.TrimSuffix(want, " (")) || c.OldSide() != "A: pipe" || c.NewSide() != "B: unix" {
		t.Errorf("headline %q, title %q, of %q and %q", c.Headline, c.Title(), c.OldSide(), c.NewSide())
	}
}

func TestVariantsOfSeveralRuns(t *testing.T) {
	a, b := variantOf("A", "pipe", "", ""), variantOf("B", "unix", "", "")
	var runs []Run
	for i := range 3 {
		r := abRun(a, b, []results.Cell{latencyOf("pipe", 64)}, []results.Cell{latencyOf("unix", 64)})
		r.Name, r.Started = fmt.Sprint("R", i), time.Unix(int64(i), 0)
		runs = append(runs, r)
	}
	if c := compareBy(t, runs, "variant"); c.Replicate != "run" || len(c.Rows) != 1 || c.Rows[0].Old.N != 3 {
		t.Errorf("three runs are compared by %s: %+v", c.Replicate, c.Rows)
	}
	runs[1].Plan.Variants = []results.Variant{b, a}
	runs[1].Plan.Variants[0].Name, runs[1].Plan.Variants[1].Name = "A", "B"
	if _, err := By(runs, "variant", Options{}); err == nil || !strings.Contains(err.Error(), `A is "pipe" in R0 and "unix" in R1`) {
		t.Errorf("other variants under the same names: %v", err)
	}
}

// What tells variants apart can be compared by itself.
func TestOfVariantsByLabelAndTransport(t *testing.T) {
	r := abRun(variantOf("A", "pipe", "", ""), variantOf("B", "unix", "", ""), []results.Cell{latencyOf("pipe", 64)}, []results.Cell{latencyOf("unix", 64)})
	r.Plan.Specs = []string{"pipe", "unix"}
	if c := compareBy(t, []Run{r}, "transport"); len(c.Rows) != 1 || c.Rows[0].Verdict != Slower {
		t.Errorf("by transport: %+v", c.Rows)
	}
	r = abRun(variantOf("A", "pipe", "", ""), variantOf("B", "pipe", "", ""), []results.Cell{latencyOf("pipe", 64)}, []results.Cell{latencyOf("pipe", 64)})
	for i, l := range r.Launches {
		r.Launches[i].Labels = map[string]string{"thp": map[string]string{"A": "never", "B": "always"}[l.Variant]}
	}
	if c := compareBy(t, []Run{r}, "label.thp"); len(c.Rows) != 1 || c.Rows[0].Verdict != Slower {
		t.Errorf("by label: %+v", c.Rows)
	}
}

func TestRunsThatWereNotMeasuredInTurn(t *testing.T) {
	at := func(name string, hour int) Run {
		r := newRun(name)
		r.measure(seeded(), latencyOf("pipe", 64), 10, 5e3, 0.01)
		r.floor(seeded(), results.Floor{Name: "clock"}, 30)
		if hour > 0 {
			r.Started = time.Unix(int64(3600*hour), 0)
		}
		return r
	}
	const told = "all runs of A1, A2 were measured before all of B1, B2"
	for name, c := range map[string]struct {
		old, new []Run
		want     string
	}{
		"AABB":         {[]Run{at("A1", 1), at("A2", 2)}, []Run{at("B1", 3), at("B2", 4)}, told},
		"new first":    {[]Run{at("B1", 3), at("B2", 4)}, []Run{at("A1", 1), at("A2", 2)}, told},
		"ABAB":         {[]Run{at("A1", 1), at("A2", 3)}, []Run{at("B1", 2), at("B2", 4)}, ""},
		"one each":     {[]Run{at("A1", 1)}, []Run{at("B1", 2)}, ""},
		"nobody knows": {[]Run{at("A1", 0), at("A2", 0)}, []Run{at("B1", 0), at("B2", 0)}, ""},
	} {
		warnings := strings.Join(compareRuns(t, c.old, c.new).Warnings, "\n")
		if got := strings.Contains(warnings, "measured before"); got != (c.want != "") || !strings.Contains(warnings, c.want) {
			t.Errorf("%s: %q", name, warnings)
		}
	}
}

package table

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"ipcbench/results"
)

// coresOf are made up CPUs in groups of four that share a cache.
func coresOf(n int) results.Cores {
	c := results.Cores{Passes: 3, Planned: 3, ClockNS: 25, TickNS: 1}
	for i := range n {
		c.CPUs = append(c.CPUs, results.Core{CPU: i, Core: i, LLC: i / 4 * 4})
		for j := range i {
			p := results.CorePair{A: j, B: i, Relation: results.SameLLC, PageNodes: []int{0}, RTT: results.Passes{90, 100, 110}, AB: results.Passes{61, 60, 59}, BA: results.Passes{51, 50, 49}}
			if i/4 != j/4 {
				p.Relation, p.RTT = results.CrossLLC, results.Passes{190, 200, 900}
			}
			c.Pairs = append(c.Pairs, p)
		}
	}
	return c
}

func coresText(t *testing.T, c results.Cores, width int) string {
	t.Helper()
	var b strings.Builder
	if err := WriteCores(&b, c, width); err != nil {
		t.Fatal(err)
	}
	if os.Getenv("SHOW") != "" {
		t.Log("\n" + b.String())
	}
	return b.String()
}

func has(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("no %q in\n%s", word, text)
		}
	}
}

func TestOnePairIsOneLine(t *testing.T) {
	text := coresText(t, coresOf(2), 80)
	has(t, text, "100 ns", "90.0 ns to 110 ns", "0→1  60.0 ns", "1→0  50.0 ns", "3 passes over all pairs", "25.0 ns; its tick is 1 ns")
	if strings.Contains(text, "row") {
		t.Errorf("a table of two CPUs:\n%s", text)
	}
}

func TestManyCPUsAreATable(t *testing.T) {
	for n, width := range map[int]int{3: 80, 16: 80, 64: 100, 65: 0} {
		c := coresOf(n)
		for _, line := range strings.Split(coresText(t, c, width), "\n") {
			if utf8.RuneCountInString(line) > max(width, TextWidth) && width > 0 {
				t.Errorf("%d CPUs: a line is wider than %d: %q", n, width, line)
			}
		}
	}
	text := coresText(t, coresOf(16), 0)
	has(t, text, "cross-llc     96", "×4.74", "   0 │    ·    100    100    100 │  200")
}

func TestAPairWithoutAResultHasItsReason(t *testing.T) {
	c := coresOf(3)
	c.Pairs[0].RTT, c.Pairs[0].AB, c.Pairs[0].BA, c.Pairs[0].Reason = nil, nil, nil, "CPU 1 did not answer"
	has(t, coresText(t, c, 80), "failed: CPU 1 did not answer", "—")
}

func TestWhereTheLineLiesIsSaidOfSeveralNodes(t *testing.T) {
	c := coresOf(8)
	if strings.Contains(coresText(t, c, 80), "first CPU") {
		t.Error("one node is told of as if there were more")
	}
	for i := 4; i < 8; i++ {
		c.CPUs[i].Node = 1
	}
	has(t, strings.Join(strings.Fields(coresText(t, c, 80)), " "), "of 6 pairs elsewhere") // by what is made up, all are on node 0
}

func TestWhatIsNotKnownOfCPUsIsSaid(t *testing.T) {
	c := coresOf(2)
	if strings.Contains(coresText(t, c, 80), "/sys") {
		t.Error("what is known is said not to be")
	}
	c.Pairs[0].Relation = ""
	has(t, coresText(t, c, 100), "0, 1  —", "mount /sys")
}

package table_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"

	"ipcbench/results/alike"
	"ipcbench/results/resultstest"
	"ipcbench/results/summary"
	"ipcbench/results/table"
)

// TestNoTableIsWiderThanItsTerminal whatever it is of, and none loses its rows or
// what its workload is decided by.
func TestNoTableIsWiderThanItsTerminal(t *testing.T) {
	for seed := range uint64(100) {
		summaries := summary.Of(resultstest.Wide(seed))
		for _, width := range []int{60, 80, 80 + int(seed)/2} {
			var b strings.Builder
			if err := table.Write(&b, summaries, table.Text(width)); err != nil {
				t.Fatal(err)
			}
			if err := alike.Write(&b, alike.Of(summaries), table.Text(width)); err != nil {
				t.Fatal(err)
			}
			if wide := firstWider(b.String(), width); wide != "" {
				t.Fatalf("seed %d: more than %d columns: %q in\n%s", seed, width, wide, b.String())
			}
			for _, s := range summaries {
				if s.Launches == 0 {
					continue
				}
				main := s.Main().Format(s.Metrics[s.Main().Name].Median)
				if len(s.Modes) == 0 && !strings.Contains(b.String(), main) {
					t.Errorf("seed %d: in %d columns nothing says %s of %s:\n%s", seed, width, main, s.Describe(" "), b.String())
				}
			}
		}
	}
}

func firstWider(written string, width int) string {
	for _, line := range strings.Split(written, "\n") {
		if text.StringWidthWithoutEscSequences(line) > width {
			return line
		}
	}
	return ""
}

// TestCellsAreBrokenWhereTheyAreParted: at spaces, else behind what parts the options
// of a transport, and else anywhere; nothing is lost.
func TestCellsAreBrokenWhereTheyAreParted(t *testing.T) {
	for _, c := range []struct {
		words string
		width int
		want  string
	}{
		{"mmap:sync=sync,wait=futex", 15, "mmap:sync=sync,|wait=futex"},
		{"mmap:sync=sync,wait=futex", 12, "mmap:|sync=sync,|wait=futex"},
		{"none: at boot only", 10, "none: at|boot only"},
		{"ohnetrennung", 5, "ohnet|rennu|ng"},
		{"open /a/long/path: no such file", 12, "open /a/|long/path:|no such file"},
		{"/a/long/path: no", 13, "/a/long/path:|no"},
		{"", 5, ""},
	} {
		if got := strings.ReplaceAll(table.Wrapped(c.words, c.width), "\n", "|"); got != c.want {
			t.Errorf("%q in %d columns is %q, want %q", c.words, c.width, got, c.want)
		}
	}
	for width := 1; width < 30; width++ {
		const words = "a transport as memfd:api=inplace,huge=2MiB on /mnt/a/b"
		got := table.Wrapped(words, width)
		if wide := firstWider(got, width); wide != "" || strings.Join(strings.Fields(got), "") != strings.ReplaceAll(words, " ", "") {
			t.Errorf("in %d columns: %q", width, got)
		}
	}
}

func ExampleBeside() {
	fmt.Println(table.Beside("  remedy  ", "have the machine do nothing else", 24))
	// Output:
	//   remedy  have the
	//           machine do
	//           nothing else
}

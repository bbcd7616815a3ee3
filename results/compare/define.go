package compare

import (
	"fmt"
	"strings"

	"ipcbench/results"
)

// Holds says what the verdicts hold for, that nothing else differs where that is
// so, and of what that is not known.
func (c Comparison) Holds() string {
	text := "Verdicts hold " + c.Scope + "."
	if len(c.Environment) == 0 {
		text += " Nothing that is known of the environment differs."
	}
	if c.Known.Facts > 0 {
		text += " " + c.Known.sentence()
	}
	return text
}

// sentence says how much is known: "Of 90 facts, 2 are not known of one side
// (seccomp, nice), and 31 of neither."
func (e Extent) sentence() string {
	const most = 5
	text := fmt.Sprintf("Of %s, ", numberOf(e.Facts, "fact"))
	if n := len(e.OneSide); n > 0 {
		named := strings.Join(e.OneSide[:min(n, most)], ", ")
		if n > most {
			named += ", …"
		}
		return text + fmt.Sprintf("%d are not known of one side (%s), and %d of neither.", n, named, len(e.Neither))
	}
	return text + fmt.Sprintf("%d are not known of either side.", len(e.Neither))
}

// change is what the changes are, less 1: not the ratio of the two medians beside them.
func (c Comparison) change() string {
	if c.Replicate == byRun {
		return "the ratio of the geometric means of the runs"
	}
	return "the median of all ratios of a new launch to an old one"
}

// Definitions says what the columns and verdicts mean.
func (c Comparison) Definitions() string {
	change, test := c.change()+" (Hodges-Lehmann)", "the Mann-Whitney U test"
	if c.Replicate == byRun {
		change, test = c.change(), "Welch's t test of the logarithms"
	}
	text := fmt.Sprintf("Change: %s, less 1; ×2 is twice, ÷2 half. p: how often chance alone would show as much, by %s, corrected by Holm's method: for the number of all cells that the headline counts, and of each further metric for its own. "+
		"corrected interval: the changes that this test does not rule out at the level %g ÷ n: n is how many cells have no smaller p or, for those not shown to have changed, how many of these there are. It holds 0 exactly where p is above %g.",
		change, test, c.Options.Alpha, c.Options.Alpha)
	for _, j := range Judgements {
		text += fmt.Sprintf(" %s: %s.", j.Words, j.Means(c))
	}
	if c.Together != nil {
		text += fmt.Sprintf(" moved together: to the same side by each cell's own interval of 95 %%, and about as far, %s of the cells that can tell or more, and half of all.",
			results.FormatPercentAsGiven(mostOfThem))
	}
	return text
}

package compare

import (
	"fmt"

	"ipcbench/results"
)

// Holds says what the verdicts hold for, and that nothing else differs where
// that is so.
func (c Comparison) Holds() string {
	text := "Verdicts hold " + c.Scope + "."
	if len(c.Environment) == 0 {
		text += " Nothing that is known of the environment differs."
	}
	return text
}

// Definitions says what the columns and verdicts mean.
func (c Comparison) Definitions() string {
	change, test := "the median of all ratios of a new launch to an old one (Hodges-Lehmann)", "the Mann-Whitney U test"
	if c.Replicate == byRun {
		change, test = "the ratio of the geometric means of the runs", "Welch's t test of the logarithms"
	}
	return fmt.Sprintf("Change: %s, less 1; ×2 is twice, ÷2 half. p: how often chance alone would show as much, by %s, corrected for the number of cells (Holm). "+
		"faster, slower: p is at most %g and the 95 %% interval on one side of 0. same: the whole interval lies within ±%s of it. too noisy to tell: neither, and about so many a side might. "+
		"the machine changed: so did a floor, whose interval reaches as far.", change, test, c.Options.Alpha, results.FormatPercentAsGiven(c.Options.Same))
}

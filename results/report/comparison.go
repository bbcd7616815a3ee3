package report

import (
	_ "embed"
	"fmt"
	"io"
	"strings"

	"ipcbench/results"
	"ipcbench/results/charts"
	"ipcbench/results/compare"
	"ipcbench/results/profile"
	"ipcbench/results/report/page"
	"ipcbench/results/summary"
)

//go:embed comparison.html
var comparisonText string

var comparisonPage = page.New(comparisonText, changesText)

// WriteComparison writes the page of a comparison: the forest plot of the
// metrics that say most, a table of each that was compared, and what changed in profiles.
func WriteComparison(w io.Writer, c compare.Comparison, profiles ...profile.Change) error {
	all, err := comparisonOf(c)
	if err == nil {
		all.Profiles, err = profiledChanges(profiles)
	}
	if err == nil {
		err = comparisonPage.Write(w, all)
	}
	if err != nil {
		return fmt.Errorf("report of a comparison: %w", err)
	}
	return nil
}

// comparisonOf draws a comparison and makes its tables.
func comparisonOf(c compare.Comparison) (comparisonContents, error) {
	all := comparisonContents{
		Comparison: c,
		Warned:     page.NewWarnings("Before you believe a verdict", c.Warnings),
		Sides: page.Facts{Label: "What is compared", Facts: []page.Fact{
			{Name: "old", Value: c.OldSide()}, {Name: "new", Value: c.NewSide()}, {Name: "with", Value: c.Setting},
		}},
		Differences: page.TableOf(c.EnvironmentTable()),
		Control:     page.TableOf(c.ControlTable()),
	}
	all.Differences.Tone = func(_, column int) string { return map[bool]string{true: "any"}[column > 0] }
	for _, t := range c.Tables() {
		all.Tables = append(all.Tables, tableOfChanges(t))
	}
	if forest, ok := charts.Forest(c.Primary()); ok && len(forest.Rows) > 1 { // one row is a line of the table
		figure, err := figureOf(forest)
		if err != nil {
			return all, err
		}
		all.Forest = &figure
	}
	return all, nil
}

// variants is the comparison of those of a run.
type variants struct {
	comparisonContents
	Question string
	Without  string // why there is none
}

// variantsOf compares a run's variants, nil where it has none.
func variantsOf(run summary.Analysis) (*variants, error) {
	c, has, wrong := compare.Variants(run.Run, run.Launches)
	switch {
	case !has:
		return nil, nil
	case wrong != nil:
		return &variants{Question: whatChanges(run.Plan), Without: wrong.Error()}, nil
	}
	contents, err := comparisonOf(c.Primary())
	return &variants{comparisonContents: contents, Question: whatChanges(run.Plan)}, err
}

// whatChanges is what a run with variants is asked.
func whatChanges(plan results.Plan) string {
	var names []string
	for _, v := range plan.Variants {
		names = append(names, v.Name)
	}
	return "What changes from " + strings.Join(names, " to ") + "?"
}

// comparisonContents is what the page is filled with.
type comparisonContents struct {
	compare.Comparison
	Warned      page.Warnings
	Sides       page.Facts
	Differences page.Table
	Forest      *page.Figure // nil: nothing to draw
	Tables      []page.Table
	Control     page.Table
	Profiles    []profiledChange
}

// Reading says how what changed in profiles is to be read.
func (comparisonContents) Reading() string { return profile.ChangeDefinitions }

// tableOfChanges shows each verdict in its tone.
func tableOfChanges(t compare.Table) page.Table {
	shown := page.TableOf(t.Table)
	shown.Identity = t.Identity
	shown.Tone = func(row, column int) string {
		if column == len(t.Columns)-1 {
			return string(t.Of[row].Verdict.Judgement().Tone)
		}
		return ""
	}
	return shown
}

package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"sync"

	"ipcbench/results/charts"
	"ipcbench/results/compare"
	"ipcbench/results/summary"
)

//go:embed comparison.html
var comparisonText string

// comparisonPage looks like the page of a run.
var comparisonPage = sync.OnceValue(func() *template.Template {
	return template.Must(parsePage().New("comparison").Parse(comparisonText))
})

// WriteComparison writes the page of a comparison: the forest plot of the
// metrics that say most, and a table of each that was compared.
func WriteComparison(w io.Writer, c compare.Comparison) error {
	all, err := contentsOf(c)
	if err != nil {
		return err
	}
	var html bytes.Buffer
	if err := comparisonPage().Execute(&html, all); err != nil {
		return fmt.Errorf("report of a comparison: %w", err)
	}
	_, err = w.Write(html.Bytes())
	return err
}

// contentsOf draws a comparison and makes its tables.
func contentsOf(c compare.Comparison) (comparisonContents, error) {
	all := comparisonContents{Comparison: c}
	for _, t := range c.Tables() {
		all.Tables = append(all.Tables, comparisonTable{t})
	}
	if forest, ok := charts.Forest(c.Primary()); ok && len(forest.Rows) > 1 { // one row is a line of the table
		var svg bytes.Buffer
		if err := forest.WriteHTMLSVG(&svg); err != nil {
			return all, fmt.Errorf("report of a comparison: draw: %w", err)
		}
		all.Forest = &chart{Chart: forest, SVG: template.HTML(svg.String())}
	}
	return all, nil
}

// variants is the comparison of those of a run.
type variants struct {
	comparisonContents
	Without string // why there is none
}

// variantsOf compares a run's variants, nil where it has none.
func variantsOf(run summary.Analysis) (*variants, error) {
	c, has, wrong := compare.Variants(run.Run, run.Launches)
	switch {
	case !has:
		return nil, nil
	case wrong != nil:
		return &variants{Without: wrong.Error()}, nil
	}
	contents, err := contentsOf(c.Primary())
	return &variants{comparisonContents: contents}, err
}

// comparisonContents is what the page is filled with.
type comparisonContents struct {
	compare.Comparison
	Tables []comparisonTable
	Forest *chart // nil: nothing to draw
}

type comparisonTable struct{ compare.Table }

// Class is the class of a cell of the table: how it is aligned, or the
// verdict's tone.
func (t comparisonTable) Class(row, column int) string {
	switch {
	case column == len(t.Columns)-1:
		return string(t.Of[row].Verdict.Judgement().Tone)
	case t.Columns[column].Numeric:
		return "n"
	}
	return ""
}

package report

import (
	_ "embed"
	"fmt"
	"io"
	"strings"

	"ipcbench/internal/folder"
	"ipcbench/results/compare"
	"ipcbench/results/experiment"
	"ipcbench/results/report/page"
	"ipcbench/results/table"
)

// The names of what is made from an experiment, in its directory.
const (
	ExperimentFile         = "experiment.html"
	ExperimentMarkdownFile = "experiment.md"
)

// compareFile is the name of a variant's comparison, but for its extension.
func compareFile(variant string) string { return "compare-" + variant }

// RemakeExperiment makes everything in the directory of an experiment that follows from
// its runs, in place of what is there. It is told how a comparison is written as text.
func RemakeExperiment(dir *folder.Folder, o experiment.Outcome, text func(io.Writer, compare.Comparison) error) error {
	dir.Tidy()
	wrong := []error{
		dir.Replace(ExperimentFile, func(w io.Writer) error { return WriteExperiment(w, o) }),
		dir.Replace(ExperimentMarkdownFile, func(w io.Writer) error { return experiment.WriteMarkdown(w, o) }),
	}
	for _, a := range o.Against {
		if a.Without != "" {
			continue
		}
		wrong = append(wrong,
			dir.Replace(compareFile(a.Variant)+".txt", func(w io.Writer) error { return text(w, a.Comparison) }),
			dir.Replace(compareFile(a.Variant)+".html", func(w io.Writer) error { return WriteComparison(w, a.Comparison) }))
	}
	return firstOf(wrong)
}

//go:embed experiment.html
var experimentText string

var experimentPage = page.New(experimentText)

// WriteExperiment writes the page of an experiment: the answer, all variants in a table
// of squares, each by itself, and how it was measured.
func WriteExperiment(w io.Writer, o experiment.Outcome) error {
	all := experimentContents{
		Outcome: o,
		Warned:  page.NewWarnings("Before you believe it", o.Warnings()),
		How:     page.Facts{Label: "How it was measured"},
	}
	for _, m := range o.Matrices() {
		all.Squares = append(all.Squares, squares{m})
	}
	for i, a := range o.Against {
		v, err := variantOf(o.First(), i, a)
		if err != nil {
			return fmt.Errorf("report of an experiment: %w", err)
		}
		all.Each = append(all.Each, v)
	}
	for _, fact := range append(o.Method(), experiment.Fact{Name: "order of runs", Value: o.Order()}) {
		all.How.Facts = append(all.How.Facts, page.Fact(fact))
	}
	if err := experimentPage.Write(w, all); err != nil {
		return fmt.Errorf("report of an experiment: %w", err)
	}
	return nil
}

// experimentContents is what the page is filled with.
type experimentContents struct {
	experiment.Outcome
	Warned  page.Warnings
	Squares []squares
	Each    []variantContents
	How     page.Facts
}

// variantContents is a variant by itself.
type variantContents struct {
	experiment.Against
	comparisonContents
	Anchor string // of its part of the page
	File   string // with its comparison
}

func variantOf(first string, place int, a experiment.Against) (variantContents, error) {
	v := variantContents{Against: a, Anchor: anchorOf(place), File: compareFile(a.Variant) + ".html"}
	if a.Without != "" {
		return v, nil
	}
	var err error
	if v.comparisonContents, err = comparisonOf(a.Comparison); err != nil {
		return v, err
	}
	// What is there for each variant is told apart.
	v.Differences.Label += ": " + a.Variant
	v.Differences.Columns[1].Name, v.Differences.Columns[2].Name = first, a.Variant
	for i := range v.Tables {
		v.Tables[i].Label += ": " + a.Variant
	}
	if v.Forest != nil {
		v.Forest.Name += "-" + v.Anchor
		v.Forest.Numbers = page.Table{} // the tables have them
	}
	return v, nil
}

// anchorOf names the part of the page that a variant has.
func anchorOf(place int) string { return fmt.Sprintf("variant-%d", place+1) }

// squares is a matrix as the page shows it.
type squares struct{ experiment.Matrix }

// Cells are those of a row up to the first variant's.
func (s squares) Cells(row table.Row) []string { return row.Cells[:s.Identity+1] }

// Class is that of a square: the tone of its verdict, and how strong.
func (s squares) Class(square experiment.Square) string {
	classes := []string{"square", string(compare.Open)}
	if square.Known() {
		classes[1] = string(square.Verdict.Judgement().Tone)
	}
	if square.Verdict.IsChange() {
		classes = append(classes, "by-"+square.Extent())
	}
	return strings.Join(classes, " ")
}

// Anchor leads to the variant that a square is of.
func (s squares) Anchor(square experiment.Square) string { return anchorOf(square.Variant) }

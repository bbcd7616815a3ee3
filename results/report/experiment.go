package report

import (
	"io"

	"ipcbench/internal/folder"
	"ipcbench/results/compare"
	"ipcbench/results/experiment"
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

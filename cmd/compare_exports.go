package cmd

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/spf13/pflag"

	"ipcbench/results/charts"
	"ipcbench/results/compare"
	"ipcbench/results/report"
)

// addExports declares the flags for the forms of a comparison other than the
// text. A flag alone means standard output, or a file of a name of its own.
func (c *comparer) addExports(flags *pflag.FlagSet) {
	add := func(name, what, alone string, write func(io.Writer, compare.Comparison) error) *output[compare.Comparison] {
		defer func() { flags.Lookup(name).NoOptDefVal = alone }()
		return c.exports.flag(flags, name, what, write)
	}
	add("markdown", "print Markdown instead, or write it to a `file`", "-", func(w io.Writer, all compare.Comparison) error {
		return compare.WriteMarkdown(w, all.Primary())
	})
	add("json", "print JSON, with further metrics, or write it to a `file`", "-", compare.WriteJSON)
	add("csv", "print CSV, with further metrics, or write it to a `file`", "-", compare.WriteCSV)
	add("html", "write a page to a `file`", "compare.html", func(w io.Writer, all compare.Comparison) error {
		return report.WriteComparison(w, all, c.changes...)
	})
	c.chart = add("chart", "draw the changes into a `file`, .svg or .png", "compare.svg", func(w io.Writer, all compare.Comparison) error {
		return writeForest(w, all.Primary(), filepath.Ext(c.chart.path))
	})
}

// checkChart refuses a name for the chart that tells no format.
func (c *comparer) checkChart() error {
	path := c.chart.path
	if path != "" && path != "-" && !slices.Contains([]string{".svg", ".png"}, filepath.Ext(path)) {
		return fmt.Errorf("--chart %s: name the file .svg or .png, for its format", path)
	}
	return nil
}

// writeForest draws a comparison.
func writeForest(w io.Writer, c compare.Comparison, extension string) error {
	chart, ok := charts.Forest(c)
	if !ok {
		return errors.New("there is nothing to draw: no metric that is shown has a result on both sides")
	}
	return writePicture(w, chart, extension)
}

// writePicture writes a chart; what is not to be PNG is SVG.
func writePicture(w io.Writer, chart charts.Chart, extension string) error {
	if extension == ".png" {
		return chart.WritePNG(w)
	}
	return chart.WriteSVG(w)
}

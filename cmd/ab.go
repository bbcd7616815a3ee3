package cmd

import (
	"fmt"
	"io"

	"ipcbench/results/compare"
	"ipcbench/results/summary"
	"ipcbench/results/table"
)

// printVariants prints what "compare --by variant" says of a run, if it has
// variants, and its first line again: the last that a run says is its answer.
func printVariants(out *console, w io.Writer, run summary.Analysis) error {
	c, has, err := compare.Variants(run.Run, run.Launches)
	if !has {
		return nil
	}
	if err == nil {
		fmt.Fprintln(w)
		if err := compare.WriteText(fitter{w}, c.Primary(), out.columns(w), out.paintVerdictOn(w)); err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "\n%s\n", table.Wrapped(oneLine(c.Headline), out.columns(w)))
		return err
	}
	_, err = fmt.Fprintf(w, "\n%s\n", table.Wrapped("The variants are not compared: "+oneLine(err.Error()), out.columns(w)))
	return err
}

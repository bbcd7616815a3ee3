package cmd

import (
	"fmt"
	"io"

	"ipcbench/results/compare"
	"ipcbench/results/summary"
)

// printVariants prints what "compare --by variant" says of a run, if it has
// variants.
func printVariants(out *console, w io.Writer, run summary.Analysis) error {
	c, has, err := compare.Variants(run.Run, run.Launches)
	if !has {
		return nil
	}
	if err == nil {
		fmt.Fprintln(w)
		return compare.WriteText(w, c.Primary(), out.paintVerdictOn(w))
	}
	_, err = fmt.Fprintf(w, "\nThe variants are not compared: %s\n", oneLine(err.Error()))
	return err
}

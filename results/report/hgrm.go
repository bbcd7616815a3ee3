package report

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"ipcbench/internal/folder"
	"ipcbench/results"
	"ipcbench/results/export"
	"ipcbench/results/summary"
)

// percentilesDir is where they are in a run directory.
const percentilesDir = "percentiles"

// WritePercentiles makes an HDR percentile file of each distribution of each cell
// in the run's directory, named as its benchmark is.
func WritePercentiles(dir *folder.Folder, run summary.Analysis) error {
	into, err := dir.Make(percentilesDir)
	if err != nil {
		return fmt.Errorf("write percentiles to %s: %w", filepath.Join(dir.Path(), percentilesDir), err)
	}
	defer into.Close()
	var wrong []error
	for _, s := range run.Cells {
		for _, name := range slices.Sorted(maps.Keys(s.Distributions)) {
			d := s.Distributions[name]
			wrong = append(wrong, into.Replace(hgrmName(s.Cell, name), func(w io.Writer) error { return export.WriteHGRM(w, d) }))
		}
	}
	return errors.Join(wrong...)
}

func hgrmName(c results.Cell, histogram string) string {
	return strings.ReplaceAll(results.BenchName(c, true), "/", "_") + "-" + histogram + ".hgrm"
}

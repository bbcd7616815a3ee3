package compare

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"

	"ipcbench/results"
)

// effectColumns follow those of the cell.
var effectColumns = []string{
	"by", "old_value", "new_value", "metric",
	"old_median", "old_lo", "old_hi", "old_n", "new_median", "new_lo", "new_hi", "new_n",
	"change", "change_lo", "change_hi", "p", "p_uncorrected", "verdict", "because", "replicate",
}

// WriteCSV writes one row for each metric of each cell: the columns that
// launches.csv has of a cell, what was found on both sides with its 95 %
// confidence interval, and the change as a ratio minus 1. What is not known is
// empty.
func WriteCSV(w io.Writer, c Comparison) error {
	records := [][]string{slices.Concat(results.CellColumns(), effectColumns)}
	for _, row := range c.Rows {
		records = append(records, slices.Concat(results.CellFields(row.Cell), []string{c.By, row.OldValue, row.NewValue, row.Metric},
			plainEstimate(row.Old), plainEstimate(row.New),
			[]string{
				plain(row.Change), plain(row.Lo), plain(row.Hi), plain(row.Corrected), plain(row.P),
				string(row.Verdict), row.Because, c.Replicate,
			}))
	}
	if err := csv.NewWriter(w).WriteAll(records); err != nil {
		return fmt.Errorf("csv: %w", err)
	}
	return nil
}

func plainEstimate(e results.Estimate) []string {
	return []string{plain(e.Median), plain(e.Lo), plain(e.Hi), strconv.Itoa(e.N)}
}

// plain writes a number in full: the fewest digits that read back the same.
func plain(value float64) string {
	if known(value) == nil {
		return ""
	}
	return strconv.FormatFloat(value, 'f', -1, 64)
}

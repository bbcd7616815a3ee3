package compare

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"

	"ipcbench/internal/quote"
	"ipcbench/results"
	"ipcbench/results/summary"
)

// effectColumns follow those of the cell that the contract names.
var effectColumns = []string{
	"by", "old_value", "new_value", "metric",
	"old_median", "old_lo", "old_hi", "old_n", "new_median", "new_lo", "new_hi", "new_n",
	"change", "change_lo", "change_hi", "p", "p_uncorrected", "verdict", "because", "replicate",
	"change_lo_uncorrected", "change_hi_uncorrected", "change_level",
}

// WriteCSV writes one row for each metric of each cell: the columns that the
// contract names of a cell, and last those of its further dimensions; between them what was found on both sides with its 95 %
// confidence interval, and the change as a ratio minus 1. change_lo to change_hi
// is its interval corrected as p is, of the level change_level (alpha divided by
// n, see [Comparison.Definitions]); uncorrected, it is of 95 %. What is not known
// is empty.
func WriteCSV(w io.Writer, c Comparison) error {
	var cells []results.Cell
	for _, row := range c.Rows {
		cells = append(cells, row.Cell)
	}
	dimensions := results.DimensionsOf(cells)
	contract, beyond := dimensions[:results.ContractDimensions], dimensions[results.ContractDimensions:]
	records := [][]string{slices.Concat(cellColumns(contract), effectColumns, cellColumns(beyond))}
	for _, row := range c.Rows {
		records = append(records, slices.Concat(cellFields(row.Cell, contract), []string{c.By, row.OldValue, row.NewValue, row.Metric},
			plainEstimate(row.Old), plainEstimate(row.New),
			[]string{
				results.Plain(row.Change), results.Plain(row.Lo), results.Plain(row.Hi), results.Plain(row.Corrected), results.Plain(row.P),
				string(row.Verdict), row.Because, c.Replicate,
				results.Plain(row.Own.Lo), results.Plain(row.Own.Hi), results.Plain(row.level(c.Options)),
			}, cellFields(row.Cell, beyond)))
	}
	for _, record := range records {
		for i := range record {
			record[i] = quote.Cell(record[i])
		}
	}
	if err := csv.NewWriter(w).WriteAll(records); err != nil {
		return fmt.Errorf("csv: %w", err)
	}
	return nil
}

func plainEstimate(e summary.Estimate) []string {
	return []string{results.Plain(e.Median), results.Plain(e.Lo), results.Plain(e.Hi), strconv.Itoa(e.N)}
}

func cellColumns(dimensions []results.Dimension) []string {
	var names []string
	for _, d := range dimensions {
		names = append(names, d.Name)
	}
	return names
}

func cellFields(cell results.Cell, dimensions []results.Dimension) []string {
	var fields []string
	for _, d := range dimensions {
		fields = append(fields, d.Plain(cell))
	}
	return fields
}

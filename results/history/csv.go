package history

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"ipcbench/internal/quote"
	"ipcbench/results"
)

// changeColumns follow those of the cell that the contract names.
var changeColumns = []string{
	"metric", "run", "run_index", "started", "run_before", "old_median", "new_median",
	"change", "change_lo", "change_hi", "p", "p_uncorrected", "verdict", "because", "differs",
}

// WriteCSV writes one row a change, in the order of the runs: the columns that the
// contract names of a cell, what changed, and last the cell's further dimensions. The
// fields are those of [WriteJSON]; what differs are the keys, with spaces between.
func WriteCSV(w io.Writer, h History) error {
	var cells []results.Cell
	findings := h.Findings()
	for _, f := range findings {
		cells = append(cells, f.Cell)
	}
	dimensions := results.DimensionsOf(cells)
	contract, beyond := dimensions[:results.ContractDimensions], dimensions[results.ContractDimensions:]
	name := func(d results.Dimension) string { return d.Name }
	records := [][]string{slices.Concat(each(contract, name), changeColumns, each(beyond, name))}
	for _, f := range findings {
		value := func(d results.Dimension) string { return d.Plain(f.Cell) }
		started := ""
		if at := h.Runs[f.After].Started; !at.IsZero() {
			started = at.UTC().Format("2006-01-02T15:04:05Z")
		}
		var differs []string
		for _, d := range f.Environment {
			differs = append(differs, d.Key)
		}
		records = append(records, slices.Concat(each(contract, value), []string{
			f.Metric, h.Runs[f.After].Name, strconv.Itoa(f.After), started, h.Runs[f.Before].Name, results.Plain(f.Old), results.Plain(f.New),
			results.Plain(f.Effect.Change), results.Plain(f.Own.Lo), results.Plain(f.Own.Hi), results.Plain(f.Corrected), results.Plain(f.P),
			string(f.Verdict), f.Because, strings.Join(differs, " "),
		}, each(beyond, value)))
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

func each(dimensions []results.Dimension, of func(results.Dimension) string) []string {
	var list []string
	for _, d := range dimensions {
		list = append(list, of(d))
	}
	return list
}

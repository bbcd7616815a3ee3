package catalogue

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"ipcbench/internal/quote"
	"ipcbench/results"
)

// WriteJSON writes every record whole, for programs.
func WriteJSON(w io.Writer, c Catalogue) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(struct {
		This     *Machine  `json:"this"` // null: there is none
		Machines []Machine `json:"machines"`
	}{c.This, append([]Machine{}, c.Others...)}); err != nil {
		return fmt.Errorf("json: %w", err)
	}
	return nil
}

// WriteCSV writes a line for each metric of each cell of each machine.
func WriteCSV(w io.Writer, c Catalogue) error {
	out := csv.NewWriter(w)
	out.Write(slices.Concat([]string{"machine", "this", "cpu", "cpus", "kernel", "emulated", "measured"}, sharedNames(), []string{"launches", "metric", "median", "lo", "hi"}))
	if c.This != nil {
		c.This.writeCSV(out, "yes")
	}
	for _, m := range c.Others {
		m.writeCSV(out, "")
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("csv: %w", err)
	}
	return nil
}

func (m Machine) writeCSV(out *csv.Writer, this string) {
	about := []string{
		strings.TrimSuffix(m.FileName(), ".json"), this, quote.Cell(m.Facts["cpu"]), strconv.Itoa(m.CPUs()), quote.Cell(m.Facts["kernel"]), quote.Cell(m.Emulator()), m.Measured,
	}
	for _, cell := range m.Cells {
		of := slices.Clone(about)
		for _, d := range results.Dimensions() {
			if d.Shared {
				of = append(of, quote.Cell(d.Plain(cell.Cell)))
			}
		}
		for _, metric := range slices.Sorted(maps.Keys(cell.Metrics)) {
			line := append(slices.Clone(of), strconv.Itoa(cell.Launches), metric, "", "", "")
			for i, value := range cell.Metrics[metric] {
				line[len(of)+2+i] = results.Plain(value)
			}
			out.Write(line)
		}
	}
}

// sharedNames are the columns of a cell.
func sharedNames() []string {
	var names []string
	for _, d := range results.Dimensions() {
		if d.Shared {
			names = append(names, d.Name)
		}
	}
	return names
}

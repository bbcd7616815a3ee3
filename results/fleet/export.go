package fleet

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"

	"ipcbench/internal/quote"
	"ipcbench/results"
	"ipcbench/results/compare"
)

type jsonComparison struct {
	Answers     []jsonAnswer     `json:"answers"`
	Old         string           `json:"old"`
	New         string           `json:"new"`
	Alpha       float64          `json:"alpha"` // of anything that is called changed
	Same        float64          `json:"same"`
	Environment []jsonDifference `json:"environment"`
	Classes     []jsonClass      `json:"classes"`
	Notes       []string         `json:"notes"`
}

type jsonAnswer struct {
	Class   string `json:"class,omitempty"`
	All     string `json:"all_hosts"`
	Alone   string `json:"alone"`
	NotTold string `json:"not_told"`
}

type jsonDifference struct {
	Key string `json:"key"`
	Old string `json:"old"`
	New string `json:"new"`
}

type jsonClass struct {
	Name     string     `json:"name"`
	Hosts    []jsonHost `json:"hosts"`
	OneSided []string   `json:"one_sided"` // hosts with runs of one side alone
	Rows     []jsonRow  `json:"rows"`
}

type jsonHost struct {
	Name string   `json:"name"`
	Old  []string `json:"old"` // places of its runs
	New  []string `json:"new"`
}

type jsonRow struct {
	Cell         results.Cell    `json:"cell"`
	Metric       string          `json:"metric"`
	Verdict      compare.Verdict `json:"verdict"` // of all hosts but those alone
	Everywhere   bool            `json:"everywhere"`
	Hosts        int             `json:"hosts"` // of which the change is
	Old          float64         `json:"old"`   // medians over hosts
	New          float64         `json:"new"`
	Change       *float64        `json:"change"` // as a ratio minus 1
	Lo           *float64        `json:"lo"`     // corrected
	Hi           *float64        `json:"hi"`
	P            *float64        `json:"p"` // corrected
	PUncorrected *float64        `json:"p_uncorrected"`
	Tau          *float64        `json:"tau"` // between hosts, of logarithms
	I2           *float64        `json:"i2"`
	Q            *float64        `json:"q"`
	PQ           *float64        `json:"p_q"`
	NextLo       *float64        `json:"next_lo"` // where a further host lies
	NextHi       *float64        `json:"next_hi"`
	On           []jsonOn        `json:"on"`
}

type jsonOn struct {
	Host    string           `json:"host"`
	Dir     string           `json:"dir,omitempty"` // where its files lie
	Old     float64          `json:"old"`
	New     float64          `json:"new"`
	OldRuns int              `json:"old_runs"`
	NewRuns int              `json:"new_runs"`
	Change  float64          `json:"change"`
	Lo      *float64         `json:"lo"` // of 95 %, of this host by itself
	Hi      *float64         `json:"hi"`
	Alone   bool             `json:"alone"`
	P       float64          `json:"p"` // that it is none of the others, corrected
	Verdict *compare.Verdict `json:"verdict"`
}

// WriteJSON writes the comparison for programs. What is not known is null.
func WriteJSON(w io.Writer, c Comparison) error {
	document := jsonComparison{Old: c.Old, New: c.New, Alpha: c.Options.Alpha, Same: c.Options.Same, Environment: []jsonDifference{}, Notes: append([]string{}, c.Notes()...)}
	for _, a := range c.Answers() {
		document.Answers = append(document.Answers, jsonAnswer{a.Class, a.Everyhost, a.Alone, a.Untold})
	}
	for _, d := range c.Environment {
		document.Environment = append(document.Environment, jsonDifference(d))
	}
	for _, class := range c.Classes {
		document.Classes = append(document.Classes, class.json())
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(document); err != nil {
		return fmt.Errorf("json: %w", err)
	}
	return nil
}

func (c Class) json() jsonClass {
	j := jsonClass{Name: c.Name, OneSided: append([]string{}, c.OneSided...)}
	places := func(runs []*Run) []string {
		var list []string
		for _, r := range runs {
			list = append(list, r.Place)
		}
		return list
	}
	for _, h := range c.Hosts {
		j.Hosts = append(j.Hosts, jsonHost{h.Name, places(h.Old), places(h.New)})
	}
	for _, r := range c.Rows {
		known := results.Known
		row := jsonRow{
			r.Cell, r.Metric, r.Verdict, r.IsEverywhere(), r.Pool.Hosts, r.Old, r.New, known(r.Change), known(r.Lo), known(r.Hi), known(r.Corrected), known(r.P),
			known(r.Tau), known(r.I2), known(r.Q), known(r.PQ), known(r.Next.Lo), known(r.Next.Hi), nil,
		}
		for _, on := range r.On {
			one := jsonOn{Host: c.Hosts[on.Host].Name, Dir: on.Dir, Old: on.Old, New: on.New, OldRuns: on.OldRuns, NewRuns: on.NewRuns, Change: on.Change,
				Lo: known(on.Own.Lo), Hi: known(on.Own.Hi), Alone: on.Alone, P: on.Corrected}
			if on.Alone {
				one.Verdict = &on.Verdict
			}
			row.On = append(row.On, one)
		}
		j.Rows = append(j.Rows, row)
	}
	return j
}

// csvColumns follow those of the cell that the contract names.
var csvColumns = []string{
	"metric", "class", "host", "old", "new", "old_runs", "new_runs", "change", "change_lo", "change_hi", "alone", "p_alone",
	"all_change", "all_lo", "all_hi", "all_p", "all_tau", "all_verdict",
}

// WriteCSV writes one row a cell and host, with what all hosts say beside it.
func WriteCSV(w io.Writer, c Comparison) error {
	var cells []results.Cell
	for _, class := range c.Classes {
		for _, r := range class.Rows {
			cells = append(cells, r.Cell)
		}
	}
	dimensions := results.DimensionsOf(cells)
	contract, beyond := dimensions[:results.ContractDimensions], dimensions[results.ContractDimensions:]
	each := func(list []results.Dimension, of func(results.Dimension) string) []string {
		var texts []string
		for _, d := range list {
			texts = append(texts, of(d))
		}
		return texts
	}
	name := func(d results.Dimension) string { return d.Name }
	records := [][]string{slices.Concat(each(contract, name), csvColumns, each(beyond, name))}
	for _, class := range c.Classes {
		for _, r := range class.Rows {
			for _, on := range r.On {
				cell := r.Cell
				cell.Dir = on.Dir
				value := func(d results.Dimension) string { return d.Plain(cell) }
				plain := results.Plain
				records = append(records, slices.Concat(each(contract, value), []string{
					r.Metric, class.Name, class.Hosts[on.Host].Name, plain(on.Old), plain(on.New), strconv.Itoa(on.OldRuns), strconv.Itoa(on.NewRuns),
					plain(on.Change), plain(on.Own.Lo), plain(on.Own.Hi), strconv.FormatBool(on.Alone), plain(on.Corrected),
					plain(r.Change), plain(r.Lo), plain(r.Hi), plain(r.Corrected), plain(r.Tau), string(r.Verdict),
				}, each(beyond, value)))
			}
		}
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

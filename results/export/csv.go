// Package export writes what was measured for other programs, one format a
// file.
//
// It knows those formats. It must not know how anything was measured, and makes
// no words for people.
package export

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"ipcbench/internal/quote"
	"ipcbench/results"
	"ipcbench/results/summary"
)

// A column of a table about T, by the name in its header.
type column[T any] struct {
	name  string
	value func(T) string
}

// cellColumns are those of dimensions.
func cellColumns(dimensions []results.Dimension) []column[results.Cell] {
	var columns []column[results.Cell]
	for _, d := range dimensions {
		columns = append(columns, column[results.Cell]{d.Name, d.Plain})
	}
	return columns
}

// cellColumnsOf are those of a table about cells: of the contract, and beyond it.
func cellColumnsOf[T any](list []T, cell func(T) results.Cell) (contract, beyond []column[T]) {
	var cells []results.Cell
	for _, t := range list {
		cells = append(cells, cell(t))
	}
	columns := about(cellColumns(results.DimensionsOf(cells)), cell)
	return columns[:results.ContractDimensions], columns[results.ContractDimensions:]
}

// launchColumns are those of the contract in its order, and after them what came
// later.
func launchColumns(launches []results.Launch, asked []results.Metric) []column[results.Launch] {
	metrics := launchMetricColumns(results.MetricsOf(launches, asked...))
	contract, beyond := cellColumnsOf(launches, func(l results.Launch) results.Cell { return l.Cell })
	return slices.Concat(
		[]column[results.Launch]{{"run", func(l results.Launch) string { return l.Run }}},
		contract,
		[]column[results.Launch]{
			{"launch", func(l results.Launch) string { return strconv.Itoa(l.Launch) }},
			{"status", func(l results.Launch) string { return string(l.Status) }},
			{"reason", func(l results.Launch) string { return l.Reason }},
			{"messages", func(l results.Launch) string { return plainCount(l, l.Messages) }},
			{"bytes", func(l results.Launch) string { return plainCount(l, l.Bytes) }},
			{"elapsed_ns", func(l results.Launch) string { return plainCount(l, l.ElapsedNS) }},
		},
		metrics[:results.ContractMetrics],
		[]column[results.Launch]{
			{"verified_messages", func(l results.Launch) string { return plainCount(l, l.Verified) }},
			{"labels", func(l results.Launch) string { return plainLabels(l.Labels) }},
		},
		metrics[results.ContractMetrics:],
		beyond,
	)
}

func summaryColumns(summaries []summary.Summary) []column[summary.Summary] {
	contract, beyond := cellColumnsOf(summaries, func(s summary.Summary) results.Cell { return s.Cell })
	return slices.Concat(
		contract,
		[]column[summary.Summary]{{"launches", func(s summary.Summary) string { return strconv.Itoa(s.Launches) }}},
		summaryMetricColumns(metricsOf(summaries)),
		beyond,
	)
}

func metricsOf(summaries []summary.Summary) []results.Metric {
	var launches []results.Launch
	var asked []results.Metric
	for _, s := range summaries {
		launches, asked = append(launches, s.OK...), s.Asked // the same of all
	}
	return results.MetricsOf(launches, asked...)
}

// about makes columns about T from columns about a part of it.
func about[T, Part any](columns []column[Part], part func(T) Part) []column[T] {
	var made []column[T]
	for _, c := range columns {
		made = append(made, column[T]{c.name, func(t T) string { return c.value(part(t)) }})
	}
	return made
}

func launchMetricColumns(metrics []results.Metric) []column[results.Launch] {
	var columns []column[results.Launch]
	for _, metric := range metrics {
		columns = append(columns, column[results.Launch]{metric.Name, func(l results.Launch) string {
			value, has := l.Metrics[metric.Name]
			if !has {
				return ""
			}
			return results.Plain(value)
		}})
	}
	return columns
}

func summaryMetricColumns(metrics []results.Metric) []column[summary.Summary] {
	var columns []column[summary.Summary]
	for _, metric := range metrics {
		estimated := func(suffix string, part func(summary.Estimate) float64) column[summary.Summary] {
			return column[summary.Summary]{metric.Name + suffix, func(s summary.Summary) string {
				e, has := s.Metrics[metric.Name]
				if !has {
					return ""
				}
				return results.Plain(part(e))
			}}
		}
		columns = append(columns,
			estimated("_median", func(e summary.Estimate) float64 { return e.Median }),
			estimated("_lo", func(e summary.Estimate) float64 { return e.Lo }),
			estimated("_hi", func(e summary.Estimate) float64 { return e.Hi }))
	}
	return columns
}

// WriteLaunchesCSV writes one row for each launch, without histograms: all of
// its dimensions and every metric in base units, as RFC 4180 has it but for
// lines that end in LF alone. What does not apply is empty, and what a spreadsheet
// would take for a formula is quoted: see [quote.Cell]. Percentiles that were asked
// for have their columns even if no launch tells them.
func WriteLaunchesCSV(w io.Writer, launches []results.Launch, asked ...results.Metric) error {
	return writeCSV(w, launchColumns(launches, asked), launches)
}

// WriteSummaryCSV writes one row for each cell, like WriteLaunchesCSV: what
// tells the cell from others, how many of its launches ended ok, and for every
// metric the median over them and its 95 % confidence interval. The interval
// is empty below 6 launches and for pooled quantiles. A cell without a result
// has 0 launches; why is in the launches' table.
func WriteSummaryCSV(w io.Writer, summaries []summary.Summary) error {
	return writeCSV(w, summaryColumns(summaries), summaries)
}

func writeCSV[T any](w io.Writer, columns []column[T], rows []T) error {
	out := csv.NewWriter(w)
	record := make([]string, len(columns))
	for i, c := range columns {
		record[i] = quote.Cell(c.name)
	}
	if err := out.Write(record); err != nil {
		return fmt.Errorf("csv: %w", err)
	}
	for _, row := range rows {
		for i, c := range columns {
			record[i] = quote.Cell(c.value(row))
		}
		if err := out.Write(record); err != nil {
			return fmt.Errorf("csv: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("csv: %w", err)
	}
	return nil
}

// plainCount writes a count of a launch: 0 of one that did not end ok means
// that nothing was counted.
func plainCount(l results.Launch, count int64) string {
	if l.Status != results.OK && count == 0 {
		return ""
	}
	return strconv.FormatInt(count, 10)
}

func plainLabels(labels map[string]string) string {
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		pairs = append(pairs, key+"="+labels[key])
	}
	return strings.Join(pairs, ";")
}

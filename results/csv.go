package results

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A column of a table about T, by the name in its header.
type column[T any] struct {
	name  string
	value func(T) string
}

var cellColumns = []column[Cell]{
	{"transport", func(c Cell) string { return c.Transport }},
	{"workload", func(c Cell) string { return c.Workload }},
	{"size_bytes", func(c Cell) string { return strconv.Itoa(c.SizeBytes) }},
	{"placement", func(c Cell) string { return c.Placement }},
	{"producer_cpu", func(c Cell) string { return plainCPU(c.ProducerCPU) }},
	{"consumer_cpu", func(c Cell) string { return plainCPU(c.ConsumerCPU) }},
	{"dir", func(c Cell) string { return c.Dir }},
	{"fstype", func(c Cell) string { return c.FSType }},
	{"pairs", func(c Cell) string { return strconv.Itoa(c.Pairs) }},
	{"rate_per_s", func(c Cell) string { return plainNonZero(c.RatePerS) }},
}

var launchColumns = slices.Concat(
	[]column[Launch]{{"run", func(l Launch) string { return l.Run }}},
	about(cellColumns, func(l Launch) Cell { return l.Cell }),
	[]column[Launch]{
		{"launch", func(l Launch) string { return strconv.Itoa(l.Launch) }},
		{"status", func(l Launch) string { return string(l.Status) }},
		{"reason", func(l Launch) string { return l.Reason }},
		{"messages", func(l Launch) string { return l.plainCount(l.Messages) }},
		{"bytes", func(l Launch) string { return l.plainCount(l.Bytes) }},
		{"elapsed_ns", func(l Launch) string { return l.plainCount(l.ElapsedNS) }},
	},
	launchMetricColumns(),
	[]column[Launch]{
		{"verified_messages", func(l Launch) string { return l.plainCount(l.Verified) }},
		{"labels", func(l Launch) string { return plainLabels(l.Labels) }},
	},
)

var summaryColumns = slices.Concat(
	about(cellColumns, func(s Summary) Cell { return s.Cell }),
	[]column[Summary]{{"launches", func(s Summary) string { return strconv.Itoa(s.Launches) }}},
	summaryMetricColumns(),
)

// about makes columns about T from columns about a part of it.
func about[T, Part any](columns []column[Part], part func(T) Part) []column[T] {
	var made []column[T]
	for _, c := range columns {
		made = append(made, column[T]{c.name, func(t T) string { return c.value(part(t)) }})
	}
	return made
}

func launchMetricColumns() []column[Launch] {
	var columns []column[Launch]
	for _, metric := range Metrics {
		columns = append(columns, column[Launch]{metric, func(l Launch) string {
			value, has := l.Metrics[metric]
			if !has {
				return ""
			}
			return plain(value)
		}})
	}
	return columns
}

func summaryMetricColumns() []column[Summary] {
	var columns []column[Summary]
	for _, metric := range Metrics {
		estimated := func(suffix string, part func(Estimate) float64) column[Summary] {
			return column[Summary]{metric + suffix, func(s Summary) string {
				e, has := s.Metrics[metric]
				if !has {
					return ""
				}
				return plain(part(e))
			}}
		}
		columns = append(columns,
			estimated("_median", func(e Estimate) float64 { return e.Median }),
			estimated("_lo", func(e Estimate) float64 { return e.Lo }),
			estimated("_hi", func(e Estimate) float64 { return e.Hi }))
	}
	return columns
}

// WriteLaunchesCSV writes one row for each launch, without histograms: all of
// its dimensions and every metric in base units, as RFC 4180 has it but for
// lines that end in LF alone. What does not apply is empty.
func WriteLaunchesCSV(w io.Writer, launches []Launch) error {
	return writeCSV(w, launchColumns, launches)
}

// WriteSummaryCSV writes one row for each cell, like WriteLaunchesCSV: what
// tells the cell from others, how many of its launches ended ok, and for every
// metric the median over them and its 95 % confidence interval. The interval
// is empty below 6 launches and for pooled quantiles. A cell without a result
// has 0 launches; why is in the launches' table.
func WriteSummaryCSV(w io.Writer, summaries []Summary) error {
	return writeCSV(w, summaryColumns, summaries)
}

func writeCSV[T any](w io.Writer, columns []column[T], rows []T) error {
	out := csv.NewWriter(w)
	record := make([]string, len(columns))
	for i, c := range columns {
		record[i] = c.name
	}
	if err := out.Write(record); err != nil {
		return fmt.Errorf("csv: %w", err)
	}
	for _, row := range rows {
		for i, c := range columns {
			record[i] = c.value(row)
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

// plain writes a number in full: the fewest digits that read back the same,
// no exponent.
func plain(value float64) string {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return ""
	}
	return strconv.FormatFloat(value, 'f', -1, 64)
}

func plainNonZero(value float64) string {
	if value == 0 {
		return ""
	}
	return plain(value)
}

func plainCPU(cpu int) string {
	if cpu < 0 {
		return ""
	}
	return strconv.Itoa(cpu)
}

// plainCount writes a count of a launch: 0 of one that did not end ok means
// that nothing was counted.
func (l Launch) plainCount(count int64) string {
	if l.Status != OK && count == 0 {
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

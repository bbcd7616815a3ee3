package export

import (
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"ipcbench/internal/facts"
	"ipcbench/results"
)

// A Row is one metric of one launch, for programs that are asked what nobody foresaw: as
// long a table as can be, in which a metric is a value and no column.
type Row struct {
	Run    *results.Run
	Launch *results.Launch
	Metric results.Metric // the zero value: the launch has none, for it failed or was skipped
	Value  float64
}

// Rows are those of a run's launches, in the order of both.
func Rows(run *results.Run, launches []results.Launch) iter.Seq[Row] {
	metrics := results.MetricsOf(launches)
	return func(yield func(Row) bool) {
		for i := range launches {
			l, told := &launches[i], false
			for _, m := range metrics {
				value, has := l.Metrics[m.Name]
				if !has {
					continue
				}
				if told = true; !yield(Row{run, l, m, value}) {
					return
				}
			}
			if !told && !yield(Row{Run: run, Launch: l}) {
				return
			}
		}
	}
}

// A Kind is the type of a column's values.
type Kind int

// The kinds.
const (
	Text    Kind = iota // a string
	Whole               // an int64
	Number              // a float64
	Instant             // a time.Time
	Pairs               // a map[string]string
)

// A RowColumn is one of a table of rows.
type RowColumn struct {
	Name  string // the unit included, as in launches.csv
	Kind  Kind
	Unit  string        // of its values; "": none, or it is the metric's
	Words string        // what it is
	Value func(Row) any // of its kind; nil: it does not apply
}

// RowColumns are those that there are, always the same: what tells the run, its machine
// and its launch, and last the metric.
func RowColumns() []RowColumn {
	all := []RowColumn{
		text("run", "the run, by the name of its directory", func(r Row) string { return r.Run.ID() }),
		text("name", "what the run was called", func(r Row) string { return r.Run.Name }),
		text("host", "the host's name, by the run's label", func(r Row) string { return r.Run.Labels[results.HostLabel] }),
		text("version", "of ipcbench", func(r Row) string { return r.Run.Version }),
		{"run_started", Instant, "", "when the run began", func(r Row) any { return r.Run.Started }},
		{"labels", Pairs, "", "the labels of the launch, with those of its run", func(r Row) any { return r.Launch.Labels }},
	}
	for _, fact := range facts.All {
		if fact.Hardware || fact.Explains || fact.Bench {
			all = append(all, text(strings.ReplaceAll(fact.Name, "-", "_"), "the machine's own word on "+fact.Name, func(r Row) string { return r.Run.Host[fact.Name] }))
		}
	}
	for _, d := range results.Dimensions() {
		all = append(all, ofDimension(d))
	}
	return append(all,
		count("launch", "", "1, 2, ... within its cell", func(l *results.Launch) int64 { return int64(l.Launch) }),
		count("launch_order", "", "its place in the order of the run, from 1", func(l *results.Launch) int64 { return int64(l.Order) }),
		RowColumn{"started", Instant, "", "when the launch began", func(r Row) any { return moment(r.Launch.Started) }},
		text("status", "ok, skipped or failed", func(r Row) string { return string(r.Launch.Status) }),
		text("reason", "why it was skipped or has failed", func(r Row) string { return r.Launch.Reason }),
		count("messages", "", "round trips, or messages received, in elapsed_ns", func(l *results.Launch) int64 { return l.Messages }),
		count("bytes", "B", "payload of those, one direction", func(l *results.Launch) int64 { return l.Bytes }),
		count("elapsed_ns", string(results.Nanoseconds), "how long was measured", func(l *results.Launch) int64 { return l.ElapsedNS }),
		text("metric", "the name of the metric", func(r Row) string { return r.Metric.Name }),
		text("unit", "that its value is in: ns, /s, B/s; empty for a count", func(r Row) string { return string(r.Metric.Unit) }),
		RowColumn{"value", Number, "", "of the metric, in its unit", func(r Row) any {
			if r.Metric.Name == "" {
				return nil
			}
			return r.Value
		}},
	)
}

func text(name, words string, value func(Row) string) RowColumn {
	return RowColumn{name, Text, "", words, func(r Row) any {
		if v := value(r); v != "" {
			return v
		}
		return nil
	}}
}

func count(name, unit, words string, value func(*results.Launch) int64) RowColumn {
	return RowColumn{name, Whole, unit, words, func(r Row) any { return value(r.Launch) }}
}

func moment(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// ofDimension is the column of a dimension, as in launches.csv but with a type.
func ofDimension(d results.Dimension) RowColumn {
	c := RowColumn{Name: d.Name, Words: "dimension of the cell"}
	if d.Heading != "" {
		c.Words += ": " + d.Heading
	}
	switch plain := func(r Row) string { return d.Plain(r.Launch.Cell) }; {
	case !d.Numeric:
		return text(d.Name, c.Words, plain)
	case d.Broken:
		c.Kind, c.Value = Number, func(r Row) any { return orNone(strconv.ParseFloat(plain(r), 64)) }
	default:
		c.Kind, c.Value = Whole, func(r Row) any { return orNone(strconv.ParseInt(plain(r), 10, 64)) }
	}
	return c
}

func orNone[T any](value T, err error) any {
	if err != nil {
		return nil
	}
	return value
}

// A Format writes tables of rows. Another module registers its own.
type Format struct {
	Name  string // of its flag: "parquet"
	What  string // in its help: "as Apache Parquet"
	Write func(io.Writer, iter.Seq2[Row, error]) error
}

var rowFormats []Format

// RegisterFormat makes a format known, from an init function.
func RegisterFormat(f Format) { rowFormats = append(rowFormats, f) }

// Formats are those of tables of rows. This module has none: see [RegisterFormat].
func Formats() []Format { return rowFormats }

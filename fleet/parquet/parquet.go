// Package parquet writes tables of launches as Apache Parquet, for engines as DuckDB and
// ClickHouse: "ipcbench-fleet export --parquet".
//
// It knows the format. It must not know which columns and metrics there are: those are in
// ipcbench/results/export and ipcbench/results.
package parquet

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"reflect"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"ipcbench/results"
	"ipcbench/results/export"
)

func init() {
	export.RegisterFormat(export.Format{Name: "parquet", What: "as Apache Parquet", Write: Write})
}

// kinds are the types of columns, and how a file has them. All may be null.
var kinds = map[export.Kind]struct {
	of  reflect.Type
	tag string
}{
	export.Text:    {reflect.TypeFor[*string](), ",optional,dict"},
	export.Whole:   {reflect.TypeFor[*int64](), ",optional,dict"},
	export.Number:  {reflect.TypeFor[*float64](), ",optional"},
	export.Instant: {reflect.TypeFor[*time.Time](), ",optional,timestamp(microsecond)"},
	export.Pairs:   {reflect.TypeFor[map[string]string](), ""},
}

// rowType is a row as a struct, whose fields are the columns in their order.
func rowType(columns []export.RowColumn) reflect.Type {
	var fields []reflect.StructField
	for i, c := range columns {
		kind := kinds[c.Kind]
		fields = append(fields, reflect.StructField{
			Name: fmt.Sprintf("C%d", i), Type: kind.of,
			Tag: reflect.StructTag(fmt.Sprintf("parquet:%q", c.Name+kind.tag)),
		})
	}
	return reflect.StructOf(fields)
}

// atOnce is how many rows are handed to the library at a time.
const atOnce = 1024

// groupRows is the most rows of a group, which is what a reader takes or passes over.
const groupRows = 1 << 18

// Write writes a table of rows. Its key-value metadata have what each column and each
// metric is, with its unit.
func Write(w io.Writer, rows iter.Seq2[export.Row, error]) error {
	columns := export.RowColumns()
	of := rowType(columns)
	schema := parquet.SchemaOf(reflect.New(of).Interface())
	to := parquet.NewGenericWriter[any](w, schema, parquet.Compression(&zstd.Codec{}), parquet.MaxRowsPerRowGroup(groupRows), parquet.CreatedBy("ipcbench", "", ""))
	metrics := map[string]results.Metric{}
	for _, m := range results.Metrics() {
		metrics[m.Name] = m
	}
	var waiting []parquet.Row
	flush := func() error {
		_, err := to.WriteRows(waiting)
		waiting = waiting[:0]
		return err
	}
	for row, err := range rows {
		if err != nil {
			return err
		}
		if row.Metric.Name != "" {
			metrics[row.Metric.Name] = row.Metric
		}
		value := reflect.New(of).Elem()
		for i, c := range columns {
			set(value.Field(i), c.Value(row))
		}
		waiting = append(waiting, schema.Deconstruct(nil, value.Addr().Interface()))
		if len(waiting) == atOnce {
			if err := flush(); err != nil {
				return fmt.Errorf("parquet: %w", err)
			}
		}
	}
	if err := flush(); err != nil {
		return fmt.Errorf("parquet: %w", err)
	}
	tell(to, columns, metrics)
	if err := to.Close(); err != nil {
		return fmt.Errorf("parquet: %w", err)
	}
	return nil
}

// set fills in a field; nil leaves it null.
func set(field reflect.Value, value any) {
	switch {
	case value == nil:
	case field.Kind() == reflect.Map:
		field.Set(reflect.ValueOf(value))
	default:
		p := reflect.New(field.Type().Elem())
		p.Elem().Set(reflect.ValueOf(value))
		field.Set(p)
	}
}

// A said is what the metadata have of a column or a metric.
type said struct {
	Unit   string  `json:"unit,omitempty"`
	Words  string  `json:"definition"`
	Note   string  `json:"note,omitempty"`
	Better string  `json:"better,omitempty"` // of a metric: "more" or "less"
	Of     string  `json:"histogram,omitempty"`
	Q      float64 `json:"quantile,omitempty"`
}

// tell writes the metadata: "column.size_bytes", "metric.rtt_p50_ns".
func tell(to *parquet.GenericWriter[any], columns []export.RowColumn, metrics map[string]results.Metric) {
	add := func(key string, s said) {
		text, err := json.Marshal(s)
		if err != nil {
			panic(err) // strings and numbers can be written
		}
		to.SetKeyValueMetadata(key, string(text))
	}
	for _, c := range columns {
		add("column."+c.Name, said{Unit: c.Unit, Words: c.Words})
	}
	for _, m := range metrics {
		better := "less"
		if m.More {
			better = "more"
		}
		add("metric."+m.Name, said{Unit: string(m.Unit), Words: m.Words, Note: m.Note, Better: better, Of: m.Of, Q: m.Q})
	}
}

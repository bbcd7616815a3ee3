package results

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// A Style is how a table is written.
type Style int

// The styles of tables.
const (
	Text     Style = iota // for a terminal: aligned, with thin rules
	Markdown              // for a README or a bug report
)

// A Table shows the cells of one workload. It is made once and rendered as
// text, Markdown or anything else.
type Table struct {
	Workload string
	Title    string
	Caption  string // what the numbers mean
	Columns  []Column
	Rows     []Row
	// Footnotes are the warnings about its rows.
	Footnotes Footnotes
}

// A Column is a heading. The cells of a numeric one are aligned right.
type Column struct {
	Name    string
	Numeric bool
}

// A Row is one cell of the plan.
type Row struct {
	Cells []string // one for each column, or for the first ones where a Note follows
	// Note, where not empty, stands in place of the other columns: why there
	// is no result.
	Note string
	// First says that what is comparable begins here: the row above has
	// another placement or size.
	First bool
	// Numbers are those of the footnotes on this row.
	Numbers []int
}

// shown is a column of a table together with where its cells come from.
type shown struct {
	Column
	value func(Summary) string
}

// Tables makes one table for each workload, in reading order.
func Tables(summaries []Summary) []Table {
	var tables []Table
	sorted := InReadingOrder(summaries)
	for len(sorted) > 0 {
		end := slices.IndexFunc(sorted, func(s Summary) bool { return s.Workload != sorted[0].Workload })
		if end < 0 {
			end = len(sorted)
		}
		tables = append(tables, tableOf(sorted[:end]))
		sorted = sorted[end:]
	}
	return tables
}

// tableOf makes the table of one workload.
func tableOf(summaries []Summary) Table {
	t := Table{Workload: summaries[0].Workload, Footnotes: footnotesOf(summaries)}
	identity := identityColumns(summaries)
	var results []shown
	switch t.Workload {
	case "throughput":
		t.Title, t.Caption, results = "Throughput", throughputCaption, throughputColumns
	case "latency":
		t.Title, t.Caption, results = "Round-trip latency", latencyCaption, latencyColumns
	default:
		t.Title, t.Caption, results = t.Workload, latencyCaption, latencyColumns
	}
	columns := slices.Concat(identity, results)
	for _, c := range columns {
		t.Columns = append(t.Columns, c.Column)
	}
	for i, s := range summaries {
		row := Row{Note: s.note(), First: i > 0 && compareGroups(summaries[i-1].Cell, s.Cell) != 0, Numbers: t.Footnotes.on(s)}
		applicable := columns
		if row.Note != "" {
			applicable = identity
		}
		for _, c := range applicable {
			row.Cells = append(row.Cells, c.value(s))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

const (
	latencyCaption = "Round trip, from before the send to after the echo. Median over launches, ± its 95 % confidence interval, — below 6.\n" +
		"A percentile for which a launch is too short is that of all launches together; — where even these are.\n" +
		"CPU time and context switches are those of both processes, per message."
	throughputCaption = "Counted at the receiver; 1 MB is 1e6 bytes. Median over launches, ± its 95 % confidence interval, — below 6.\n" +
		"CPU time, context switches and page faults are those of both processes, per message."
)

var latencyColumns = []shown{
	estimated("p50", RTTP50, FormatNS),
	margin(RTTP50),
	estimated("p99", RTTP99, FormatNS),
	estimated("p99.9", RTTP999, FormatNS),
	estimated("mean", RTTMean, FormatNS),
	estimated("CPU/msg", CPUPerMsg, FormatNS),
	estimated("ctxsw/msg", CtxswPer, FormatCount),
	{Column{"launches", true}, launchCount},
}

var throughputColumns = []shown{
	estimated("messages", MsgsPerS, FormatRate),
	margin(MsgsPerS),
	estimated("bytes", BytesPerS, FormatBytesPerS),
	estimated("CPU/msg", CPUPerMsg, FormatNS),
	estimated("ctxsw/msg", CtxswPer, FormatCount),
	estimated("faults/msg", FaultsPer, FormatCount),
	{Column{"launches", true}, launchCount},
}

func estimated(name, metric string, format func(float64) string) shown {
	return shown{Column{name, true}, func(s Summary) string {
		e, has := s.Metrics[metric]
		if !has {
			return nothing
		}
		return format(e.Median)
	}}
}

func margin(metric string) shown {
	return shown{Column{"±", true}, func(s Summary) string { return FormatMargin(s.Metrics[metric]) }}
}

// FormatMargin writes how far the interval reaches from the median: "4.2 %",
// and of what is known to the order of magnitude at best, that it is so.
func FormatMargin(e Estimate) string {
	ratio := e.Margin()
	switch {
	case e.N == 0 || math.IsNaN(ratio):
		return nothing
	case ratio < 0.0995:
		return fmt.Sprintf("%.1f %%", 100*ratio)
	case ratio >= 9.995:
		return ">999 %"
	}
	return fmt.Sprintf("%.0f %%", 100*ratio)
}

// launchCount tells how many launches the numbers are from, and of how many
// where some did not end ok.
func launchCount(s Summary) string {
	if others := s.Skipped + s.Failed; others > 0 {
		return fmt.Sprintf("%d of %d", s.Launches, s.Launches+others)
	}
	return fmt.Sprint(s.Launches)
}

// identityColumns are those that tell a cell from others. Where all are alike
// in a lesser dimension, it has no column.
func identityColumns(summaries []Summary) []shown {
	columns := []shown{
		{Column{"transport", false}, func(s Summary) string { return s.Transport }},
		{Column{"size", true}, func(s Summary) string { return FormatSize(s.SizeBytes) }},
		{Column{"placement", false}, func(s Summary) string { return s.Placement }},
	}
	if some(summaries, func(s Summary) bool { return s.Dir != "" }) {
		columns = append(columns, shown{Column{"on", false}, placeOf(summaries)})
	}
	if some(summaries, func(s Summary) bool { return s.Pairs > 1 }) {
		columns = append(columns, shown{Column{"pairs", true}, func(s Summary) string { return fmt.Sprint(s.Pairs) }})
	}
	if some(summaries, func(s Summary) bool { return s.RatePerS > 0 }) {
		columns = append(columns, shown{Column{"offered", true}, func(s Summary) string { return FormatRate(s.RatePerS) }})
	}
	return columns
}

func some(summaries []Summary, is func(Summary) bool) bool { return slices.ContainsFunc(summaries, is) }

// placeOf names a cell's filesystem, and its directory too where several are
// of that type.
func placeOf(summaries []Summary) func(Summary) string {
	return func(s Summary) string {
		twin := func(other Summary) bool { return other.FSType == s.FSType && other.Dir != "" && other.Dir != s.Dir }
		switch {
		case s.Dir == "" || s.FSType == "":
			return s.Dir
		case some(summaries, twin):
			return s.FSType + " " + s.Dir
		}
		return s.FSType
	}
}

// note is what stands in place of the results of a cell that has none.
func (s Summary) note() string {
	if s.Launches > 0 {
		return ""
	}
	status := Skipped
	if s.Failed > 0 {
		status = Failed
	}
	return strings.Join(strings.Fields(string(status)+": "+s.Reason), " ")
}

// RenderTable writes the tables of all workloads.
func RenderTable(w io.Writer, summaries []Summary, style Style) error {
	for i, t := range Tables(summaries) {
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		if err := t.Render(w, style); err != nil {
			return err
		}
	}
	return nil
}

// WriteMarkdown writes the tables of all workloads as Markdown.
func WriteMarkdown(w io.Writer, summaries []Summary) error {
	return RenderTable(w, summaries, Markdown)
}

// Render writes the table with its title above, and below it its footnotes and
// its caption.
func (t Table) Render(w io.Writer, style Style) error {
	var err error
	switch style {
	case Markdown:
		_, err = fmt.Fprintf(w, "### %s\n\n%s\n\n%s%s\n", t.Title, t.writer(style).RenderMarkdown(), t.Footnotes.markdown(), t.Caption)
	default:
		_, err = fmt.Fprintf(w, "%s\n%s\n%s%s\n", t.Title, t.writer(style).Render(), t.Footnotes.text(), t.Caption)
	}
	return err
}

func (t Table) writer(style Style) table.Writer {
	out := table.NewWriter()
	out.SetStyle(quiet)
	out.SuppressTrailingSpaces()
	var header table.Row
	var configs []table.ColumnConfig
	for i, c := range t.printed() {
		header = append(header, c.Name)
		align := text.AlignLeft
		if c.Numeric {
			align = text.AlignRight
		}
		configs = append(configs, table.ColumnConfig{Number: i + 1, Align: align, AlignHeader: align})
	}
	out.AppendHeader(header)
	out.SetColumnConfigs(configs)
	for _, row := range t.Rows {
		if row.First {
			out.AppendSeparator()
		}
		out.AppendRow(t.cells(row, style), table.RowConfig{AutoMerge: row.Note != "", AutoMergeAlign: text.AlignLeft})
	}
	return out
}

// printed is the columns together with that of the footnotes, where there are
// any on single rows.
func (t Table) printed() []Column {
	if len(t.Footnotes.OnRow) == 0 {
		return t.Columns
	}
	return append(slices.Clip(t.Columns), Column{"note", false})
}

// cells is the row as the renderer wants it. In text, what repeats is merged
// and so lets the note run on over the columns that it stands for.
func (t Table) cells(row Row, style Style) table.Row {
	var cells table.Row
	for _, cell := range row.Cells {
		cells = append(cells, cell)
	}
	if row.Note == "" {
		return append(cells, joined(row.Numbers))[:len(t.printed())] // without the last where there is no such column
	}
	note := row.Note
	if style == Text {
		note = text.WrapSoft(note, noteWidth)
	}
	for len(cells) < len(t.printed()) {
		cells = append(cells, note)
		if style == Markdown {
			note = ""
		}
	}
	return cells
}

// noteWidth is about what the columns of results take, so that a long reason
// does not stretch them.
const noteWidth = 64

// quiet is a table with nothing but thin rules.
var quiet = func() table.Style {
	style := table.StyleLight
	style.Options = table.Options{SeparateHeader: true}
	style.Format.Header = text.FormatDefault
	return style
}()

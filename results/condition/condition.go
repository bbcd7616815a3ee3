// Package condition decides whether the results of a run are as good as somebody asked
// for: "fail if p99>20us".
//
// A condition is written
//
//	[SPEC] [COLUMN=VALUE...] METRIC OP VALUE
//
// SPEC is a transport as tables name it, where * stands for anything; a COLUMN is one
// of launches.csv, and size, rate and the like are short for it; METRIC is a column of
// launches.csv, a heading of the table, any percentile as p99.99, or a word of
// [results.Workload.Called]; OP is > >= < or <=; VALUE has its unit. Without SPEC and
// COLUMN it is about every cell whose workload has the metric.
//
// It knows summaries. It must not know how a run is carried out, nor what becomes of
// its answer.
package condition

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"ipcbench/results"
)

// A Condition is what is not to be.
type Condition struct {
	Text string // as it was given

	spec   string // pattern of transports; "": any
	where  []clause
	metric string // its word
	op     string
	limit  float64
}

// A clause is what a dimension of a cell is to be.
type clause struct {
	results.Dimension
	plain string
}

// A Hint says which of the known words one that is not known may have meant, or "".
type Hint func(word string, known []string) string

// operators are all there are, those that another begins with last.
var operators = []struct {
	sign  string
	holds func(value, limit float64) bool
}{
	{">=", func(value, limit float64) bool { return value >= limit }},
	{"<=", func(value, limit float64) bool { return value <= limit }},
	{">", func(value, limit float64) bool { return value > limit }},
	{"<", func(value, limit float64) bool { return value < limit }},
}

// Parse reads a condition. Its errors say how it is written.
func Parse(text string, hint Hint) (Condition, error) {
	c := Condition{Text: text}
	at := strings.IndexAny(text, "<>")
	if at < 0 {
		return c, fmt.Errorf("%q has no > and no <: write it as p99>20us or 'pipe size=64 rate<100k/s'", text)
	}
	words := strings.Fields(text[:at])
	if len(words) == 0 {
		return c, fmt.Errorf("%q has no metric: write it as p99>20us", text)
	}
	c.metric = words[len(words)-1]
	for _, word := range words[:len(words)-1] {
		if err := c.narrow(word, hint); err != nil {
			return c, fmt.Errorf("%q: %w", text, err)
		}
	}
	value := text[at:]
	for _, op := range operators {
		if strings.HasPrefix(value, op.sign) {
			c.op, value = op.sign, strings.TrimSpace(value[len(op.sign):])
			break
		}
	}
	unit, err := unitOf(c.metric, hint)
	if err != nil {
		return c, fmt.Errorf("%q: %w", text, err)
	}
	if c.limit, err = unit.Parse(value); err != nil {
		return c, fmt.Errorf("%q: %w", text, err)
	}
	return c, nil
}

// narrow takes in a word before the metric: the transport, or COLUMN=VALUE.
func (c *Condition) narrow(word string, hint Hint) error {
	name, value, isColumn := strings.Cut(word, "=")
	if !isColumn || strings.Contains(name, ":") {
		if _, err := path.Match(word, ""); err != nil || c.spec != "" {
			return fmt.Errorf("%q is no transport that goes with the rest: give one before the metric, as pipe or 'mmap*'", word)
		}
		c.spec = word
		return nil
	}
	d, known := results.LookupColumn(name)
	if !known {
		return fmt.Errorf("no column is called %q%s", name, orAll(hint, name, results.ColumnNames()))
	}
	plain, err := d.Read(value)
	if err != nil {
		return err
	}
	c.where = append(c.where, clause{d, plain})
	return nil
}

// unitOf is what the metric of that word is counted in.
func unitOf(word string, hint Hint) (results.Unit, error) {
	if results.IsMetric(word) {
		return results.LookupMetric(word).Unit, nil
	}
	var known []string
	for _, w := range results.Workloads() {
		if m, has := w.MetricCalled(word); has {
			return m.Unit, nil
		}
		for _, other := range w.MetricWords() {
			if !slices.Contains(known, other) {
				known = append(known, other)
			}
		}
	}
	return "", fmt.Errorf("no metric is called %q%s", word, orAll(func(word string, known []string) string {
		return cmp.Or(afterColon(word), hint(word, known))
	}, word, append(known, results.MetricNames()...)))
}

// afterColon hints at a metric that stands behind a transport with nothing but a colon
// between them.
func afterColon(word string) string {
	spec, metric, has := cutLast(word, ":")
	if !has || strings.Contains(metric, "=") {
		return ""
	}
	return fmt.Sprintf(": write it with a blank, as '%s %s>...'", spec, metric)
}

func cutLast(text, separator string) (before, after string, found bool) {
	at := strings.LastIndex(text, separator)
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+len(separator):], true
}

func orAll(hint Hint, word string, known []string) string {
	if near := hint(word, known); near != "" {
		return near
	}
	const most = 12 // the words of tables come before the names of columns
	return ": there are " + strings.Join(known[:min(most, len(known))], ", ") + " and columns of launches.csv"
}

// metricOf is the metric that the condition is about where the cell has it.
func (c Condition) metricOf(cell results.Cell) (m results.Metric, has bool) {
	w := results.LookupWorkload(cell.Workload)
	if results.IsMetric(c.metric) {
		m = results.LookupMetric(c.metric)
		return m, w.MayHave(m)
	}
	return w.MetricCalled(c.metric)
}

// isAbout says whether the condition looks at a cell that has its metric.
func (c Condition) isAbout(cell results.Cell) bool {
	is, _ := path.Match(c.spec, cell.Transport)
	return (c.spec == "" || is) && !slices.ContainsFunc(c.where, func(of clause) bool { return of.Plain(cell) != of.plain })
}

// Check says why a condition is about none of the cells that are to be measured.
func (c Condition) Check(cells []results.Cell, hint Hint) error {
	var transports, workloads []string
	about := 0
	for _, cell := range cells {
		transports = append(transports, cell.Transport)
		if !c.isAbout(cell) {
			continue
		}
		about++
		workloads = append(workloads, cell.Workload)
		if _, has := c.metricOf(cell); has {
			return nil
		}
	}
	distinct := func(words []string) []string { return slices.Compact(slices.Sorted(slices.Values(words))) }
	if about > 0 {
		return fmt.Errorf("%q: no cell that it is about has %s: their workload is %s", c.Text, c.metric, strings.Join(distinct(workloads), ", "))
	}
	if known := distinct(transports); c.spec != "" && !slices.ContainsFunc(known, func(t string) bool { is, _ := path.Match(c.spec, t); return is }) {
		near := hint(c.spec, known)
		return fmt.Errorf("%q: no cell is of %q%s", c.Text, c.spec, cmp.Or(near, ": there are "+strings.Join(known, ", ")))
	}
	return fmt.Errorf("%q: it is about none of the %d cells: leave out some of what is before the metric", c.Text, len(cells))
}

// Percentile is the one that the condition is about, if that is not among those that
// every run has.
func (c Condition) Percentile() (percent float64, is bool) {
	of := []results.Metric{results.LookupMetric(c.metric)}
	for _, w := range results.Workloads() {
		if m, has := w.MetricCalled(c.metric); has {
			of = append(of, m)
		}
	}
	for _, m := range of {
		if m.Of != "" && !slices.Contains(results.MetricNames(), m.Name) {
			percent, err := strconv.ParseFloat(strings.TrimPrefix(m.Percent(), "p"), 64)
			return percent, err == nil
		}
	}
	return 0, false
}

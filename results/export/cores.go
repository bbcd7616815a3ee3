package export

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"ipcbench/results"
)

// A coresMetric is what was measured of each pair, by the beginning of its columns.
var coresMetrics = []struct {
	name string
	of   func(results.CorePair) results.Passes
}{
	{"rtt", func(p results.CorePair) results.Passes { return p.RTT }},
	{"oneway_ab", func(p results.CorePair) results.Passes { return p.AB }},
	{"oneway_ba", func(p results.CorePair) results.Passes { return p.BA }},
}

// coresStatistics are what columns have of the passes.
var coresStatistics = []struct {
	name string
	of   func(results.Passes) float64
}{
	{"_p50_ns", results.Passes.Median},
	{"_min_ns", func(p results.Passes) float64 { least, _ := p.Range(); return least }},
	{"_max_ns", func(p results.Passes) float64 { _, most := p.Range(); return most }},
}

// coresColumns are those of a pair of CPUs.
func coresColumns() []column[results.CorePair] {
	type pair = results.CorePair
	columns := []column[pair]{
		{"cpu_a", func(p pair) string { return strconv.Itoa(p.A) }},
		{"cpu_b", func(p pair) string { return strconv.Itoa(p.B) }},
		{"relation", func(p pair) string { return p.Relation }},
		{"page_node", func(p pair) string { return plainNodes(p.PageNodes) }},
		{"passes", func(p pair) string { return strconv.Itoa(len(p.RTT)) }},
	}
	for _, m := range coresMetrics {
		for _, s := range coresStatistics {
			columns = append(columns, column[pair]{m.name + s.name, func(p pair) string { return results.Plain(s.of(m.of(p))) }})
		}
	}
	return append(columns, column[pair]{"reason", func(p pair) string { return p.Reason }})
}

// plainNodes is one number as a rule, and several where the line lay on several
// nodes.
func plainNodes(nodes []int) string {
	var words []string
	for _, node := range nodes {
		words = append(words, strconv.Itoa(node))
	}
	return strings.Join(words, ";")
}

// WriteCoresCSV writes one row for each pair of CPUs: of each metric the median
// (p50), the least and the most of its passes, in nanoseconds. What is not known is
// empty. oneway_ab is from cpu_a to cpu_b.
func WriteCoresCSV(w io.Writer, c results.Cores) error {
	return writeCSV(w, coresColumns(), c.Pairs)
}

// WriteCoresJSON writes all that is known of the pairs, with the columns of
// WriteCoresCSV as numbers beside what each pass found. What is not known is null.
func WriteCoresJSON(w io.Writer, c results.Cores) error {
	document := struct {
		results.Cores
		Pairs    []jsonCorePair `json:"pairs"`
		Warnings []string       `json:"warnings,omitempty"`
	}{Cores: c, Pairs: []jsonCorePair{}, Warnings: words(c.Warnings)}
	for _, p := range c.Pairs {
		document.Pairs = append(document.Pairs, jsonCorePair{p})
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(document); err != nil {
		return fmt.Errorf("json: %w", err)
	}
	return nil
}

type jsonCorePair struct{ results.CorePair }

// MarshalJSON writes the fields of the record and those of coresMetrics.
func (p jsonCorePair) MarshalJSON() ([]byte, error) {
	record, err := json.Marshal(p.CorePair)
	if err != nil {
		return nil, err
	}
	fields := record[:len(record)-1]
	for _, m := range coresMetrics {
		for _, s := range coresStatistics {
			value, err := json.Marshal(results.Known(s.of(m.of(p.CorePair))))
			if err != nil {
				return nil, err
			}
			fields = fmt.Appendf(fields, ",%q:%s", m.name+s.name, value)
		}
	}
	return append(fields, '}'), nil
}

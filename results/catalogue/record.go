// Package catalogue knows what a machine's run comes to where it is passed on to
// strangers: a small file with the machine's facts, its floors and the median of each
// metric of each cell, and nothing that names the machine or who uses it. And it lays
// several of them out beside each other.
//
// What is passed on is what tables allow: facts by [facts.Fact.Share], dimensions of a
// cell by [results.Dimension.Shared], metrics by the tables of their workloads. All else
// is left out.
package catalogue

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ipcbench/internal/cpulist"
	"ipcbench/internal/facts"
	"ipcbench/results"
	"ipcbench/results/summary"
)

// Schema is the version of the format. A reader refuses a newer one.
const Schema = 1

// MaxBytes is how long a record may be.
const MaxBytes = 50_000

// A Machine is a record: one run of one machine.
type Machine struct {
	Schema   int               `json:"ipcbench_machine"`
	Version  string            `json:"version"`  // of ipcbench
	Measured string            `json:"measured"` // the day: "2026-11-26"
	Facts    map[string]string `json:"facts"`
	Floors   []Floor           `json:"floors"`
	Cells    []Cell            `json:"cells"`
}

// A Floor is what the bare machine takes.
type Floor struct {
	Name      string  `json:"name"`
	SizeBytes int     `json:"size_bytes,omitempty"`
	CPUs      int     `json:"cpus,omitempty"` // how many it is between, or on
	NS        float64 `json:"ns"`
}

// A Cell is what the launches of a cell come to.
type Cell struct {
	results.Cell
	Launches int
	Metrics  map[string]Estimate // by their names
}

// An Estimate is the median of a metric and, where it has one, its interval of 95 %:
// one number or three.
type Estimate []float64

// Median is the first of them.
func (e Estimate) Median() float64 { return e[0] }

// Of is what can be passed on of a run, and what of it was left out, in words.
func Of(run summary.Analysis) (m Machine, leftOut []string, err error) {
	m = Machine{Schema: Schema, Version: plain(run.Version), Measured: run.Started.UTC().Format("2006-01-02"), Facts: map[string]string{}}
	var hidden []string
	for _, name := range slices.Sorted(maps.Keys(run.Host)) {
		if value := facts.Lookup(name).Share(run.Host[name]); value != "" {
			m.Facts[name] = value
		} else if run.Host[name] != "" {
			hidden = append(hidden, name)
		}
	}
	for _, f := range run.Floors {
		m.Floors = append(m.Floors, Floor{plain(f.Name), f.SizeBytes, len(f.CPUs), brief(f.NS)})
	}
	cells := slices.DeleteFunc(slices.Clone(run.Cells), func(s summary.Summary) bool { return !isOfTheMachine(s) })
	if len(cells) == 0 {
		return m, nil, fmt.Errorf("nothing of run %s can be passed on: no cell of it has a result that is the machine's own", run.Name)
	}
	dropped, err := m.fill(cells)
	if err != nil {
		return m, nil, err
	}
	leftOut = []string{
		"the run's name, command line, labels and directories", "the facts " + strings.Join(hidden, ", "),
		"what follows the kernel's release, and the exact size of the memory", "every single launch",
	}
	if dropped != "" {
		leftOut = append(leftOut, dropped+", for the file's length")
	}
	if without := len(run.Cells) - len(cells); without > 0 {
		leftOut = append(leftOut, fmt.Sprintf("%d cells without a result, of a variant or a mix of sizes, or during which the machine moved the CPUs", without))
	}
	return m, leftOut, nil
}

// extents are which metrics of a cell are passed on, the most first, and what is dropped
// of those before.
var extents = []struct {
	metrics func(summary.Summary) []string
	dropped string
}{
	{metricsOf, ""},
	{func(s summary.Summary) []string {
		return append([]string{s.Main().Name}, results.LookupWorkload(s.Workload).Compared...)
	}, "metrics that comparisons do not show"},
	{func(s summary.Summary) []string { return []string{s.Main().Name} }, "all metrics but the one that says most of each cell"},
}

// fill gives the record as many metrics of the cells as it has room for, and says what
// it had none for.
func (m *Machine) fill(cells []summary.Summary) (dropped string, err error) {
	for _, extent := range extents {
		m.Cells = nil
		for _, s := range cells {
			m.Cells = append(m.Cells, cellOf(s, extent.metrics(s)))
		}
		if _, err = m.Encode(); err == nil {
			return extent.dropped, nil
		}
	}
	return "", err
}

// isOfTheMachine says whether a cell has a result that is not of somebody's own setting.
func isOfTheMachine(s summary.Summary) bool {
	return s.Launches > 0 && s.Stratum != results.Mixed && s.Variant == "" && s.SizeMix == "" &&
		plain(s.Transport) != "" && plain(s.Workload) != "" && plain(s.Placement) != ""
}

// plainText is what no path and no sentence is.
var plainText = regexp.MustCompile(`^[A-Za-z0-9_:=,.+()-]{1,120}$`)

// plain is the text, or "" where it is no word that was made here.
func plain(text string) string { return plainText.FindString(text) }

func cellOf(s summary.Summary, metrics []string) Cell {
	c := Cell{Cell: s.Only(func(d results.Dimension) bool { return d.Shared }), Launches: s.Launches, Metrics: map[string]Estimate{}}
	c.FSType = plain(c.FSType)
	for _, metric := range metrics {
		if e, has := s.Metrics[metric]; has {
			c.Metrics[metric] = Estimate{brief(e.Median)}
			if e.HasInterval() {
				c.Metrics[metric] = Estimate{brief(e.Median), brief(e.Lo), brief(e.Hi)}
			}
		}
	}
	return c
}

// metricsOf are those of the workload's table, its Fine only where that decides.
func metricsOf(s summary.Summary) []string {
	w := results.LookupWorkload(s.Workload)
	names := []string{s.Main().Name}
	for _, c := range w.Columns {
		if !slices.Contains(names, c.Metric) && c.Metric != w.Fine {
			names = append(names, c.Metric)
		}
	}
	return names
}

// brief is a number to four significant digits: more than any interval tells.
func brief(value float64) float64 {
	short, _ := strconv.ParseFloat(strconv.FormatFloat(value, 'g', 4, 64), 64)
	return short
}

// inFile is a cell as it stands there, but for its dimensions.
type inFile struct {
	Launches int                 `json:"launches"`
	Metrics  map[string]Estimate `json:"metrics"`
}

// MarshalJSON writes the dimensions that say something, and those that are shared alone.
func (c Cell) MarshalJSON() ([]byte, error) {
	var all map[string]json.RawMessage
	text, err := json.Marshal(c.Cell)
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteByte('{')
	for _, d := range results.Dimensions() {
		if d.Shared && d.Plain(c.Cell) != d.Plain(usual) {
			fmt.Fprintf(&b, "%q:%s,", d.Name, all[d.Name])
		}
	}
	rest, err := json.Marshal(inFile{c.Launches, c.Metrics})
	b.Write(bytes.TrimPrefix(rest, []byte("{")))
	return b.Bytes(), err
}

// usual is a cell of which only that is written in which another differs.
var usual = results.Cell{Pairs: 1, ProducerCPU: -1, ConsumerCPU: -1}

// UnmarshalJSON reads what MarshalJSON wrote.
func (c *Cell) UnmarshalJSON(text []byte) error {
	of := usual
	var rest inFile
	if err := json.Unmarshal(text, &of); err != nil {
		return err
	}
	err := json.Unmarshal(text, &rest)
	of = of.Only(func(d results.Dimension) bool { return d.Shared })
	*c = Cell{of, rest.Launches, rest.Metrics}
	return err
}

// Encode writes the record, a line for each floor and cell.
func (m Machine) Encode() ([]byte, error) {
	var b bytes.Buffer
	head, err := json.MarshalIndent(struct {
		Schema   int               `json:"ipcbench_machine"`
		Version  string            `json:"version"`
		Measured string            `json:"measured"`
		Facts    map[string]string `json:"facts"`
	}{m.Schema, m.Version, m.Measured, m.Facts}, "", "  ")
	if err != nil {
		return nil, err
	}
	b.Write(bytes.TrimSuffix(head, []byte("\n}")))
	if err := list(&b, "floors", m.Floors); err != nil {
		return nil, err
	}
	if err := list(&b, "cells", m.Cells); err != nil {
		return nil, err
	}
	b.WriteString("\n}\n")
	if b.Len() > MaxBytes {
		return nil, fmt.Errorf("the record has %d bytes, and no more than %d are passed on: share a run of fewer cells than %d", b.Len(), MaxBytes, len(m.Cells))
	}
	return b.Bytes(), nil
}

func list[T any](b *bytes.Buffer, name string, all []T) error {
	fmt.Fprintf(b, ",\n  %q: [", name)
	for i, one := range all {
		text, err := json.Marshal(one)
		if err != nil {
			return err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n    ")
		b.Write(text)
	}
	b.WriteString("\n  ]")
	return nil
}

// FileName is what the record of this machine is called: "amd-epyc-6.18.44-3f2a1c.json".
func (m Machine) FileName() string {
	text, _ := m.Encode()
	sum := sha256.Sum256(text)
	name := strings.ToLower(cmp.Or(m.Facts["cpu"], m.Facts["goarch"], "machine") + "-" + cmp.Or(m.Facts["kernel"], "unknown"))
	name = strings.Trim(regexp.MustCompile(`[^a-z0-9.]+`).ReplaceAllString(name, "-"), "-.")
	return name[:min(len(name), 80)] + "-" + hex.EncodeToString(sum[:3]) + ".json"
}

// Emulator is the program that played the machine's processor; "": none did.
func (m Machine) Emulator() string {
	if by := m.Facts[facts.Emulated]; by != facts.No {
		return by
	}
	return ""
}

// CPUs is how many it has, 0 where that is not known.
func (m Machine) CPUs() int {
	cpus, _ := cpulist.Parse(m.Facts["cpus"])
	return len(cpus)
}

// Describe says in one line which machine it is.
func (m Machine) Describe() string {
	words := []string{cmp.Or(m.Facts["cpu"], m.Facts["goarch"], "a machine that does not say what it is")}
	add := func(format, value string) {
		if value != "" {
			words = append(words, fmt.Sprintf(format, value))
		}
	}
	switch n := m.CPUs(); {
	case n == 1:
		add("%s CPU", "1")
	case n > 1:
		add("%s CPUs", strconv.Itoa(n))
	}
	add("%s", m.Facts["memory"])
	add("Linux %s", m.Facts["kernel"])
	if id := m.Facts["hypervisor-id"]; id != "" || m.Facts["hypervisor"] != "" {
		add("virtual (%s)", cmp.Or(results.Hypervisor(id), "its hypervisor does not say which"))
	}
	add("emulated by %s", m.Emulator())
	add("%s", m.Measured)
	return strings.Join(words, " · ")
}

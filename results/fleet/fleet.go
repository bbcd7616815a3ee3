// Package fleet compares many hosts: what changed on all of them, on which alone, and of
// what that cannot be told. It also keeps an index, so that of thousands of runs each is
// read once.
//
// It knows records, statistics and how to say both in words and tables. It must not know how
// anything was measured, drawn or brought here: where runs are is a [Source].
package fleet

import (
	"ipcbench/results"
)

// A Run is what is kept of a run: which it is, what it was measured in, and a value for each
// of its results.
type Run struct {
	Place   string            // where it was read: the directory or URL
	ID      string            // which of its host's runs it is, see [results.Run.ID]
	Name    string            // what it is called
	Host    string            // where it was measured: the label host, or else the folder that it lies in
	Started string            // RFC 3339; "": it does not say
	Labels  map[string]string // as given
	Around  map[string]string // what it was measured in and with, by fact, as [compare.Around] has it but for labels; not to be changed: runs share it
	Values  []Value
	Failed  []*results.Cell // of which no launch ended ok, and one failed
}

// A Value is what a run says of one metric of a cell.
type Value struct {
	Cell     *results.Cell // with its CPUs; not to be changed: values share it
	Metric   string
	Median   float64 // over the launches
	Launches int
	Decides  bool // this metric is the one that decides on the cell, as far as this run knows
}

// identity tells a run from all others of a fleet, wherever it lies.
func (r Run) identity() string { return r.Host + "\x00" + r.ID + "\x00" + r.Started }

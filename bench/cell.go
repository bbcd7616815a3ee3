package bench

import (
	"cmp"
	"errors"

	"ipcbench/bench/workload"
	"ipcbench/results"
	"ipcbench/transports"
)

// A Cell is one point of a plan.
type Cell struct {
	results.Cell
	Spec transports.Spec // with Dir and Size set
	// Skip, where not empty, is why this machine cannot run the cell, and
	// Fail what went wrong when its link was made on trial.
	Skip, Fail string

	lengths  []int     // of a mix; nil: each message has the cell's size
	identity *identity // what each launch is to be made under
	places   []pairing // of which number i has the one at i, and over again; nil: all are at the cell's CPUs
}

// Runnable reports whether the cell can be measured.
func (c Cell) Runnable() bool { return c.Skip == "" && c.Fail == "" }

func newCell(name string, spec transports.Spec, place Placement, id *identity) Cell {
	c := Cell{Spec: spec, Skip: place.Reason, identity: id}
	c.Cell = results.Cell{
		Transport: spec.String(), Family: spec.Transport, Wait: spec.Option("wait"), Workload: name, SizeBytes: spec.Size,
		Placement: place.Name, ProducerCPU: -1, ConsumerCPU: -1,
		Dir: spec.Dir, FSType: id.mount.FSType, Mount: id.mount.Options, Pairs: 1,
	}
	c.Waits, c.Needs = spec.Waits().Name, spec.Caps().Needs()
	c.Pushed = pushed(spec.Caps())
	if t, err := transports.Lookup(spec.Transport); err == nil {
		info := t.Info()
		c.Kind, c.Group = string(info.Kind), cmp.Or(info.Group, results.Capital(string(info.Kind)))
	}
	if w, err := workload.Lookup(name); err == nil && w.Solo == nil && spec.Caps().Has(transports.OneProcess) {
		c.Skip = "the two ends of " + spec.Transport + " are one, and the workload " + name + " needs two"
	}
	if place.CPUs != nil {
		c.ProducerCPU, c.ConsumerCPU = place.CPUs[0], place.CPUs[1]
	}
	return c
}

// pushed is how a transport with such capabilities gets a message to the storage.
func pushed(caps transports.Caps) string {
	switch {
	case caps.Has(transports.StoresBatch):
		return results.BySync
	case caps.Has(transports.Stores):
		return results.ByWrite
	}
	return ""
}

// judge says that the cell cannot run where err, of trying its link, says so.
func (c *Cell) judge(err error) {
	switch {
	case err == nil:
	case errors.Is(err, errors.ErrUnsupported):
		c.Skip = c.Spec.Reason(err)
	default:
		c.Fail = c.Spec.Reason(err)
	}
}

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

	identity *identity // what each launch is to be made under
}

// Runnable reports whether the cell can be measured.
func (c Cell) Runnable() bool { return c.Skip == "" && c.Fail == "" }

func newCell(name string, spec transports.Spec, place Placement, id *identity, pairs int) Cell {
	c := Cell{Spec: spec, Skip: place.Reason, identity: id}
	c.Cell = results.Cell{
		Transport: spec.String(), Family: spec.Transport, Wait: spec.Option("wait"), Workload: name, SizeBytes: spec.Size,
		Placement: place.Name, ProducerCPU: -1, ConsumerCPU: -1,
		Dir: spec.Dir, FSType: id.mount.FSType, Mount: id.mount.Options, Pairs: pairs,
	}
	c.Waits, c.Needs = spec.Waits().Name, spec.Caps().Needs()
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

// trials remembers which links could be made.
type trials map[trial]error

type trial struct {
	spec, dir string
	size      int
}

// link makes spec's link once and closes it. It returns why this machine
// cannot have it, or what went wrong.
func (t trials) link(spec transports.Spec) (skip, fail string) {
	key := trial{spec.String(), spec.Dir, spec.Size}
	err, known := t[key]
	if !known {
		err = try(spec)
		t[key] = err
	}
	switch {
	case err == nil:
		return "", ""
	case errors.Is(err, errors.ErrUnsupported):
		return spec.Reason(err), ""
	}
	return "", spec.Reason(err)
}

func try(spec transports.Spec) error {
	t, err := transports.Lookup(spec.Transport)
	if err != nil {
		return err
	}
	if err := t.Probe(spec); err != nil {
		return err
	}
	link, err := t.Create(spec)
	if err != nil {
		return err
	}
	return link.Close()
}

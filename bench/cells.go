package bench

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"ipcbench/bench/workload"
	"ipcbench/internal/host"
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
}

// Runnable reports whether the cell can be measured.
func (c Cell) Runnable() bool { return c.Skip == "" && c.Fail == "" }

// Cells crosses the plan's axes and tries whether each cell can run, by making
// its link once and closing it. An error means that the plan itself is wrong.
func (p Plan) Cells() ([]Cell, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	mounts, err := p.mounts()
	if err != nil {
		return nil, err
	}
	var cells []Cell
	tried := trials{}
	for _, name := range p.Workloads {
		for _, spec := range p.Specs {
			places, err := p.places(spec)
			if err != nil {
				return nil, err
			}
			for _, place := range places {
				for _, dir := range p.dirs(spec) {
					for _, size := range p.sizes(spec) {
						spec.Dir, spec.Size, spec.Uniform = dir, size, true
						c := newCell(name, spec, place, mounts[dir], max(1, p.Pairs))
						if c.Skip == "" {
							c.Skip, c.Fail = tried.link(spec)
						}
						cells = append(cells, c)
					}
				}
			}
		}
	}
	return cells, nil
}

// leastForInterval is from how many launches on a median has an interval.
const leastForInterval = 6

// check refuses what cannot be measured by anyone.
func (p Plan) check() error {
	for axis, n := range map[string]int{"transport": len(p.Specs), "workload": len(p.Workloads), "message size": len(p.Sizes), "placement": len(p.Placements)} {
		if n == 0 {
			return fmt.Errorf("plan: no %s is given", axis)
		}
	}
	for _, name := range p.Workloads {
		if _, err := workload.Lookup(name); err != nil {
			return err
		}
	}
	for _, size := range p.Sizes {
		if size < 1 {
			return fmt.Errorf("message size %d: a message has at least 1 byte", size)
		}
	}
	if p.Launches < 1 {
		return fmt.Errorf("%d launches: at least 1 is needed", p.Launches)
	}
	if p.Until > 0 && p.Launches < leastForInterval {
		return fmt.Errorf("%d launches of each cell: there is no interval to narrow down below %d: give --until at least -n %[2]d", p.Launches, leastForInterval)
	}
	if p.Until < 0 || p.Until > 0 && p.Budget <= 0 {
		return fmt.Errorf("plan: until %v within %v: both must be positive", p.Until, p.Budget)
	}
	if p.Messages < 0 || p.Messages == 0 && p.Time <= 0 {
		return errors.New("plan: neither a measured time nor a number of messages is given")
	}
	if least := p.Time + p.Warmup.Time; p.Timeout <= least {
		return fmt.Errorf("timeout %v: warm-up and measured time alone take %v: give a longer --timeout", p.Timeout, least)
	}
	if p.Verify != "header" && p.Verify != "full" {
		return fmt.Errorf("verify %q: it is header or full", p.Verify)
	}
	if i := slices.IndexFunc(p.Specs, needsDir); i >= 0 && len(p.Dirs) == 0 {
		return fmt.Errorf("plan: %s needs a directory and none is given", p.Specs[i])
	}
	return nil
}

func needsDir(spec transports.Spec) bool { return spec.Caps().Has(transports.NeedsDir) }

// mounts returns how each of the plan's directories is mounted. The empty
// directory, of transports that need none, has no mount.
func (p Plan) mounts() (map[string]host.Mount, error) {
	mounts := map[string]host.Mount{}
	if !slices.ContainsFunc(p.Specs, needsDir) {
		return mounts, nil
	}
	for _, dir := range p.Dirs {
		if err := host.CheckDir(dir); err != nil {
			return nil, err
		}
		mount, err := host.MountOf(dir)
		if err != nil {
			return nil, err
		}
		mounts[dir] = mount
	}
	return mounts, nil
}

// places returns where the plan puts a spec's ends, each place once.
func (p Plan) places(spec transports.Spec) ([]Placement, error) {
	var places []Placement
	for _, name := range p.Placements {
		resolved, err := resolve(name, spec)
		if err != nil {
			return nil, err
		}
		for _, place := range resolved {
			if !slices.ContainsFunc(places, func(other Placement) bool { return other.Name == place.Name }) {
				places = append(places, place)
			}
		}
	}
	return places, nil
}

func (p Plan) dirs(spec transports.Spec) []string {
	if needsDir(spec) {
		return p.Dirs
	}
	return []string{""}
}

// sizes returns the sizes to measure spec with. Those that it cannot carry are
// among them: their rows say why.
func (p Plan) sizes(spec transports.Spec) []int {
	limit := spec.MaxSize()
	if p.FitSizes && limit > 0 && limit < slices.Min(p.Sizes) {
		return []int{limit}
	}
	return p.Sizes
}

func newCell(name string, spec transports.Spec, place Placement, mount host.Mount, pairs int) Cell {
	c := Cell{Spec: spec, Skip: place.Reason}
	c.Cell = results.Cell{
		Transport: spec.String(), Family: spec.Transport, Wait: spec.Option("wait"), Workload: name, SizeBytes: spec.Size,
		Placement: place.Name, ProducerCPU: -1, ConsumerCPU: -1,
		Dir: spec.Dir, FSType: mount.FSType, Mount: mount.Options, Pairs: pairs,
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

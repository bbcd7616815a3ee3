package experiment

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"ipcbench/internal/lab"
	"ipcbench/internal/program"
	"ipcbench/internal/vm"
	"ipcbench/results"
)

// NeedsNamespace says whether a filesystem is mounted, which is done where nobody
// else sees it.
func (e Experiment) NeedsNamespace() bool {
	return slices.ContainsFunc(e.Variants, func(v Variant) bool { return v.Filesystem != "" })
}

// Steps is what is done for a variant in each round, in words and in its order.
func (v Variant) Steps(run []string, destroy bool) []string {
	var steps []string
	add := func(texts ...string) { steps = append(steps, texts...) }
	if (v.Boot != Boot{}) {
		add("have somebody boot " + v.Boot.String() + " (--next)")
	}
	if v.Setup != "" {
		add("once, run: " + v.Setup)
	}
	if knobs, err := v.knobs(); err == nil {
		for _, k := range knobs {
			add(k.String())
		}
	}
	if f, err := v.filesystem(destroy); err == nil && v.Filesystem != "" {
		add(f.Steps("a directory of its own")...)
	}
	if child, group, err := v.child(); err == nil {
		if group != (lab.Cgroup{}) {
			add(group.Steps()...)
		}
		for _, step := range child.Steps() {
			add("have its run " + step)
		}
	}
	if v.Prepare != "" {
		add("run: " + v.Prepare)
	}
	if v.Kernel.isSet() {
		if m, err := v.Kernel.machine(); err == nil {
			add(m.Steps()...)
		}
	}
	where := ""
	switch {
	case v.Filesystem != "", v.Kernel.isSet():
		where = " there"
	case v.Dir != "":
		where = " in " + v.Dir
	}
	add("measure" + where + ": " + program.Typed(slices.Concat([]string{"run"}, run, v.Run)...))
	if v.Cleanup != "" {
		add("run: " + v.Cleanup)
	}
	if len(steps) > 1 && !v.Kernel.isSet() {
		add("put back what was changed")
	}
	return steps
}

// filesystem is the one that is made for the variant.
func (v Variant) filesystem(destroy bool) (lab.Filesystem, error) {
	if v.Filesystem == "" {
		return lab.Filesystem{}, nil
	}
	f, err := lab.ParseFilesystem(v.Filesystem)
	if err != nil {
		return f, err
	}
	f.Image, f.Device, f.Destroy = v.Image, v.Device, destroy
	text := v.Size
	if text == "" && f.TakesSize() {
		text = v.AnySize
	}
	if text != "" {
		size, err := results.ParseSize(text)
		if err != nil {
			return f, fmt.Errorf("filesystem %s: %w", v.Filesystem, err)
		}
		f.Size = int64(size)
	}
	f.Mkfs = append(f.Mkfs, v.Mkfs...)
	f.Options = strings.Trim(f.Options+","+v.Mount, ",")
	if f.Image == "" && f.TakesImage() {
		f.Image = v.AnyImage
	}
	return f, nil
}

// machine is what the kernel is booted on.
func (k Kernel) machine() (vm.Machine, error) {
	file := k.File
	if found, err := filepath.Glob(file); err == nil && len(found) > 0 {
		file = found[len(found)-1] // of several, the one whose name comes last
	}
	m := vm.Machine{Kernel: file, Modules: k.Modules, Cmdline: k.Cmdline, Topology: k.Machine, Arch: k.Arch, Binary: k.Binary}
	if k.Memory != "" {
		size, err := results.ParseSize(k.Memory)
		if err != nil {
			return m, fmt.Errorf("kernel.memory: %w", err)
		}
		m.Memory = int64(size)
	}
	return m, nil
}

// knobs are those that the variant sets, a pattern as all that it matches.
func (v Variant) knobs() ([]lab.Knob, error) {
	var all []lab.Knob
	for _, s := range v.Knobs {
		knobs, err := lab.Knobs(s.Knob, s.Value)
		if err != nil {
			return nil, err
		}
		all = append(all, knobs...)
	}
	return all, nil
}

// child is how its runs are started, and the control group that they are in, which is
// zero where there is none.
func (v Variant) child() (lab.Child, lab.Cgroup, error) {
	group := lab.Cgroup{CPU: v.CPUs}
	if v.Memory != "" {
		size, err := results.ParseSize(v.Memory)
		if err != nil {
			return lab.Child{}, group, fmt.Errorf("memory: %w", err)
		}
		group.Memory = int64(size)
	}
	return lab.Child{Policy: v.Policy, Priority: v.Priority, Nice: v.Nice, Speculation: v.Speculation}, group, nil
}

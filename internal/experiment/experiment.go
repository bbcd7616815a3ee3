// Package experiment measures variants of a machine in turn: filesystems, knobs,
// kernels. Each round makes every variant afresh and measures it by a run of its
// own, so that mounts and boots are the replicates, and what drifts from minute to
// minute does so under all of them.
//
// It knows what a file asks for, in which order that is done, and that everything
// is put back. How a filesystem is made or a knob is turned is in package lab, and
// how a kernel is booted in package vm. It must not know what a run measures, nor
// how runs are compared.
package experiment

import (
	"fmt"
	"slices"

	"ipcbench/results/experiment"
)

// An Experiment is what a file asks for.
type Experiment struct {
	Name     string   // of the directory that its runs are in
	Question string   // that it is to answer
	About    string   // what helps to read the answer
	File     string   // that it was read from, without its directory
	Text     string   // of that file
	Run      []string // words after "ipcbench run", of every variant
	Rounds   int      // times that each variant is made and measured
	Variants []Variant
}

// A Variant is one of the states of the machine that are compared, with the first
// of them.
type Variant struct {
	Name string   // of its runs, and in the comparison
	Run  []string // further words after "ipcbench run"

	Dir        string   // measured in, where it has one of its own; "": what Run says
	Filesystem string   // made and mounted for it, as "ext4:data=journal"; "": none
	Size       string   // of that, as "512MiB"; "": what its kind needs, or
	AnySize    string   // the one that all of the experiment have that can
	Mkfs       []string // further words for what makes it
	Mount      string   // further mount options
	Image      string   // directory that its image lies in; "": memory, or
	AnyImage   string   // the one of all that have an image
	Device     string   // block device instead of an image

	Knobs []experiment.Setting // by name
	Child                      // how its runs are started

	Kernel Kernel // that its runs are made under, each by a boot of its own

	Boot Boot // what has to be booted for its runs, by whoever does

	// Shell commands: Prepare before each of its runs, when all else is made,
	// Cleanup after it, Setup once before its first.
	Setup, Prepare, Cleanup string
}

// A Child is what the processes of a variant's runs are allowed: zero as this process.
type Child struct {
	Policy      string            // of the scheduler: "fifo"
	Priority    int               // of that
	Nice        int               //
	CPUs        float64           // that all of them may use together: 0.5 is half the time of one
	Memory      string            // likewise, as "256MiB"
	Speculation map[string]string // of the processor, as "store-bypass": "disable"
}

// A Kernel is one that is booted in QEMU; zero: this machine's own.
type Kernel struct {
	File    string   // an image of one, or a Debian package; a pattern stands for the last that it matches
	Modules []string // to load
	Cmdline string   // further words for its command line
	Machine string   // "2 sockets, 2 cores, 2 threads, 2 nodes"; "": two CPUs
	Arch    string   // as Go calls it; "": this machine's
	Binary  string   // a static build of this program for that; "": this one
	Memory  string   // of the machine, as "1GiB"
}

func (k Kernel) isSet() bool {
	return k.File != "" || len(k.Modules) > 0 || k.Cmdline+k.Machine+k.Arch+k.Binary+k.Memory != ""
}

// Boots says whether a machine is booted for each of the variant's runs.
func (v Variant) Boots() bool { return v.Kernel.isSet() }

// A Boot is which kernel this machine has to run; zero: any. Nothing is booted for it.
type Boot struct {
	Kernel  string // its release, as uname -r says it, or a pattern as of files: "6.12.*"
	Cmdline string // words that its command line has
}

// String says what to boot.
func (b Boot) String() string {
	switch {
	case b == Boot{}:
		return "any kernel"
	case b.Cmdline == "":
		return "a kernel " + b.Kernel
	case b.Kernel == "":
		return "a kernel with " + b.Cmdline + " on its command line"
	}
	return "a kernel " + b.Kernel + " with " + b.Cmdline + " on its command line"
}

// A Turn is one variant in one round.
type Turn struct {
	Round int // from 1
	Variant
}

// RunName is what the run of a turn is called.
func (t Turn) RunName() string { return fmt.Sprintf("%02d-%s", t.Round, t.Name) }

// Turns are all, in their order: in each round every variant once, beginning with
// another one than in the round before. So each has every place as often as any
// other, once there are as many rounds as variants.
func (e Experiment) Turns() []Turn {
	var all []Turn
	n := len(e.Variants)
	for round := range e.Rounds {
		first := (n - round%n) % n
		for i := range n {
			all = append(all, Turn{round + 1, e.Variants[(first+i)%n]})
		}
	}
	return all
}

// names are the variants'.
func (e Experiment) names() []string {
	var names []string
	for _, v := range e.Variants {
		names = append(names, v.Name)
	}
	return names
}

// twice is a name that two variants have, or "".
func (e Experiment) twice() string {
	names := e.names()
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return name
		}
	}
	return ""
}

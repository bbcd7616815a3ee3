// Package vm boots kernels in QEMU with this program as their first process, and
// brings back what it left there: kernels that this machine does not run, and machines
// that it is not.
//
// What goes in is an initramfs ([Image]) that holds a static binary and a plan, and
// nothing else. The binary is init in there ([Init]): it mounts what a program expects,
// runs one command, sends the directory that this made through a channel, and powers
// off. Outside, [Boot] tells a machine that did so from one that hung or panicked.
//
// It knows machines, and the words of a command that it hands on. It must not know
// what these measure: neither runs nor results.
package vm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// A Machine is what is booted.
type Machine struct {
	Kernel   string        // file of a kernel image (bzImage, Image), or Debian package of one
	Modules  []string      // to load, besides those that they depend on: names, of those that belong to Kernel, or files
	Cmdline  string        // words for the kernel's command line, as "mitigations=off"
	Topology string        // processors, as "2 sockets, 2 cores, 2 threads, 2 nodes", always emulated; "": two cores
	Arch     string        // as Go calls it, "arm64"; "": this machine's
	Binary   string        // static binary for it; "": this program
	Program  string        // static binary that is run in there instead of "ipcbench run"; "": none
	Memory   int64         // in bytes; 0: 1 GiB
	Limit    time.Duration // from power on to power off; 0: 10 min
}

const (
	defaultMemory = 1 << 30
	leastMemory   = 256 << 20 // a kernel, and the binary twice
	defaultLimit  = 10 * time.Minute
)

// An architecture is what differs from one to the other.
type architecture struct {
	program, pkg string // QEMU's, and Debian's package with it
	machine      string // QEMU's -machine
	processor    string // QEMU's -cpu where it emulates
	console      string // the tty of its first serial port
	cmdline      string // of the kernel
	elf          string // what debug/elf calls it
	bus          string // of virtio
}

// architectures are by Go's names.
var architectures = map[string]architecture{
	// An emulated AMD processor has one thread a core. Left to itself, 6.1 distrusts the
	// emulated TSC and takes the HPET.
	"amd64": {"qemu-system-x86_64", "qemu-system-x86", "q35", "max,vendor=GenuineIntel", "ttyS0", "tsc=reliable", "EM_X86_64", "pci"},
	"arm64": {"qemu-system-aarch64", "qemu-system-arm", "virt", "max,pauth-impdef=on", "ttyAMA0", "", "EM_AARCH64", "pci"},
	"s390x": {"qemu-system-s390x", "qemu-system-misc", "s390-ccw-virtio", "max", "ttysclp0", "", "EM_S390", "ccw"},
}

// Architectures names those that there are.
func Architectures() []string { return slices.Sorted(maps.Keys(architectures)) }

func (m Machine) arch() string { return cmp.Or(m.Arch, runtime.GOARCH) }

// isMadeUp says whether the machine is none that this one could be a part of: where its
// processors are of another kind, or lie as ours do not, its times would be of nothing.
func (m Machine) isMadeUp() bool { return m.arch() != runtime.GOARCH || m.Topology != "" }

func (m Machine) memory() int64 { return cmp.Or(m.Memory, defaultMemory) }

func (m Machine) limit() time.Duration { return cmp.Or(m.Limit, defaultLimit) }

// Missing is why this host cannot boot the machine, with the remedy, or nil. Nothing
// is touched: programs are looked for and files read.
func (m Machine) Missing() error {
	_, err := m.prepare(context.Background())
	return err
}

// prepare reads what the machine boots with, after all else that can be wrong.
func (m Machine) prepare(ctx context.Context) (loaded, error) {
	if err := CheckBinary(m.Binary, m.arch()); err != nil {
		return loaded{}, err
	}
	if m.Program != "" {
		if err := CheckBinary(m.Program, m.arch()); err != nil {
			return loaded{}, err
		}
	}
	if _, err := parseTopology(m.Topology); err != nil {
		return loaded{}, err
	}
	if m.memory() < leastMemory {
		return loaded{}, fmt.Errorf("a machine with %d MiB of memory: give it %d or more", m.memory()>>20, leastMemory>>20)
	}
	if m.Kernel == "" {
		return loaded{}, errors.New("a machine without a kernel: name a kernel image, or the Debian package of one (apt-get download)")
	}
	a := architectures[m.arch()]
	if _, err := installed(a.program, a.pkg); err != nil {
		return loaded{}, err
	}
	return m.load(ctx)
}

// Steps is what [Boot] does, in words.
func (m Machine) Steps() []string {
	accelerator := "the accelerator that it boots with, KVM or emulation"
	if m.isMadeUp() {
		accelerator = "emulation"
	}
	topology, _ := parseTopology(m.Topology)
	step := fmt.Sprintf("boot %s in %s by %s: %s, %d MiB", m.Kernel, architectures[m.arch()].program, accelerator, topology, m.memory()>>20)
	if m.Cmdline != "" {
		step += ", command line " + m.Cmdline
	}
	steps := []string{step}
	if len(m.Modules) > 0 {
		steps = append(steps, "load in there the modules "+strings.Join(m.Modules, ", "))
	}
	return append(steps, "run ipcbench in there as its first process, and bring back the directory of the run")
}

// installed looks for a program.
func installed(program, pkg string) (path string, err error) {
	if path, err = exec.LookPath(program); err != nil {
		return "", fmt.Errorf("%s is not installed: apt-get install --no-install-recommends %s", program, pkg)
	}
	return path, nil
}

// cause takes the operation and path off an error from package os.
func cause(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

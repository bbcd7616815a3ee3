package vm

import (
	"bufio"
	"cmp"
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

// An Image is what is in an initramfs.
type Image struct {
	Binary  string   // path of the static binary that is init in there; "": this one
	Modules []Module // to load, in this order
	Program string   // path of the static binary that is run; "": ipcbench
	Plan    Plan
}

// A Plan is what init does when the machine is up. Words on the kernel's command line,
// after "--", come before it: settings as results=ttyS1, and then those of Run.
type Plan struct {
	Run     []string `json:"run"`               // words after "ipcbench run", or after the program
	Program bool     `json:"program,omitempty"` // there is one: what it says is a file of the results
	Results string   `json:"results,omitempty"` // where results go, see [Results]
	Try     bool     `json:"try,omitempty"`     // only say that the machine is up, by empty results
}

// Results says where results may go, for people.
const Results = "console (default); another device, as ttyS1; virtio, a port of that name \"ipcbench\"; " +
	"or a filesystem to be mounted, TYPE:SOURCE[,OPTIONS], as ext4:/dev/sda1 or nfs:10.0.0.2:/srv,addr=10.0.0.2,nolock"

// A Module is a file that the kernel loads.
type Module struct {
	Name string // with its suffix: one that says so is compressed
	Data []byte
}

// Where things are in an initramfs. The plan's presence also tells it from the
// root of a container in which this program is the first process.
const (
	planFile   = "ipcbench.json"
	moduleDir  = "modules"
	resultsDir = "results"
	program    = "program"
)

// Said is the file of the results that has what a program said.
const Said = "said.txt"

// Write writes the initramfs, uncompressed, so that every kernel unpacks it.
func (i Image) Write(w io.Writer) error {
	binary, err := os.Open(cmp.Or(i.Binary, self))
	if err != nil {
		return fmt.Errorf("initramfs: %w", err)
	}
	defer binary.Close()
	info, err := binary.Stat()
	if err != nil {
		return fmt.Errorf("initramfs: %w", err)
	}
	plan, err := json.Marshal(i.Plan)
	if err != nil {
		return fmt.Errorf("initramfs: %w", err)
	}
	buffered := bufio.NewWriter(w)
	c := cpio{w: buffered}
	for _, dir := range []string{"dev", "proc", "sys", "tmp", "run", moduleDir, resultsDir} {
		c.add(dir, directory|0o755, 0, 0, "")
	}
	c.add("dev/console", character|0o600, 5, 1, "") // the first process's standard files, before there is a devtmpfs
	c.add("dev/null", character|0o666, 1, 3, "")
	c.add(planFile, regular|0o644, 0, 0, string(plan))
	for n, m := range i.Modules {
		c.add(path.Join(moduleDir, fmt.Sprintf("%03d-%s", n, path.Base(m.Name))), regular|0o644, 0, 0, string(m.Data))
	}
	c.addFrom("init", regular|0o755, 0, 0, info.Size(), binary)
	if i.Program != "" {
		data, err := os.ReadFile(i.Program)
		if err != nil {
			return fmt.Errorf("initramfs: %w", err)
		}
		c.add(program, regular|0o755, 0, 0, string(data))
	}
	if err := errors.Join(c.close(), buffered.Flush()); err != nil {
		return fmt.Errorf("initramfs: %w", err)
	}
	return nil
}

// self is the file that this process executes.
const self = "/proc/self/exe"

// CheckBinary says why a file, or this binary where it is "", cannot be init on a machine
// of that architecture, as Go calls it, or nil.
func CheckBinary(file, arch string) error {
	file = cmp.Or(file, self)
	a, known := architectures[arch]
	if !known {
		return fmt.Errorf("architecture %q: choose among %s", arch, strings.Join(Architectures(), ", "))
	}
	remedy := fmt.Sprintf("CGO_ENABLED=0 GOARCH=%s go build -o ipcbench-%s ./cmd/ipcbench makes one", arch, arch)
	binary, err := elf.Open(file)
	name := "binary " + file
	if file == self {
		name = "this binary"
	}
	if err != nil {
		return fmt.Errorf("%s: %w: %s", name, cause(err), remedy)
	}
	defer binary.Close()
	if got := binary.Machine.String(); got != a.elf {
		return fmt.Errorf("%s is for %s and not for %s: %s, to be named instead", name, got, a.elf, remedy)
	}
	for _, segment := range binary.Progs {
		if segment.Type == elf.PT_INTERP {
			return fmt.Errorf("%s is not static, and there are no libraries beside the first process: %s", name, remedy)
		}
	}
	return nil
}

package bench_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// mayImport is the house: for each package, the packages of this module and
// the other modules that it may import. Whoever adds a package says here what
// it may know. A key with a slash at its end is for all packages below it that
// have none of their own.
var mayImport = map[string]string{
	"ipcbench/cmd/ipcbench": "ipcbench/cmd ipcbench/transports/all",
	"ipcbench/cmd": "ipcbench/ golang.org/x/sys golang.org/x/term " +
		"github.com/spf13/cobra github.com/spf13/pflag github.com/jedib0t/go-pretty/v6 github.com/kballard/go-shellquote",

	"ipcbench/bench": "ipcbench/bench/workload ipcbench/bench/internal/ ipcbench/transports ipcbench/results ipcbench/results/summary " +
		"ipcbench/internal/folder ipcbench/internal/peer ipcbench/internal/host ipcbench/internal/facts ipcbench/internal/cpulist ipcbench/internal/near ipcbench/internal/profile ipcbench/internal/shm golang.org/x/sys",
	"ipcbench/bench/workload":         "ipcbench/bench/internal/ ipcbench/transports ipcbench/results golang.org/x/sys",
	"ipcbench/bench/internal/rally":   "ipcbench/bench/internal/clock ipcbench/internal/shm",
	"ipcbench/bench/internal/clock":   "golang.org/x/sys",
	"ipcbench/bench/internal/message": "ipcbench/transports ipcbench/internal/shm golang.org/x/sys/cpu",
	"ipcbench/bench/internal/meter":   "ipcbench/bench/internal/clock ipcbench/internal/host ipcbench/transports ipcbench/results",
	"ipcbench/bench/internal/pages":   "ipcbench/bench/internal/clock ipcbench/internal/host golang.org/x/sys",
	"ipcbench/bench/benchtest":        "ipcbench/bench ipcbench/transports ipcbench/results",

	"ipcbench/transports":               "ipcbench/internal/near",
	"ipcbench/transports/transporttest": "ipcbench/transports ipcbench/internal/peer golang.org/x/sys",
	"ipcbench/transports/all": "ipcbench/transports/memory ipcbench/transports/pipe ipcbench/transports/socket ipcbench/transports/queue " +
		"ipcbench/transports/notify ipcbench/transports/direct ipcbench/transports/uring ipcbench/transports/file",
	"ipcbench/transports/memory":    mechanisms,
	"ipcbench/transports/pipe":      mechanisms,
	"ipcbench/transports/socket":    mechanisms + " github.com/cilium/ebpf",
	"ipcbench/transports/queue":     mechanisms,
	"ipcbench/transports/notify":    mechanisms + " ipcbench/internal/shm",
	"ipcbench/transports/direct":    mechanisms,
	"ipcbench/transports/uring":     mechanisms + " ipcbench/internal/uring",
	"ipcbench/transports/file":      mechanisms,
	"ipcbench/transports/internal/": mechanisms + " ipcbench/internal/shm ipcbench/internal/uring",

	"ipcbench/results/resultstest": "ipcbench/results",
	"ipcbench/results":             "ipcbench/internal/folder ipcbench/internal/program ipcbench/internal/quote github.com/HdrHistogram/hdrhistogram-go",
	"ipcbench/results/summary":     "ipcbench/results ipcbench/internal/doctor github.com/montanaflynn/stats github.com/aclements/go-moremath gonum.org/v1/gonum",
	"ipcbench/results/effect":      "ipcbench/results github.com/aclements/go-moremath gonum.org/v1/gonum",
	"ipcbench/results/table":       "ipcbench/results ipcbench/results/summary ipcbench/internal/quote github.com/jedib0t/go-pretty/v6",
	"ipcbench/results/export":      "ipcbench/results ipcbench/results/summary ipcbench/results/profile ipcbench/internal/facts ipcbench/internal/cpulist ipcbench/internal/quote golang.org/x/perf",
	"ipcbench/results/store":       "ipcbench/results ipcbench/internal/folder",
	"ipcbench/results/condition":   "ipcbench/results ipcbench/results/summary",
	"ipcbench/results/catalogue":   "ipcbench/results ipcbench/results/summary ipcbench/results/table ipcbench/internal/facts ipcbench/internal/cpulist ipcbench/internal/quote",
	"ipcbench/results/alike":       "ipcbench/results ipcbench/results/summary ipcbench/results/effect ipcbench/results/table ipcbench/internal/quote",
	"ipcbench/results/answer":      "ipcbench/results ipcbench/results/summary ipcbench/results/effect ipcbench/results/alike",
	"ipcbench/results/profile":     "ipcbench/results ipcbench/results/summary ipcbench/results/table ipcbench/results/effect ipcbench/internal/folder ipcbench/internal/quote github.com/aclements/go-moremath github.com/google/pprof/profile",
	"ipcbench/results/why":         "ipcbench/results ipcbench/results/summary ipcbench/results/table",
	"ipcbench/results/compare": "ipcbench/results ipcbench/results/summary ipcbench/results/effect ipcbench/results/table ipcbench/internal/facts ipcbench/internal/near ipcbench/internal/quote " +
		"github.com/aclements/go-moremath",
	"ipcbench/results/history": "ipcbench/results ipcbench/results/summary ipcbench/results/effect ipcbench/results/compare ipcbench/results/table " +
		"ipcbench/internal/facts ipcbench/internal/quote github.com/aclements/go-moremath",
	"ipcbench/results/fleet": "ipcbench/results ipcbench/results/summary ipcbench/results/effect ipcbench/results/compare ipcbench/results/table ipcbench/internal/facts ipcbench/internal/quote " +
		"github.com/aclements/go-moremath",
	"ipcbench/results/fleet/synthetic": "ipcbench/results",
	"ipcbench/results/experiment":      "ipcbench/results ipcbench/results/effect ipcbench/results/compare ipcbench/results/table ipcbench/internal/folder ipcbench/internal/quote",
	"ipcbench/results/charts": "ipcbench/results ipcbench/results/summary ipcbench/results/effect ipcbench/results/compare ipcbench/results/history ipcbench/results/fleet ipcbench/results/profile " +
		"ipcbench/internal/folder ipcbench/internal/quote ipcbench/results/charts/internal/plot " +
		drawing + " codeberg.org/go-fonts/liberation golang.org/x/image",
	"ipcbench/results/charts/internal/plot": drawing,
	"ipcbench/results/report": "ipcbench/results ipcbench/results/summary ipcbench/results/effect ipcbench/results/table ipcbench/results/export ipcbench/results/alike ipcbench/results/answer " +
		"ipcbench/results/why ipcbench/results/profile ipcbench/results/compare ipcbench/results/history ipcbench/results/fleet ipcbench/results/experiment ipcbench/results/catalogue ipcbench/results/charts ipcbench/results/report/page ipcbench/internal/folder",
	"ipcbench/results/report/page": "ipcbench/results/table",

	"ipcbench/packaging": "",

	"ipcbench/internal/studies": "ipcbench/ github.com/spf13/cobra github.com/montanaflynn/stats",

	"ipcbench/machines":         "",
	"ipcbench/internal/install": "ipcbench/cmd github.com/spf13/cobra github.com/spf13/pflag github.com/cpuguy83/go-md2man/v2",

	"ipcbench/internal/folder":  "",
	"ipcbench/internal/program": "",
	"ipcbench/internal/quote":   "",
	"ipcbench/internal/near":    "github.com/hbollon/go-edlib",

	"ipcbench/internal/facts":   "",
	"ipcbench/internal/cpulist": "",
	"ipcbench/internal/doctor":  "ipcbench/results ipcbench/internal/cpulist ipcbench/internal/program",

	"ipcbench/internal/foreign": "ipcbench/transports",

	"ipcbench/internal/peer":       "ipcbench/transports golang.org/x/sys",
	"ipcbench/internal/shm":        "golang.org/x/sys",
	"ipcbench/internal/uring":      "golang.org/x/sys",
	"ipcbench/internal/host":       "ipcbench/internal/cpulist ipcbench/internal/program golang.org/x/sys",
	"ipcbench/internal/profile":    "ipcbench/internal/host ipcbench/results golang.org/x/sys github.com/google/pprof/profile",
	"ipcbench/internal/lab":        "ipcbench/internal/host ipcbench/internal/program golang.org/x/sys",
	"ipcbench/internal/experiment": "ipcbench/internal/lab ipcbench/internal/vm ipcbench/internal/folder ipcbench/internal/program ipcbench/results ipcbench/results/experiment golang.org/x/sys github.com/pelletier/go-toml/v2 github.com/kballard/go-shellquote",

	"ipcbench/internal/vm": "ipcbench/internal/facts golang.org/x/sys github.com/kballard/go-shellquote",

	"ipcbench/internal/seccomp": "golang.org/x/sys", // for tests
}

// drawing is what charts take of gonum.org/v1/plot, and not the package at its root: that
// one brings each format that it can write, and twelve typefaces that it reads at the start.
const drawing = "gonum.org/v1/plot/vg gonum.org/v1/plot/font gonum.org/v1/plot/text"

// mechanisms is what a transport is made of.
const mechanisms = "ipcbench/transports ipcbench/transports/internal/ golang.org/x/sys"

// mayNotImport is what some may not import of the standard library: a
// transport has no clock, and results come from wherever they were measured.
var mayNotImport = map[string]string{
	"ipcbench/transports":     "time os/exec",
	"ipcbench/transports/":    "time os/exec",
	"ipcbench/internal/shm":   "time os os/exec",
	"ipcbench/internal/uring": "time os os/exec",
	"ipcbench/results":        "os/exec syscall",
	"ipcbench/results/":       "os/exec syscall",
	"ipcbench/internal/facts": "os/exec syscall time",
}

// isForTests is which packages are there to be imported by tests.
var isForTests = map[string]bool{
	"ipcbench/transports/transporttest": true, "ipcbench/transports/internal/pairtest": true,
	"ipcbench/bench/benchtest": true, "ipcbench/results/resultstest": true,
}

func TestImportsFollowTheHouse(t *testing.T) {
	packages := goList(t, "./...")
	for _, p := range packages {
		allowed, known := ruleOf(mayImport, p.ImportPath)
		forbidden, _ := ruleOf(mayNotImport, p.ImportPath)
		if !known {
			t.Errorf("%s is a new package: say in mayImport what it may know", p.ImportPath)
		}
		for _, path := range p.Imports {
			switch {
			case isStandard(path):
				if slices.Contains(strings.Fields(forbidden), path) && !isForTests[p.ImportPath] {
					t.Errorf("%s imports %s and must not", p.ImportPath, path)
				}
				isTesting := path == "testing" || strings.HasPrefix(path, "testing/")
				if isTesting && !isForTests[p.ImportPath] {
					t.Errorf("%s imports %s outside its tests", p.ImportPath, path)
				}
			case !slices.ContainsFunc(strings.Fields(allowed), covers(path)):
				t.Errorf("%s imports %s and may import only %s", p.ImportPath, path, allowed)
			}
		}
	}
}

// TestARunIsReadOnAnyMachine: whatever results are made with, nothing of it
// measures, and only charts bring the means to draw.
func TestARunIsReadOnAnyMachine(t *testing.T) {
	of := func(arg string) (paths []string) {
		for _, p := range goList(t, "-deps", arg) {
			paths = append(paths, p.ImportPath)
		}
		return paths
	}
	measures := func(path string) bool {
		return slices.ContainsFunc([]string{"ipcbench/transports", "ipcbench/bench", "ipcbench/internal/host", "ipcbench/internal/peer", "golang.org/x/sys/unix"},
			func(word string) bool { return path == word || strings.HasPrefix(path, word+"/") })
	}
	for _, p := range goList(t, "./results/...") {
		for _, path := range of(p.ImportPath) {
			draws := strings.HasPrefix(path, "gonum.org/v1/plot")
			if measures(path) || draws && !strings.HasPrefix(p.ImportPath, "ipcbench/results/charts") && p.ImportPath != "ipcbench/results/report" {
				t.Errorf("%s needs %s", p.ImportPath, path)
			}
		}
	}
}

// ruleOf returns what rules has for the package at path, or else for the nearest
// folder around it.
func ruleOf(rules map[string]string, importPath string) (rule string, known bool) {
	rule, known = rules[importPath]
	for dir := path.Dir(importPath); !known && dir != "."; dir = path.Dir(dir) {
		rule, known = rules[dir+"/"]
	}
	return rule, known
}

// covers reports whether a word of mayImport allows path: a package of this
// module by its name, all packages below a folder by its name and a slash,
// another module with all its packages.
func covers(path string) func(string) bool {
	return func(word string) bool {
		inside := !strings.HasPrefix(word, "ipcbench/") && strings.HasPrefix(path, word+"/")
		return path == word || inside || strings.HasSuffix(word, "/") && strings.HasPrefix(path, word)
	}
}

func isStandard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return first != "ipcbench" && !strings.Contains(first, ".")
}

func TestEveryModuleInTheBinaryIsCredited(t *testing.T) {
	credits, err := os.ReadFile("../THIRD_PARTY.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range goList(t, "-deps", "./cmd/ipcbench") {
		if m := p.Module; m != nil && !m.Main && !bytes.Contains(credits, []byte("| "+m.Path+" |")) {
			t.Errorf("THIRD_PARTY.md does not list %s, of which %s is in the binary", m.Path, p.ImportPath)
		}
	}
}

type goPackage struct {
	ImportPath string
	Imports    []string
	Module     *struct {
		Path string
		Main bool
	}
}

func goList(t *testing.T, args ...string) []goPackage {
	t.Helper()
	list := exec.Command("go", append([]string{"list", "-json=ImportPath,Imports,Module"}, args...)...)
	list.Dir = ".."
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []goPackage
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

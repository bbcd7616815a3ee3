package vm

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A place is a machine that we do not have, on which transports pass their suite all the
// same: one that keeps loads and stores in another order than this one, or the bytes of a
// word, or has another kernel.
type place struct {
	name string
	arch string
	env  string // names the kernel's package; "": this machine's kernel, in user mode
}

var places = []place{
	{"amd64-6.1", "amd64", kernelEnv["amd64"]},
	{"amd64-6.12", "amd64", "VM_TEST_KERNEL_NEWER"},
	{"arm64", "arm64", kernelEnv["arm64"]},
	{"s390x", "s390x", kernelEnv["s390x"]},
	{"riscv64", "riscv64", ""},
	{"ppc64le", "ppc64le", ""},
	{"loong64", "loong64", ""},
}

// inQEMU is what QEMU calls an architecture, where Go calls it otherwise.
var inQEMU = map[string]string{"loong64": "loongarch64"}

// suiteEnv is which form of the suite runs there, if any does. A process takes a second to
// start on an emulated machine, and there are two in a case.
const suiteEnv = "VM_TEST_SUITE"

var forms = map[string][]string{
	"brief": {"-test.short", "-test.run=^TestConformance$/./^[^:]*$/^(every|one)"}, // one case, each transport as it is
	"short": {"-test.short", "-test.run=^TestConformance$"},                        // and one case with each value of each option
	"whole": {"-test.run=^TestConformance$"},
}

var update = flag.Bool("update", false, "keep what came of the suite on other machines in results/trials")

// TestConformanceElsewhere has the suite run in every place that can be had here.
func TestConformanceElsewhere(t *testing.T) {
	form := os.Getenv(suiteEnv)
	if form == "" {
		t.Skip("takes a minute, or hours: .ci/emulated, make emulated")
	}
	words := append([]string{"-test.v=test2json", "-test.timeout=7h", "-slow=20"}, forms[form]...)
	if forms[form] == nil {
		t.Fatalf("%s=%s: choose among %v", suiteEnv, form, slices.Sorted(maps.Keys(forms)))
	}
	t.Cleanup(func() { // when all have ended
		if *update && !t.Failed() {
			if err := os.WriteFile(trials+".md", tabulate(t), 0o644); err != nil {
				t.Error(err)
			}
		}
	})
	for _, p := range places {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			said, v := p.run(t, words)
			v.Form, v.Date = form, time.Now().UTC().Format(time.DateOnly)
			specs := heard(t, said)
			passed, missing := count(specs)
			t.Logf("%d cases passed; %d of %d specs cannot be had there", passed, missing, len(specs))
			if passed == 0 {
				t.Errorf("nothing passed: %s", said)
			}
			if *update {
				keep(t, p.name, v, specs)
			}
		})
	}
}

// run runs the suite, and returns what it said and where that was.
func (p place) run(t *testing.T, words []string) ([]byte, visit) {
	if p.env == "" {
		return p.runHere(t, words)
	}
	m := Machine{Kernel: kernelNamed(t, p.arch, p.env), Arch: p.arch, Limit: 8 * time.Hour}
	if filepath.Ext(m.Kernel) == ".deb" {
		m.Modules = []string{"vsock_loopback"} // as modprobe loads it when it is asked for
	}
	m.Binary = built(t, p.arch, "build", "ipcbench/cmd/ipcbench")
	m.Program = built(t, p.arch, "test", "-c", "ipcbench/transports")
	out := t.TempDir()
	err := Boot(t.Context(), m, words, out)
	said, _ := os.ReadFile(filepath.Join(out, Said))
	if err != nil {
		t.Fatalf("%v\n%s", err, failures(said))
	}
	release, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(m.Kernel), "linux-image-"), "_")
	return said, visit{Kernel: release, Emulator: version(architectures[p.arch].program)}
}

// runHere runs it by this machine's kernel, in QEMU's user mode.
func (p place) runHere(t *testing.T, words []string) ([]byte, visit) {
	emulated := cmp.Or(inQEMU[p.arch], p.arch)
	program := "qemu-" + emulated + "-static"
	if _, err := installed(program, "qemu-user-static"); err != nil {
		t.Skip(err)
	}
	if os.Geteuid() != 0 {
		t.Skip("needs root, to tell the kernel what runs a binary of " + p.arch)
	}
	said, err := exec.Command("../../.ci/usermode", append([]string{p.arch, emulated}, words...)...).Output()
	if err != nil {
		var exit *exec.ExitError
		errors.As(err, &exit)
		t.Fatalf("%v: %s\n%s", err, exit.Stderr, failures(said))
	}
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		t.Fatal(err)
	}
	release, _, _ := strings.Cut(unix.ByteSliceToString(name.Release[:]), "-")
	return said, visit{Kernel: "the host's, " + release, Emulator: version(program)}
}

// version is what a program of QEMU says that it is.
func version(program string) string {
	said, _ := exec.Command(program, "--version").Output()
	line, _, _ := strings.Cut(string(said), "\n")
	name, number, _ := strings.Cut(line, " version ")
	number, _, _ = strings.Cut(number, " ")
	return strings.TrimSpace(name + " " + number)
}

// failures are the lines of a test that say what went wrong.
func failures(said []byte) string {
	var lines []string
	for line := range strings.Lines(string(said)) {
		if !strings.Contains(line, "=== ") && !strings.Contains(line, "--- PASS") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// A visit is when the suite ran in a place, and by what.
type visit struct {
	Kernel   string `json:"kernel"`
	Emulator string `json:"emulator"`
	Form     string `json:"form"`
	Date     string `json:"date"`
}

// A specOutcome is what came of one spec.
type specOutcome struct {
	Spec   string `json:"spec"`
	Passed int    `json:"passed,omitempty"` // cases
	Reason string `json:"reason,omitempty"` // why it cannot be had there
}

func (s specOutcome) transport() string {
	name, _, _ := strings.Cut(s.Spec, ":")
	return name
}

var reasonLine = regexp.MustCompile(`^ *\w+\.go:\d+: (.*)`)

// ownDirectory is one that a test has made for itself.
var ownDirectory = regexp.MustCompile(`/\S*/TestConformance[^ :]*`)

// heard reads what a test said, in the order of its specs.
func heard(t *testing.T, said []byte) []specOutcome {
	t.Helper()
	convert := exec.Command("go", "tool", "test2json")
	convert.Stdin = bytes.NewReader(said)
	events, err := convert.Output()
	if err != nil {
		t.Fatal(err)
	}
	var specs []specOutcome
	last := map[string]string{}
	for decoder := json.NewDecoder(bytes.NewReader(events)); ; {
		var e struct{ Action, Test, Output string }
		if err := decoder.Decode(&e); errors.Is(err, io.EOF) {
			return specs
		} else if err != nil {
			t.Fatal(err)
		}
		names := strings.Split(e.Test, "/")
		if len(names) < 3 || names[2] == "info" {
			continue
		}
		i := slices.IndexFunc(specs, func(s specOutcome) bool { return s.Spec == names[2] })
		if i < 0 {
			i = len(specs)
			specs = append(specs, specOutcome{Spec: names[2]})
		}
		switch {
		case e.Action == "output":
			if found := reasonLine.FindStringSubmatch(e.Output); found != nil {
				last[e.Test] = ownDirectory.ReplaceAllString(strings.TrimSpace(found[1]), "its directory")
			}
		case e.Action == "skip":
			specs[i].Reason = last[e.Test]
		case e.Action == "pass" && len(names) == 4:
			specs[i].Passed++
		}
	}
}

// count returns how many cases passed, and how many specs cannot be had.
func count(specs []specOutcome) (passed, missing int) {
	for _, s := range specs {
		passed += s.Passed
		if s.Reason != "" {
			missing++
		}
	}
	return passed, missing
}

// trials is where outcomes are kept, a file for each place, and beside it their table.
const trials = "../../results/trials/elsewhere"

func keep(t *testing.T, name string, v visit, specs []specOutcome) {
	t.Helper()
	var lines bytes.Buffer
	out := json.NewEncoder(&lines)
	out.SetEscapeHTML(false)
	err := out.Encode(v)
	for _, s := range specs {
		err = errors.Join(err, out.Encode(s))
	}
	if err := errors.Join(err, os.MkdirAll(trials, 0o755), os.WriteFile(filepath.Join(trials, name+".jsonl"), lines.Bytes(), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// kept reads it again; there may be none.
func kept(t *testing.T, name string) (v visit, specs []specOutcome) {
	t.Helper()
	file, err := os.Open(filepath.Join(trials, name+".jsonl"))
	if errors.Is(err, os.ErrNotExist) {
		return v, nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	in := json.NewDecoder(file)
	err = in.Decode(&v)
	for err == nil {
		var s specOutcome
		if err = in.Decode(&s); err == nil {
			specs = append(specs, s)
		}
	}
	if !errors.Is(err, io.EOF) {
		t.Fatalf("%s: %v", file.Name(), err)
	}
	return v, specs
}

// tabulate makes the table of all that is kept.
func tabulate(t *testing.T) []byte {
	t.Helper()
	var here []string
	found := map[string][]specOutcome{}
	var transports []string
	var text strings.Builder
	text.WriteString("# The conformance suite on other machines\n\n" +
		"`make emulated` makes this, or `make emulated SUITE=short`; [elsewhere](elsewhere) has every spec. The\n" +
		"form *whole* is every case with every value of every option; *short* is every case of a transport as\n" +
		"it is, and one with each value; *brief* is one case of a transport as it is. Nothing failed: where\n" +
		"something does, nothing is written.\n\n" +
		"| machine | Linux | emulated by | form | on | cases passed | specs run | specs not to be had |\n" +
		"| --- | --- | --- | --- | --- | ---: | ---: | ---: |\n")
	for _, p := range places {
		v, specs := kept(t, p.name)
		if specs == nil {
			continue
		}
		here, found[p.name] = append(here, p.name), specs
		passed, missing := count(specs)
		fmt.Fprintf(&text, "| %s | %s | %s | %s | %s | %d | %d | %d |\n", p.name, v.Kernel, v.Emulator, v.Form, v.Date, passed, len(specs)-missing, missing)
		for _, s := range specs {
			if !slices.Contains(transports, s.transport()) {
				transports = append(transports, s.transport())
			}
		}
	}
	text.WriteString("\n## Which transports run\n\nOf each that was tried with options, with how many of their values.\n\n")
	fmt.Fprintf(&text, "| transport | %s |\n| --- |%s\n", strings.Join(here, " | "), strings.Repeat(" --- |", len(here)))
	for _, name := range transports {
		fmt.Fprintf(&text, "| %s |", name)
		for _, at := range here {
			fmt.Fprintf(&text, " %s |", share(found[at], name))
		}
		text.WriteString("\n")
	}
	text.WriteString("\n## What does not, and why\n\n| reason | machine | specs |\n| --- | --- | --- |\n")
	for _, at := range here {
		for _, reason := range reasons(found[at]) {
			var specs []string
			for _, s := range found[at] {
				if s.Reason == reason {
					specs = append(specs, s.Spec)
				}
			}
			fmt.Fprintf(&text, "| %s | %s | %s |\n", strings.ReplaceAll(reason, "|", `\|`), at, strings.Join(specs, ", "))
		}
	}
	return []byte(text.String())
}

// share is how many of a transport's specs run, in words.
func share(specs []specOutcome, transport string) string {
	all, run := 0, 0
	for _, s := range specs {
		if s.transport() == transport {
			all++
			if s.Reason == "" {
				run++
			}
		}
	}
	switch {
	case run == 0:
		return "no"
	case all == 1:
		return "yes"
	case run == all:
		return fmt.Sprintf("all %d", all)
	}
	return fmt.Sprintf("%d of %d", run, all)
}

// reasons are those of the specs that cannot be had, each once.
func reasons(specs []specOutcome) []string {
	var all []string
	for _, s := range specs {
		if s.Reason != "" && !slices.Contains(all, s.Reason) {
			all = append(all, s.Reason)
		}
	}
	return all
}

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// The test binary is the program where it is asked to be.
func TestMain(m *testing.M) {
	if os.Getenv("BE_THE_PROGRAM") != "" {
		main()
	}
	os.Exit(m.Run())
}

// TestItGoesByItsName: whatever it says to type is what was typed.
func TestItGoesByItsName(t *testing.T) {
	other := regexp.MustCompile(`\bipcbench( [a-z]|:| COMMAND)`)
	experiment := filepath.Join(t.TempDir(), "twice.toml")
	if err := os.WriteFile(experiment, []byte(twice), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{"--help", "--version", "run --help", "compare --help", "experiment", "experiment --example", "experiment " + experiment + " --dry-run", "completion bash", "completion zsh", "completion fish", "run nothing"} {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		program := exec.Command(self, strings.Fields(args)...)
		program.Env = append(os.Environ(), "BE_THE_PROGRAM=yes")
		out, _ := program.CombinedOutput() // some end with what they could not do
		if !strings.Contains(string(out), "ipcbench-contrib") || other.Match(out) {
			t.Errorf("%s: it says %q: %s", args, other.Find(out), out)
		}
	}
}

// twice is an experiment that changes nothing.
const twice = `
question = "Is it the same again?"
run = "netrpc -w latency -s 64 -p free -n 1 --messages 50"
rounds = 1

[[variant]]
name = "once"

[[variant]]
name = "again"
run = "--label time=second"
`

// TestARemedyGoesByItsName: what a command of another program carries out is this program.
func TestARemedyGoesByItsName(t *testing.T) {
	taskset, err := exec.LookPath("taskset")
	if err != nil || runtime.NumCPU() < 2 {
		t.Skip("there is no taskset (util-linux), or it has nothing to choose from")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bound := exec.Command(taskset, "-c", "0", self, "doctor", "--json")
	bound.Env = append(os.Environ(), "BE_THE_PROGRAM=yes")
	if out, err := bound.CombinedOutput(); err != nil || !strings.Contains(string(out), " ipcbench-contrib run") {
		t.Errorf("no remedy says how to run it on more CPUs: %v: %s", err, out)
	}
}

// TestTheAnswerHasOurTransports: a run ends with what it comes to, for those of this module
// as for the core's, and with what to type next; its page says so too, whoever makes it.
func TestTheAnswerHasOurTransports(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	program := exec.Command(self, "run", "-q", "-w", "latency", "-s", "64", "-p", "free", "-n", "1", "--messages", "50", "-o", dir, "--name", "small", "pipe", "netrpc")
	program.Env = append(os.Environ(), "BE_THE_PROGRAM=yes")
	out, err := program.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	_, answer, _ := strings.Cut(string(out), "How should two processes")
	for _, word := range []string{"sleeping", "pipe", "netrpc", "ipcbench-contrib run"} {
		if !strings.Contains(answer, word) {
			t.Errorf("the answer has no %q: %s", word, answer)
		}
	}
	page, err := os.ReadFile(filepath.Join(dir, "small", "report.html"))
	if err != nil || regexp.MustCompile(`\bipcbench run`).Match(page) {
		t.Errorf("the page calls this program by another name: %v", err)
	}
}

// TestItHasOurTransportsAndTheCores: both are words of it.
func TestItHasOurTransportsAndTheCores(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := exec.Command(self, "run", "--dry-run", "-w", "latency", "-s", "64", "pipe", "grpc")
	program.Env = append(os.Environ(), "BE_THE_PROGRAM=yes")
	if out, err := program.CombinedOutput(); err != nil || !strings.Contains(string(out), "grpc") || !strings.Contains(string(out), "pipe") {
		t.Errorf("%v: %s", err, out)
	}
}

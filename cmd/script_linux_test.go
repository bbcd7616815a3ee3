package cmd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"ipcbench/internal/host"
	"ipcbench/internal/seccomp"
	"ipcbench/results"
)

// TestMain lets this binary be the command, for the scripts, and the workers
// that the command starts.
func TestMain(m *testing.M) {
	if dir, err := os.Getwd(); err == nil { // each script is alone on the machine, whatever else is tested
		host.ClaimName = filepath.Base(filepath.Dir(dir)) + "-" + filepath.Base(dir) + "-"
	}
	becomePrivate()
	becomeWorker()
	seccomp.Launch()
	if os.Getenv(commandEnv) != "" {
		Main()
	}
	testscript.Main(m, map[string]func(){"ipcbench": func() { Main() }})
}

// TestScripts runs every script in testdata; each begins with why it is there.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Condition:           scriptCondition,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"status":      scriptStatus,
			"interrupted": scriptInterrupted,
			"killed":      scriptKilled,
			"floors":      scriptFloors,
			"oneline":     scriptOneLine,
			"screenful":   scriptScreenful,
			"lines":       scriptLines,
			"header":      scriptHeader,
			"rundir":      scriptRunDir,
			"cutshort":    scriptCutShort,
			"empty":       scriptEmpty,
			"processes":   scriptProcesses,
			"liststock":   scriptListStock,
			"findings":    scriptFindings,
			"foreign":     scriptForeign,
			"nobody":      scriptNobody,
		},
	})
}

// scriptCondition knows whether this process has a pair of CPUs, and whether it may
// mount in a namespace of its own and so hide one of them:
//
//	[!mounts] skip
func scriptCondition(condition string) (bool, error) {
	switch condition {
	case "pair":
		return runtime.NumCPU() > 1, nil
	case "mounts":
	default:
		return false, fmt.Errorf("there is no condition %q", condition)
	}
	return runtime.NumCPU() > 1 && exec.Command("unshare", "--mount", "mount", "-t", "tmpfs", "none", "/sys/devices/system/cpu").Run() == nil, nil
}

// scriptStatus runs a command that exits with just that status:
//
//	status 2 ipcbench rum
func scriptStatus(ts *testscript.TestScript, _ bool, args []string) {
	want := number(ts, args[0])
	if got := exitCode(ts.Exec(args[1], args[2:]...)); got != want {
		ts.Fatalf("exit status %d, not %d", got, want)
	}
}

// scriptInterrupted starts a command, sends it SIGINT once a file that matches
// a pattern has something in it, and wants it to exit with 130. What it wrote
// is in the files out and err:
//
//	interrupted 'results/*/launches.jsonl' ipcbench run
func scriptInterrupted(ts *testscript.TestScript, _ bool, args []string) {
	// Twice, as timeout(1) does: the second must not cut the reports short.
	if got := exitCode(signalled(ts, args, syscall.SIGINT, syscall.SIGINT)); got != statusInterrupted {
		ts.Fatalf("exit status %d, not %d: %s", got, statusInterrupted, ts.ReadFile("err"))
	}
}

// scriptKilled likewise sends a command SIGKILL.
func scriptKilled(ts *testscript.TestScript, _ bool, args []string) {
	signalled(ts, args, syscall.SIGKILL)
}

// signalled starts a command, sends it signals once a file that matches a
// pattern has something in it, and returns how it ended.
func signalled(ts *testscript.TestScript, args []string, signals ...syscall.Signal) error {
	cmd := exec.Command(args[1], args[2:]...)
	cmd.Dir = ts.Getenv("WORK")
	cmd.Env = append(os.Environ(), "TMPDIR="+ts.Getenv("TMPDIR"))
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	ts.Check(cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for deadline := time.Now().Add(time.Minute); !written(ts.MkAbs(args[0])); time.Sleep(time.Millisecond) {
		if len(ended) > 0 || time.Now().After(deadline) {
			cmd.Process.Kill()
			ts.Fatalf("nothing was written to %s: %s", args[0], stderr.String())
		}
	}
	for i, signal := range signals {
		if err := cmd.Process.Signal(signal); i == 0 {
			ts.Check(err)
		}
	}
	err := <-ended
	ts.Check(os.WriteFile(ts.MkAbs("out"), stdout.Bytes(), 0o644))
	ts.Check(os.WriteFile(ts.MkAbs("err"), stderr.Bytes(), 0o644))
	return err
}

// scriptFloors wants the floors of the run directory in RUN to have been taken
// at these times, seen from its launches:
//
//	floors before between after
func scriptFloors(ts *testscript.TestScript, _ bool, args []string) {
	run, launches, _, err := results.Open(ts.Getenv("RUN"))
	ts.Check(err)
	first, last := launches[0].Started, launches[len(launches)-1].Started
	for _, floor := range run.Floors {
		taken := map[string]bool{}
		for _, sample := range floor.Samples {
			switch {
			case sample.At.Before(first):
				taken["before"] = true
			case sample.At.After(last):
				taken["after"] = true
			default:
				taken["between"] = true
			}
		}
		for _, when := range args {
			if !taken[when] {
				ts.Fatalf("%s was not taken %s the launches: %v", floor.What(), when, floor.Samples)
			}
		}
	}
	if len(run.Floors) == 0 {
		ts.Fatalf("no floor was taken")
	}
}

func written(pattern string) bool {
	paths, _ := filepath.Glob(pattern)
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			return true
		}
	}
	return false
}

// exitCode returns the exit status in an error of os/exec; -1 stands for a
// signal.
func exitCode(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return 0
}

func scriptOneLine(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	if strings.Count(text, "\n") != 1 || !strings.HasPrefix(text, "ipcbench: ") {
		ts.Fatalf("not one line from ipcbench: %q", text)
	}
}

func scriptScreenful(ts *testscript.TestScript, _ bool, args []string) {
	lines := strings.Split(strings.TrimSuffix(ts.ReadFile(args[0]), "\n"), "\n")
	if len(lines) > 24 {
		ts.Fatalf("%d lines do not fit on a screen of 24", len(lines))
	}
	for _, line := range lines {
		if len(line) > 80 {
			ts.Fatalf("%q does not fit in 80 columns", line)
		}
	}
}

func scriptLines(ts *testscript.TestScript, _ bool, args []string) {
	if got, want := strings.Count(ts.ReadFile(args[0]), "\n"), number(ts, args[1]); got != want {
		ts.Fatalf("%s has %d lines, not %d", args[0], got, want)
	}
}

func scriptHeader(ts *testscript.TestScript, _ bool, args []string) {
	if got, _, _ := strings.Cut(ts.ReadFile(args[0]), "\n"); got != args[1] {
		ts.Fatalf("%s begins with\n%s\nand not\n%s", args[0], got, args[1])
	}
}

// scriptRunDir sets RUN to the one run directory in a directory.
func scriptRunDir(ts *testscript.TestScript, _ bool, args []string) {
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(entries) != 1 {
		ts.Fatalf("%d run directories in %s", len(entries), args[0])
	}
	ts.Setenv("RUN", filepath.Join(ts.MkAbs(args[0]), entries[0].Name()))
}

// scriptCutShort takes some bytes off the end of a file, as a crash may.
func scriptCutShort(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	ts.Check(os.Truncate(path, int64(len(ts.ReadFile(path))-number(ts, args[1]))))
}

// nobody is the user of scriptForeign and scriptNobody; see user_namespaces(7).
const nobody = 65534

// scriptForeign makes a directory nobody's, where we may.
func scriptForeign(ts *testscript.TestScript, _ bool, args []string) {
	if os.Getuid() == 0 {
		ts.Check(os.Chown(ts.MkAbs(args[0]), nobody, nobody))
	}
}

// scriptNobody runs a command as that user or, where we may not, as ourselves.
func scriptNobody(ts *testscript.TestScript, _ bool, args []string) {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = ts.Getenv("WORK")
	if os.Getuid() == 0 {
		// Else it cannot pass the directories above.
		for dir := cmd.Dir; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
			ts.Check(os.Chmod(dir, 0o755))
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		ts.Fatalf("%v: %s", err, out)
	}
}

func scriptEmpty(ts *testscript.TestScript, _ bool, args []string) {
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(entries) != 0 {
		ts.Fatalf("%s has %v in it", args[0], entries)
	}
}

// scriptProcesses wants the lines of the demonstration to be from so many
// processes: each begins with a side and a process number.
func scriptProcesses(ts *testscript.TestScript, _ bool, args []string) {
	processes := map[string]bool{}
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		processes[strings.Join(strings.Fields(line)[:2], " ")] = true
	}
	if len(processes) != number(ts, args[0]) {
		ts.Fatalf("the lines are from %v", processes)
	}
}

// scriptListStock wants the documented fields in the JSON on stdout.
func scriptListStock(ts *testscript.TestScript, _ bool, _ []string) {
	var stock map[string][]map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &stock))
	fields := map[string][]string{
		"transports": {"name", "doc", "kind", "available", "reason", "max_size", "options"},
		"workloads":  {"name"},
		"placements": {"name", "cpus", "available", "reason"},
	}
	for list, names := range fields {
		if len(stock[list]) == 0 {
			ts.Fatalf("no %s", list)
		}
		for _, item := range stock[list] {
			for _, name := range names {
				if value, has := item[name]; !has || value == nil {
					ts.Fatalf("%s: %v has no %s", list, item, name)
				}
			}
		}
	}
	for _, transport := range stock["transports"] {
		for _, option := range transport["options"].([]any) {
			if values := option.(map[string]any)["values"].([]any); len(values) < 1 {
				ts.Fatalf("%v has no values", option)
			}
		}
	}
}

func number(ts *testscript.TestScript, text string) int {
	n, err := strconv.Atoi(text)
	ts.Check(err)
	return n
}

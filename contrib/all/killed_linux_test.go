package all_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ipcbench/transports"
	"ipcbench/transports/transporttest"
)

// TestNothingSurvivesTheDriver kills ipcbench-contrib with SIGKILL while its workers exchange
// messages, over every transport of this module in turn, and looks for what is left: a
// process of whatever parent, a name, a socket.
func TestNothingSurvivesTheDriver(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "ipcbench-contrib")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", binary, "../cmd/ipcbench-contrib")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", build, err, out)
	}
	for _, tr := range ours() {
		t.Run(tr.Info().Name, func(t *testing.T) {
			specs := transporttest.Specs(tr)
			if testing.Short() {
				specs = specs[:1]
			}
			for _, spec := range specs {
				spec.Dir, spec.Size = os.TempDir(), 64
				if err := tr.Probe(spec); errors.Is(err, errors.ErrUnsupported) {
					t.Logf("%s: %v", spec, err)
					continue
				}
				t.Run(spec.String(), func(t *testing.T) { killMidRun(t, binary, spec) })
			}
		})
	}
}

// killMidRun kills the driver of a run of spec, once its ends are at work.
func killMidRun(t *testing.T, binary string, spec transports.Spec) {
	dir := t.TempDir()
	out := t.TempDir()
	names := func() []string { return transporttest.Names(dir) }
	before := names()

	mark := "TMPDIR=" + dir
	driver := exec.Command(binary, "run", "-q", "-w", "latency", "-s", "64", "-n", "1", "--time", "1h", "--timeout", "2h", "-p", "free", "-o", out, spec.String())
	driver.Env = append(os.Environ(), mark)
	var said bytes.Buffer
	driver.Stdout, driver.Stderr = &said, &said
	if err := driver.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- driver.Wait() }()

	ends := 2
	if spec.Caps().Has(transports.OneProcess) {
		ends = 1
	}
	others := func() []int { // than the driver, which looks around
		return slices.DeleteFunc(transporttest.Marked(mark), func(pid int) bool { return pid == driver.Process.Pid })
	}
	if !transporttest.Within(60*time.Second, func() bool { return len(transporttest.Busy(others(), 200*time.Millisecond)) >= ends || len(ended) > 0 }) || len(ended) > 0 {
		t.Error("the ends do not exchange messages")
	}
	family := append(transporttest.Marked(mark), descendants(driver.Process.Pid)...)
	sockets := inodes(family)
	driver.Process.Kill()
	<-ended
	if t.Failed() {
		t.Logf("the driver said:\n%s", said.String())
	}

	remaining := func() []int { return append(transporttest.Marked(mark), alive(family)...) }
	if !transporttest.Within(10*time.Second, func() bool { return len(remaining()) == 0 }) {
		for _, pid := range remaining() {
			name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
			t.Errorf("process %d outlives its driver: %q", pid, name)
			unix.Kill(pid, unix.SIGKILL)
		}
	}
	for _, left := range staying(before, names) {
		t.Errorf("it left %s", left)
	}
	for _, left := range staying(nil, func() []string { return existing(sockets) }) {
		t.Errorf("it left %s", left)
	}
}

// staying returns what is in list and was not before, and does not go away: what other tests
// make on this machine meanwhile does.
func staying(before []string, list func() []string) []string {
	left := list()
	transporttest.Within(30*time.Second, func() bool {
		now := list()
		left = slices.DeleteFunc(left, func(name string) bool {
			return slices.Contains(before, name) || !slices.Contains(now, name)
		})
		return len(left) == 0
	})
	return left
}

// descendants returns the children of pid, and theirs: also those that have another
// environment.
func descendants(pid int) []int {
	var all []int
	tables, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, table := range tables {
		text, _ := os.ReadFile(table)
		for child := range strings.FieldsSeq(string(text)) {
			pid, _ := strconv.Atoi(child)
			all = append(append(all, pid), descendants(pid)...)
		}
	}
	return all
}

// alive returns those of pids that have not ended. One that nobody has waited for has.
func alive(pids []int) []int {
	return slices.DeleteFunc(slices.Clone(pids), func(pid int) bool {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		_, state, _ := strings.Cut(string(text), ") ")
		return err != nil || strings.HasPrefix(state, "Z")
	})
}

// inodes returns the sockets that pids have, by their numbers.
func inodes(pids []int) map[string]bool {
	all := map[string]bool{}
	for _, pid := range pids {
		descriptors, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		for _, name := range descriptors {
			target, _ := os.Readlink(name)
			if number, is := strings.CutPrefix(target, "socket:["); is {
				all[strings.TrimSuffix(number, "]")] = true
			}
		}
	}
	return all
}

// tables are those of the sockets that there are, with the column of the number. See proc(5).
var tables = map[string]int{"tcp": 9, "tcp6": 9, "udp": 9, "udp6": 9, "unix": 6}

// existing returns those of sockets that somebody still has.
func existing(sockets map[string]bool) []string {
	var all []string
	for table, column := range tables {
		text, _ := os.ReadFile("/proc/self/net/" + table)
		for line := range strings.Lines(string(text)) {
			if fields := strings.Fields(line); len(fields) > column && sockets[fields[column]] {
				all = append(all, "a socket of "+table+": "+strings.Join(fields, " "))
			}
		}
	}
	return all
}

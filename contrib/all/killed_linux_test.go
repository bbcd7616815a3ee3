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
	if !within(60*time.Second, func() bool { return len(busy(marked(mark), driver.Process.Pid)) >= ends || len(ended) > 0 }) || len(ended) > 0 {
		t.Error("the ends do not exchange messages")
	}
	family := append(marked(mark), descendants(driver.Process.Pid)...)
	sockets := inodes(family)
	driver.Process.Kill()
	<-ended
	if t.Failed() {
		t.Logf("the driver said:\n%s", said.String())
	}

	remaining := func() []int { return append(marked(mark), alive(family)...) }
	if !within(10*time.Second, func() bool { return len(remaining()) == 0 }) {
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

// within polls until is says yes, and whether it did in time.
func within(most time.Duration, is func() bool) bool {
	for end := time.Now().Add(most); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if is() {
			return true
		}
	}
	return false
}

// staying returns what is in list and was not before, and does not go away: what other tests
// make on this machine meanwhile does.
func staying(before []string, list func() []string) []string {
	left := list()
	within(30*time.Second, func() bool {
		now := list()
		left = slices.DeleteFunc(left, func(name string) bool {
			return slices.Contains(before, name) || !slices.Contains(now, name)
		})
		return len(left) == 0
	})
	return left
}

// marked returns the processes, of whatever parent, that have mark in their environment. One
// that has ended has none.
func marked(mark string) []int {
	var found []int
	tables, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, table := range tables {
		text, _ := os.ReadFile(table)
		if slices.Contains(strings.Split(string(text), "\x00"), mark) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(table)))
			found = append(found, pid)
		}
	}
	return found
}

// busy returns those of pids that have used more CPU time than it takes to start a worker
// and to look around, the driver left out.
func busy(pids []int, driver int) []int {
	return slices.DeleteFunc(pids, func(pid int) bool {
		var ran time.Duration // nanoseconds, by the first number of a schedstat
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
		for _, thread := range threads {
			text, _ := os.ReadFile(thread)
			var ns time.Duration
			fmt.Sscan(string(text), &ns)
			ran += ns
		}
		return pid == driver || ran < 200*time.Millisecond
	})
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

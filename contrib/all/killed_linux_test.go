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
// process of whatever parent, a name, a port.
func TestNothingSurvivesTheDriver(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "ipcbench-contrib")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", binary, "../cmd/ipcbench-contrib")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", build, err, out)
	}
	for _, tr := range ours() {
		t.Run(tr.Info().Name, func(t *testing.T) {
			for _, spec := range transporttest.Specs(tr) {
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
	left := func() []string { return slices.Concat(transporttest.Names(dir), listening()) }
	before := left()

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
	driver.Process.Kill()
	<-ended
	if t.Failed() {
		t.Logf("the driver said:\n%s", said.String())
	}

	if !within(10*time.Second, func() bool { return len(marked(mark)) == 0 }) {
		for _, pid := range marked(mark) {
			name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
			t.Errorf("process %d outlives its driver: %q", pid, name)
			unix.Kill(pid, unix.SIGKILL)
		}
	}
	if err := transporttest.Leaked(before, left); err != nil {
		t.Error(err)
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

// listening returns what listens in this network namespace: of TCP, and of Unix sockets with
// a name. See proc(5).
func listening() []string {
	var all []string
	each := func(table string, is func(fields []string) bool) {
		text, _ := os.ReadFile(table)
		for line := range strings.Lines(string(text)) {
			if fields := strings.Fields(line); is(fields) {
				all = append(all, table+": "+strings.Join(fields[:min(8, len(fields))], " "))
			}
		}
	}
	listens := func(fields []string) bool { return len(fields) > 3 && fields[3] == "0A" }
	each("/proc/self/net/tcp", listens)
	each("/proc/self/net/tcp6", listens)
	each("/proc/self/net/unix", func(fields []string) bool { return len(fields) > 7 && fields[3] == "00010000" })
	return all
}

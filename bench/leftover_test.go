package bench_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ipcbench/internal/peer"
	"ipcbench/results"
	"ipcbench/transports/transporttest"
)

// TestWhatAWorkerLeavesIsKilled: a process that a transport starts in a worker, and
// that holds on to all that the worker had, neither outlives the launch nor holds
// it up.
func TestWhatAWorkerLeavesIsKilled(t *testing.T) {
	mark := "IPCBENCH_TEST_MARK=" + t.TempDir()
	for _, spec := range []string{"leaves", "leavesafar"} {
		for _, l := range runDriver(t, "adopts", spec, nil, mark) {
			if l.Status != results.OK {
				t.Errorf("%s: launch %d is %s: %s", spec, l.Launch, l.Status, l.Reason)
			}
		}
		if left := transporttest.Marked(mark); len(left) > 0 {
			t.Errorf("%s: processes %v are left", spec, left)
			for _, pid := range left {
				unix.Kill(pid, unix.SIGKILL)
			}
		}
	}
}

// TestAWorkersGroupEndsWithIt also where the driver adopts nobody, as in a program
// that has children of its own.
func TestAWorkersGroupEndsWithIt(t *testing.T) {
	name, value := "IPCBENCH_TEST_MARK", t.TempDir()
	t.Setenv(name, value)
	for _, l := range measure(t, smallPlan(t, "leaves")) {
		if l.Status != results.OK {
			t.Errorf("launch %d is %s: %s", l.Launch, l.Status, l.Reason)
		}
	}
	if !transporttest.Within(10*time.Second, func() bool { return len(transporttest.Marked(name+"="+value)) == 0 }) {
		t.Errorf("processes %v are left", transporttest.Marked(name+"="+value))
	}
}

// TestTheDriverOutlivesALimitOfProcesses that others reach in the middle of a run:
// launches fail and say why.
func TestTheDriverOutlivesALimitOfProcesses(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can start a driver of a user whose processes are counted")
	}
	credential := &syscall.Credential{Uid: nobody, Gid: nobody}
	launches := runDriver(t, "starves", "pipe", credential)
	if len(launches) != 4 || launches[0].Status != results.OK {
		t.Fatalf("%d launches of 4, the first: %+v", len(launches), launches[:min(1, len(launches))])
	}
	for _, l := range launches[1:] {
		if l.Status != results.Failed || !strings.Contains(l.Reason, "raise the limit of processes (ulimit -u") {
			t.Errorf("launch %d is %s: %s", l.Launch, l.Status, l.Reason)
		}
	}
}

// dayEnv says which day a driver has: it "adopts", or it "starves".
const dayEnv = driverEnv + "_DAY"

// runDriver has a driver of its own measure spec, and returns its records.
func runDriver(t *testing.T, day, spec string, as *syscall.Credential, env ...string) []results.Launch {
	t.Helper()
	driver := exec.Command("/proc/self/exe")
	driver.Dir = "/"
	driver.Env = append(append(os.Environ(), dayEnv+"="+day, driverEnv+"="+spec), env...)
	driver.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	var said strings.Builder
	driver.Stderr = &said
	out, err := driver.Output()
	if err != nil || said.Len() > 0 {
		t.Errorf("the driver ended with %v, and said %q", err, said.String())
	}
	var launches []results.Launch
	if err := json.Unmarshal(out, &launches); err != nil {
		t.Errorf("%v: %q", err, out)
	}
	return launches
}

// haveADay is that driver.
func haveADay(day, spec string) {
	if day == "adopts" {
		peer.Adopt()
	}
	p := planOf("/", spec)
	p.Launches = 4
	cells, err := p.Cells(context.Background())
	var launches []results.Launch
	if err == nil {
		launches, err = p.Run(context.Background(), cells, func(results.Launch) error {
			if day != "starves" {
				return nil
			}
			err := unix.Setrlimit(unix.RLIMIT_NPROC, &unix.Rlimit{Cur: 1, Max: 1})
			peer.ReserveThreads(8) // as many as a busy driver may need at once
			return err
		})
	}
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(launches)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(0)
}

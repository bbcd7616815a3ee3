package lab

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestWhatAChildIsStartedWith is what the program has.
func TestWhatAChildIsStartedWith(t *testing.T) {
	c := Child{Policy: "batch", Nice: 5}
	if err := c.Missing(); err != nil {
		t.Fatal(err)
	}
	cmd := c.Command(t.Context(), "/bin/cat", "/proc/self/stat")
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := Run(cmd); err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(out.String()) // proc_pid_stat(5), counted from 1
	if nice, policy := fields[19-1], fields[41-1]; nice != "5" || policy != strconv.Itoa(unix.SCHED_BATCH) {
		t.Errorf("nice value %s, policy %s", nice, policy)
	}
	if err := Run(c.Command(t.Context(), "/bin/false")); err == nil || err.Error() != "exit status 1" {
		t.Errorf("the program's own end is %v", err)
	}
}

func TestWhatNoChildCanBeStartedWith(t *testing.T) {
	for want, c := range map[string]Child{
		"choose among other, batch, idle, fifo, rr":      {Policy: "fast"},
		"a priority of 0: give one from 1 to 99":         {Policy: "fifo"},
		"a priority of 1: give one from 0 to 0":          {Policy: "batch", Priority: 1},
		"give the policy too":                            {Priority: 1},
		"give one from -20 to 19":                        {Nice: 20},
		"choose among indirect-branch, l1d-flush, store": {Speculation: map[string]string{"all": "disable"}},
		"choose among disable, enable, force-disable":    {Speculation: map[string]string{"store-bypass": "off"}},
	} {
		if err := c.Missing(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, and not %s", c, err, want)
		}
	}
}

// TestSpeculation is inherited, or the machine's own reason is told.
func TestSpeculation(t *testing.T) {
	c := Child{Speculation: map[string]string{"store-bypass": "disable"}}
	if err := c.Missing(); err != nil {
		if !strings.Contains(err.Error(), "/sys/devices/system/cpu/vulnerabilities") {
			t.Error(err)
		}
		t.Skip(err)
	}
	var out strings.Builder
	cmd := c.Command(t.Context(), "/bin/cat", "/proc/self/status")
	cmd.Stdout = &out
	if err := Run(cmd); err != nil || !strings.Contains(out.String(), "thread mitigated") {
		t.Errorf("%v: %s", err, &out)
	}
}

func init() {
	// They are parents of a process in a group, and one that only waits.
	roles["wait"] = func(string) error {
		fmt.Println("begun")
		time.Sleep(time.Hour)
		return nil
	}
	roles["group"] = func(dir string) error {
		j, err := OpenJournal(dir)
		if err != nil {
			return err
		}
		groups, err := j.Group(someLimits)
		if err != nil {
			return err
		}
		os.Setenv(roleEnv, "wait")
		cmd := Child{Groups: groups}.Command(context.Background(), "/proc/self/exe")
		cmd.Stdout = os.Stdout
		return Run(cmd)
	}
}

var someLimits = Cgroup{CPU: 0.5, Memory: 256 << 20}

// TestAGroupIsMadeAndRemoved, with a process in it.
func TestAGroupIsMadeAndRemoved(t *testing.T) {
	needsRoot(t)
	if err := someLimits.Missing(); err != nil {
		t.Skip(err)
	}
	j, err := OpenJournal(filepath.Join(t.TempDir(), "journal"))
	if err != nil {
		t.Fatal(err)
	}
	groups, err := j.Group(someLimits)
	if err != nil {
		j.Close()
		t.Fatal(err)
	}
	cmd := started(t, Child{Groups: groups}.Command(t.Context(), "/proc/self/exe"), "wait", "")
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", cmd.Process.Pid))
	if err != nil || strings.Count(string(text), fmt.Sprintf("/%s%d\n", groupPrefix, os.Getpid())) != len(groups) {
		t.Errorf("it is in %s, %v", text, err)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
	gone(t, groups)
}

// TestAGroupOfAKilledExperiment is removed by another process, and what is in it with
// it.
func TestAGroupOfAKilledExperiment(t *testing.T) {
	needsRoot(t)
	if err := someLimits.Missing(); err != nil {
		t.Skip(err)
	}
	dir := filepath.Join(t.TempDir(), "journal")
	cmd := started(t, Private(t.Context()), "group", dir)
	_, left, err := readJournal(filepath.Join(dir, journalName))
	if err != nil || len(left) == 0 {
		t.Fatalf("left: %v, %v", left, err)
	}
	kill(t, cmd.Process)
	eventually(t, "it is put back", func() bool { _, err := PutBack(dir); return err == nil })
	for _, e := range left {
		gone(t, []string{e.Group})
	}
}

func gone(t *testing.T, groups []string) {
	t.Helper()
	for _, dir := range groups {
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s is left", dir)
		}
	}
}

func TestLimitsThatMeanNothing(t *testing.T) {
	for want, c := range map[string]Cgroup{
		"below 0":                 {CPU: -1},
		"no less than 0.01":       {CPU: 0.001},
		"give a multiple of 4096": {Memory: 5000},
	} {
		if err := c.Missing(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, and not %s", c, err, want)
		}
	}
	if steps := (Cgroup{}).Steps(); steps != nil {
		t.Errorf("no limits: %q", steps)
	}
}

package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ipcbench/internal/seccomp"
)

// commandEnv makes this binary the command, under the filters of a launcher.
const commandEnv = "TEST_IPCBENCH_COMMAND"

// outcome is what a command printed, and how it ended.
type outcome struct {
	status         int
	stdout, stderr string
}

// in runs the command under filters.
func in(t *testing.T, filters []seccomp.Filter, args ...string) outcome {
	t.Helper()
	return runs(t, seccomp.Command(filters, "/proc/self/exe", args...))
}

// runs has a command line become the command, and wants no trace of a crash.
func runs(t *testing.T, c *exec.Cmd) outcome {
	t.Helper()
	c.Dir = t.TempDir()
	c.Env = append(c.Environ(), commandEnv+"=1")
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	o := outcome{status: exitCode(c.Run()), stdout: stdout.String(), stderr: stderr.String()}
	for _, trace := range []string{"goroutine ", "nil pointer", "panic"} {
		if strings.Contains(o.stdout+o.stderr, trace) {
			t.Errorf("%v: a trace: %s%s", c.Args, o.stdout, o.stderr)
		}
	}
	return o
}

func refused(errno unix.Errno, calls ...uintptr) []seccomp.Filter {
	return []seccomp.Filter{{Calls: calls, Errno: errno}}
}

// short are the flags of a run that takes as little as it can.
var short = []string{"run", "-q", "-n", "2", "--time", "2ms", "-w", "latency", "-s", "64"}

// TestASandboxThatKills ends the process that tries, and neither list nor a run. The
// system call is told where a process can be traced.
func TestASandboxThatKills(t *testing.T) {
	kills := refused(0, unix.SYS_IO_URING_SETUP)
	listed := in(t, kills, "list", "--json")
	if listed.status != statusDone || !strings.Contains(listed.stdout, "killed by SIGSYS: a sandbox (seccomp) forbids io_uring_setup") {
		t.Errorf("list ends with %d: %s%s", listed.status, listed.stdout, listed.stderr)
	}
	for _, tracing := range [][]seccomp.Filter{refused(0, unix.SYS_PTRACE), refused(unix.EPERM, unix.SYS_PTRACE)} {
		listed := in(t, append(tracing, kills...), "list", "--json")
		if listed.status != statusDone || !strings.Contains(listed.stdout, "killed by SIGSYS: a sandbox (seccomp) forbids a system call that it made") {
			t.Errorf("where nothing can be traced, list ends with %d: %s%s", listed.status, listed.stdout, listed.stderr)
		}
	}
	if run := in(t, kills, append(short, "-p", "free", "pipe", "uring")...); run.status != statusDone ||
		!strings.Contains(strings.Join(strings.Fields(run.stdout), " "), "skipped: the process that tried it was killed by SIGSYS") {
		t.Errorf("run ends with %d: %s%s", run.status, run.stdout, run.stderr)
	}
}

// TestWhatASandboxRefusesAnEnd is no launch that fails, but a cell that cannot run:
// a call that is made only once a message is under way.
func TestWhatASandboxRefusesAnEnd(t *testing.T) {
	vetoes := refused(unix.EPERM, unix.SYS_PROCESS_VM_READV)
	if run := in(t, vetoes, append(short, "-p", "free", "pipe", "cma")...); run.status != statusDone ||
		!strings.Contains(run.stdout, "skipped: ") || strings.Contains(run.stdout, "failed") {
		t.Errorf("run ends with %d: %s%s", run.status, run.stdout, run.stderr)
	}
}

// TestWhatASandboxRefusesTheHarness is either done without or said, in one line.
func TestWhatASandboxRefusesTheHarness(t *testing.T) {
	for name, c := range map[string]struct {
		filters   []seccomp.Filter
		placement string
		status    int
		says      string
	}{
		"no affinity":             {refused(unix.EPERM, unix.SYS_SCHED_SETAFFINITY), "same-cpu", statusUsage, "choose --placement free"},
		"no affinity, and free":   {refused(unix.EPERM, unix.SYS_SCHED_SETAFFINITY), "same-cpu,free", statusDone, "skipped: sched_setaffinity"},
		"no waitid":               {refused(unix.EPERM, unix.SYS_WAITID), "free", statusDone, ""},
		"no getrusage":            {refused(unix.EPERM, unix.SYS_GETRUSAGE), "free", statusDone, ""},
		"no prctl":                {refused(unix.ENOSYS, unix.SYS_PRCTL), "free", statusUsage, "function not implemented"},
		"no process groups":       {refused(unix.ENOSYS, unix.SYS_SETPGID), "free", statusUsage, "function not implemented"},
		"no pairs of sockets":     {refused(unix.ENOSYS, unix.SYS_SOCKETPAIR), "free", statusUsage, "control socket: function not implemented"},
		"no table of its own":     {refused(unix.EPERM, unix.SYS_UNSHARE, unix.SYS_CLOSE_RANGE), "free", statusDone, ""},
		"nothing about processes": {refused(unix.EPERM, unix.SYS_WAITID, unix.SYS_PIDFD_OPEN, unix.SYS_PIDFD_SEND_SIGNAL), "free", statusDone, ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := in(t, c.filters, append(short, "-p", c.placement, "pipe")...)
			if o.status != c.status || !strings.Contains(o.stdout+o.stderr, c.says) {
				t.Errorf("exit status %d instead of %d, without %q: %s%s", o.status, c.status, c.says, o.stdout, o.stderr)
			}
		})
	}
}

// TestTooFewOpenFiles is one line at every limit, however few: the Go runtime itself
// would end with a trace.
func TestTooFewOpenFiles(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for limit := 4; limit < 24; limit += 1 + limit/8 {
		args := append([]string{"-c", fmt.Sprintf(`ulimit -n %d; exec "$0" "$@"`, limit), self}, short...)
		o := runs(t, exec.Command("/bin/sh", append(args, "-p", "free", "pipe")...))
		said := strings.Contains(o.stderr, "raise the limit of open files (ulimit -n)")
		if o.status != statusDone && !said || o.status == statusDone && !strings.Contains(o.stdout, "pipe") {
			t.Errorf("of %d open files, exit status %d: %s%s", limit, o.status, o.stdout, o.stderr)
		}
	}
}

// dropping is a network of its own whose loopback addresses lead nowhere: what is
// sent there is dropped, as by a firewall, and nobody says so. It then becomes the
// command that it is given.
const dropping = `{ ip link set lo up && ip link add out type veth peer name nowhere && ip link set out up && ip link set nowhere up &&
	ip addr add 10.9.9.1/24 dev out && echo 1 > /proc/sys/net/ipv4/ip_nonlocal_bind && echo 1 > /proc/sys/net/ipv4/conf/out/route_localnet &&
	echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet && ip route del local 127.0.0.0/8 dev lo table local && ip route del local 127.0.0.1 dev lo table local &&
	ip route add 127.0.0.0/8 dev out && ip neigh add 127.0.0.1 lladdr 02:00:00:00:00:01 dev out; } >/dev/null 2>&1 || exit 125
exec "$@"`

// TestAFirewallThatDropsWhatThisMachineSendsItself: a connection that never comes
// about has its time, and then the others are measured.
func TestAFirewallThatDropsWhatThisMachineSendsItself(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("unshare"); err != nil {
		t.Skip(err)
	}
	args := append([]string{"-n", "sh", "-c", dropping, "sh", self}, short...)
	o := runs(t, exec.Command("unshare", append(args, "-p", "free", "--timeout", "1s", "tcp", "pipe")...))
	if o.status == 125 || o.status < 0 || strings.Contains(o.stderr, "unshare") {
		t.Skipf("no network of one's own to be had: root, unshare(1), ip(8) and veth are needed: %s", o.stderr)
	}
	if o.status != statusDone || !strings.Contains(o.stdout, "skipped: it was tried, and had not ended within 1s") {
		t.Errorf("exit status %d: %s%s", o.status, o.stdout, o.stderr)
	}
}

// TestAControlGroupWithoutMemory for one of the cells: its process dies of it, and
// neither the driver nor the other cell.
func TestAControlGroupWithoutMemory(t *testing.T) {
	group := memoryGroup(t, 128<<20)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o := runs(t, exec.Command("/bin/sh", "-c", `echo $$ > "$0/cgroup.procs" && exec "$@"`, group, self,
		"run", "-q", "--dry-run", "-w", "latency", "-s", "16MiB", "-p", "free", "pipe", "memfd:wait=futex"))
	// A kernel that goes on looking for memory may take longer than a trial does.
	killed := strings.Contains(o.stdout, "cannot run: the process that tried it was killed by SIGKILL: the kernel, or this control group, was out of memory")
	if o.status != statusDone || !killed && !strings.Contains(o.stdout, "cannot run: it was tried, and had not ended") {
		t.Errorf("exit status %d: %s%s", o.status, o.stdout, o.stderr)
	}
}

// memoryGroup makes a control group of so many bytes.
func memoryGroup(t *testing.T, bytes int) string {
	t.Helper()
	for root, limit := range map[string]string{"/sys/fs/cgroup": "memory.max", "/sys/fs/cgroup/memory": "memory.limit_in_bytes"} {
		group := filepath.Join(root, fmt.Sprintf("ipcbench-test-%d", os.Getpid()))
		if os.Mkdir(group, 0o755) != nil {
			continue
		}
		t.Cleanup(func() { os.Remove(group) })
		if file, err := os.OpenFile(filepath.Join(group, limit), os.O_WRONLY, 0); err == nil {
			_, err = file.WriteString(strconv.Itoa(bytes))
			if errors.Join(err, file.Close()) == nil {
				return group
			}
		}
	}
	t.Skip("no control group of memory can be made: root and the controller are needed")
	return ""
}

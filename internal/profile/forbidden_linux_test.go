package profile

import (
	"encoding/json"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ipcbench/internal/host"
	"ipcbench/internal/seccomp"
)

// spinEnv has a process sample a thread of its own that spins, and tell what it saw.
const spinEnv = "IPCBENCH_TEST_SPIN"

func TestMain(m *testing.M) {
	seccomp.Launch()
	if _, told := os.LookupEnv(spinEnv); told {
		json.NewEncoder(os.Stdout).Encode(sampleOneself())
		return
	}
	os.Exit(m.Run())
}

// told is what such a process tells.
type told struct {
	Error, Event, NoKernel, Unnamed string

	Spinning float64 // the share of samples that are in spin
}

func sampleOneself() (t told) {
	thread, over := make(chan int), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		thread <- unix.Gettid()
		spin(300 * time.Millisecond)
		close(over)
	}()
	cpus, _ := host.Affinity()
	from := monotonic()
	s, err := Start(OnCPU, []Target{{PID: os.Getpid(), Threads: []int{<-thread}, CPUs: cpus}})
	if err != nil {
		return told{Error: err.Error()}
	}
	<-over
	s.Stop()
	t = told{Event: s.Event, NoKernel: s.NoKernel}
	p := New()
	if err := p.Unnamed(); err != nil {
		t.Unnamed = err.Error()
	}
	seen := s.Take(0, Window{From: from, To: monotonic()})
	for _, one := range seen.spent {
		for _, address := range one.stack.user {
			if strings.HasSuffix(p.frames(place{seen.process, address})[0].function, ".spin") {
				t.Spinning += float64(one.times) / float64(seen.Samples)
				break
			}
		}
	}
	return t
}

func monotonic() int64 {
	var at unix.Timespec
	unix.ClockGettime(unix.CLOCK_MONOTONIC, &at)
	return at.Nano()
}

var turns int

//go:noinline
func spin(long time.Duration) {
	for from := time.Now(); time.Since(from) < long; {
		for range 100_000 {
			turns++
		}
	}
}

func run(t *testing.T, c *exec.Cmd) (saw told) {
	t.Helper()
	c.Env = append(c.Environ(), spinEnv+"=1")
	c.Stderr = os.Stderr
	text, err := c.Output()
	if err == nil {
		err = json.Unmarshal(text, &saw)
	}
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	t.Logf("%+v", saw)
	return saw
}

func sysctl(t *testing.T, name string) int {
	t.Helper()
	text, err := os.ReadFile("/proc/sys/kernel/" + name)
	if err != nil {
		t.Skip(err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestSomebodyWithoutPrivilege has a process of nobody's sample itself, as far as this
// machine is set to allow it: what is not seen has its reason, with a remedy.
func TestSomebodyWithoutPrivilege(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can start a process of another user's")
	}
	paranoid, restricted := sysctl(t, "perf_event_paranoid"), sysctl(t, "kptr_restrict")
	c := exec.Command("/proc/self/exe")
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534, NoSetGroups: false}}
	saw := run(t, c)
	if saw.Error != "" { // as Debian's kernel has it from 3 on, and a container always
		if !strings.Contains(saw.Error, "perf_event_paranoid=1") && !strings.Contains(saw.Error, "no such counter") {
			t.Errorf("it is not said what to do: %s", saw.Error)
		}
		return
	}
	if saw.Spinning < 0.5 {
		t.Errorf("%.0f %% of the samples are where it was all the time", 100*saw.Spinning)
	}
	if userAlone := strings.HasSuffix(saw.Event, ":u"); userAlone != (paranoid > 1) || userAlone != strings.Contains(saw.NoKernel, "perf_event_paranoid=1") {
		t.Errorf("with perf_event_paranoid=%d it is %s, and %q", paranoid, saw.Event, saw.NoKernel)
	}
	if hidden := paranoid > 1 || restricted > 0; hidden != strings.Contains(saw.Unnamed, "kptr_restrict=0") {
		t.Errorf("with perf_event_paranoid=%d and kptr_restrict=%d: %q", paranoid, restricted, saw.Unnamed)
	}
}

// TestASandboxWithoutPerfEvents is what containers are by default.
func TestASandboxWithoutPerfEvents(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	refused := seccomp.Filter{Calls: []uintptr{unix.SYS_PERF_EVENT_OPEN}, Errno: unix.EPERM}
	saw := run(t, seccomp.Command([]seccomp.Filter{refused}, exe))
	remedy := "perf_event_paranoid=1"
	if os.Geteuid() == 0 {
		remedy = "a seccomp profile with perf_event_open"
	}
	if !strings.Contains(saw.Error, remedy) {
		t.Errorf("%+v", saw)
	}
}

package vm

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"ipcbench/internal/facts"
)

// What is booted is named by these variables: a kernel image or a Debian package of one,
// by architecture. With the last one set, what takes minutes is tested too.
var kernelEnv = map[string]string{"amd64": "VM_TEST_KERNEL", "arm64": "VM_TEST_KERNEL_ARM64", "s390x": "VM_TEST_KERNEL_S390X"}

const longEnv = "VM_TEST_LONG"

// driverEnv makes this binary a process that boots a kernel, and is killed.
const driverEnv = "VM_TEST_DRIVER"

func TestMain(m *testing.M) {
	if kernel := os.Getenv(driverEnv); kernel != "" {
		os.Stdout.WriteString("begun\n")
		err := Boot(context.Background(), Machine{Kernel: kernel}, []string{"pipe"}, os.TempDir())
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// machine is one that boots the kernel of that architecture, with this program built
// for it.
func machine(t *testing.T, arch string) Machine {
	t.Helper()
	m := Machine{Kernel: kernelOf(t, arch), Arch: arch, Limit: 20 * time.Minute}
	m.Binary = built(t, arch, "build", "ipcbench/cmd/ipcbench")
	if err := m.Missing(); err != nil {
		t.Fatal(err)
	}
	return m
}

// built is a static binary of a package, or with "test", "-c" of its tests.
func built(t *testing.T, arch string, words ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "binary")
	last := len(words) - 1
	build := exec.Command("go", append(words[:last:last], "-trimpath", "-ldflags=-s -w", "-o", file, words[last])...)
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOARCH="+arch)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return file
}

func kernelOf(t *testing.T, arch string) string {
	t.Helper()
	return kernelNamed(t, arch, kernelEnv[arch])
}

func kernelNamed(t *testing.T, arch, env string) string {
	t.Helper()
	a := architectures[arch]
	if _, err := installed(a.program, a.pkg); err != nil {
		t.Skip(err)
	}
	if kernel := os.Getenv(env); kernel != "" {
		return kernel
	}
	images, _ := filepath.Glob("/boot/vmlinuz-*")
	for _, image := range images {
		if file, err := os.Open(image); err == nil && arch == runtime.GOARCH {
			file.Close()
			return image
		}
	}
	t.Skipf("no kernel of %s: %s names an image or a Debian package of one (.ci/kernel %s)", arch, env, arch)
	return ""
}

// ran boots the machine, and returns the records of the run that was made there.
func ran(t *testing.T, m Machine, words string) (run, launches string) {
	t.Helper()
	out := t.TempDir()
	if err := Boot(t.Context(), m, strings.Fields(words+" --name one"), out); err != nil {
		t.Fatal(err)
	}
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(out, "one", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	return read("run.json"), read("launches.jsonl")
}

func TestAMachineLeavesARun(t *testing.T) {
	m := machine(t, runtime.GOARCH)
	m.Cmdline = "mitigations=off"
	run, launches := ran(t, m, "pipe tcp -w latency -s 8 -n 1 --time 5ms -p same-cpu")
	if got := strings.Count(launches, `"status":"ok"`); got != 2 {
		t.Errorf("%d launches went well: %s", got, launches)
	}
	if !strings.Contains(run, "mitigations=off") {
		t.Errorf("the kernel's command line is not among the facts: %s", run)
	}
	emulated := strings.Contains(run, facts.EmulatedWord)
	if said := strings.Contains(strings.ReplaceAll(run, `": "`, `":"`), `"emulated":"QEMU TCG"`); said != emulated {
		t.Errorf("emulated is %v and said %v: %s", emulated, said, run)
	}
}

// QEMU exits with 0 after a panic as after any end.
func TestAPanicIsAnError(t *testing.T) {
	m := Machine{Kernel: kernelOf(t, runtime.GOARCH), Cmdline: "rdinit=/nothing"}
	err := Boot(t.Context(), m, []string{"pipe"}, t.TempDir())
	var failed *Failed
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "its kernel panicked") || !strings.Contains(err.Error(), "last lines: ") {
		t.Errorf("%v", err)
	}
}

func TestAHangIsCutShort(t *testing.T) {
	m := Machine{Kernel: kernelOf(t, runtime.GOARCH), Limit: 300 * time.Millisecond}
	err := Boot(t.Context(), m, []string{"pipe"}, t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "it hung: it was not off after 300ms") {
		t.Errorf("%v", err)
	}
}

// TestNoMachineOutlivesItsDriver kills a process with SIGKILL while its machine runs.
func TestNoMachineOutlivesItsDriver(t *testing.T) {
	driver := exec.Command("/proc/self/exe")
	driver.Env = append(os.Environ(), driverEnv+"="+kernelOf(t, runtime.GOARCH))
	out, err := driver.StdoutPipe()
	if err == nil {
		err = driver.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer driver.Wait()
	defer driver.Process.Kill()
	bufio.NewReader(out).ReadString('\n')
	program := architectures[runtime.GOARCH].program
	qemu := within(t, func() string { return childOf(driver.Process.Pid, program) })
	driver.Process.Kill()
	within(t, func() string {
		state, err := os.ReadFile("/proc/" + qemu + "/stat")
		if err != nil || strings.Contains(string(state), ") Z ") { // nobody may be there to wait for it
			return "gone"
		}
		return ""
	})
}

// within waits until something is there, and returns it.
func within(t *testing.T, find func() string) string {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if found := find(); found != "" {
			return found
		}
	}
	t.Fatal("not within a minute")
	return ""
}

// childOf is the process number of a child that executes a program of that name.
func childOf(parent int, program string) string {
	lists, _ := filepath.Glob(filepath.Join("/proc", strconv.Itoa(parent), "task/*/children"))
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for _, child := range strings.Fields(string(text)) {
			if exe, err := os.Readlink("/proc/" + child + "/exe"); err == nil && filepath.Base(exe) == program {
				return child
			}
		}
	}
	return ""
}

// needsTime skips a test that takes minutes.
func needsTime(t *testing.T) {
	t.Helper()
	if os.Getenv(longEnv) == "" {
		t.Skipf("takes minutes: make machines")
	}
}

// Every placement is found, pinned and verified on a machine that has them all.
func TestAMachineWithEveryPlacement(t *testing.T) {
	needsTime(t)
	m := machine(t, "amd64")
	m.Topology = "3 sockets, 2 cores, 2 threads, 2 nodes"
	_, launches := ran(t, m, "pipe -w latency -s 8 -n 1 --time 50ms -p same-cpu,smt,same-llc,cross-llc,cross-node")
	for _, cpus := range []string{
		`"placement":"same-cpu","producer_cpu":0,"consumer_cpu":0`, `"placement":"smt","producer_cpu":0,"consumer_cpu":1`,
		`"placement":"same-llc","producer_cpu":0,"consumer_cpu":2`, `"placement":"cross-llc","producer_cpu":0,"consumer_cpu":4`,
		`"placement":"cross-node","producer_cpu":0,"consumer_cpu":6`,
	} {
		if !strings.Contains(launches, cpus) {
			t.Errorf("no launch has %s: %s", cpus, launches)
		}
	}
	if got := strings.Count(launches, `"status":"ok"`); got != 5 {
		t.Errorf("%d launches went well: %s", got, launches)
	}
}

// Every transport works on the other architecture.
func TestTheOtherArchitecture(t *testing.T) {
	needsTime(t)
	_, launches := ran(t, machine(t, "arm64"), "all -w latency -s 8 -n 1 --time 5ms --warmup 5ms")
	if strings.Contains(launches, `"status":"failed"`) || !strings.Contains(launches, `"status":"ok"`) {
		t.Errorf("launches went wrong: %s", launches)
	}
}

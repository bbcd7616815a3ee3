package lab

import (
	"bufio"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ipcbench/internal/vm"
)

// roleEnv makes this binary a process that a test watches, or kills; roleDir is where
// it may work.
const (
	roleEnv = "LAB_TEST_ROLE"
	dirEnv  = "LAB_TEST_DIR"
)

// roles are what such a process does. It says a line once it has begun.
var roles = map[string]func(dir string) error{}

func TestMain(m *testing.M) {
	vm.Init()
	Launch()
	if len(os.Args) > 1 && os.Args[1] == "run" {
		os.Exit(inMachine(m))
	}
	role, told := os.LookupEnv(roleEnv)
	if !told {
		os.Exit(m.Run())
	}
	if err := roles[role](os.Getenv(dirEnv)); err != nil {
		os.Stderr.WriteString(role + ": " + err.Error() + "\n")
		os.Exit(1)
	}
	os.Exit(0)
}

// needsRoot skips a test that changes the machine.
func needsRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
}

// inPrivate runs the test that calls it once more in a mount namespace of its own, and
// says whether this is that process.
func inPrivate(t *testing.T) bool {
	t.Helper()
	if IsPrivate() {
		return true
	}
	needsRoot(t)
	cmd := Private(t.Context(), "-test.v", "-test.run=^"+t.Name()+"$")
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	switch err := Run(cmd); {
	case errors.Is(err, unix.EPERM):
		t.Skip(err)
	case err != nil:
		t.Errorf("in a namespace of its own: %v\n%s", err, &out)
	default:
		t.Log(out.String())
	}
	return false
}

// started starts a role, and returns once it has begun. Its process is waited for when
// the test ends.
func started(t *testing.T, cmd *exec.Cmd, role, dir string) *exec.Cmd {
	t.Helper()
	cmd.Env = append(cmd.Environ(), roleEnv+"="+role, dirEnv+"="+dir)
	cmd.Stderr = os.Stderr
	said, theirs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer said.Close()
	cmd.Stdout = theirs
	ended, runs := make(chan error, 1), make(chan error, 1)
	go func() {
		runtime.LockOSThread() // as Run
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if runs <- err; err == nil {
			ended <- cmd.Wait()
		}
	}()
	if err := <-runs; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { <-ended })
	line := make(chan error, 1)
	go func() {
		_, err := bufio.NewReader(said).ReadString('\n')
		line <- err
	}()
	select {
	case err := <-line:
		if err != nil {
			t.Fatalf("%s: %v", role, err)
		}
	case err := <-ended:
		ended <- err
		t.Fatalf("%s ended: %v", role, err)
	}
	theirs.Close()
	t.Cleanup(func() { cmd.Process.Kill() }) // before it is waited for
	return cmd
}

// atAnyMoment is how long to wait until a process is killed: not for something to be
// done, but to catch it at whatever it does.
func atAnyMoment() { time.Sleep(time.Duration(rand.IntN(120_000)) * time.Microsecond) }

// eventually waits for the kernel to be done with something.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

// attached are the files behind loop devices that are images of an experiment.
func attached(dir string) []string {
	devices, _ := filepath.Glob("/sys/block/loop*/loop/backing_file")
	var files []string
	for _, device := range devices {
		text, _ := os.ReadFile(device)
		if file := string(text); strings.Contains(file, "ipcbench-image") || strings.Contains(file, dir+"/") {
			files = append(files, device+" "+strings.TrimSpace(file))
		}
	}
	return files
}

// mountsIn are the mounts in a directory that this process sees.
func mountsIn(t *testing.T, dir string) []string {
	t.Helper()
	table, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	return slices.Collect(func(yield func(string) bool) {
		for line := range strings.Lines(string(table)) {
			if strings.Contains(line, " "+dir) && !yield(strings.TrimSpace(line)) {
				return
			}
		}
	})
}

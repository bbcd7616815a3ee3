package unbroken_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"ipcbench/internal/seccomp"
	"ipcbench/transports/internal/unbroken"
)

const underEnv = "IPCBENCH_TEST_UNBROKEN"

func TestMain(m *testing.M) {
	if os.Getenv(underEnv) != "" {
		flags := 0
		if runtime.GOARCH == "s390x" { // there the stack comes first
			flags = 1
		}
		f := seccomp.Filter{Calls: []uintptr{unix.SYS_CLONE}, Where: []seccomp.Argument{{Index: flags, Mask: unix.CLONE_THREAD}}, Errno: unix.EAGAIN}
		if err := f.Install(); err != nil {
			os.Exit(3)
		}
	}
	os.Exit(m.Run())
}

// made is a row that makes a file, opens it again and removes its name.
func made(t *testing.T, name string) []unbroken.Call {
	t.Helper()
	path, err := unix.BytePtrFromString(name)
	if err != nil {
		t.Fatal(err)
	}
	here := unix.AT_FDCWD
	at, p := uintptr(here), uintptr(unsafe.Pointer(path))
	return []unbroken.Call{
		{Trap: unix.SYS_OPENAT, Args: [6]uintptr{at, p, unix.O_CREAT | unix.O_EXCL | unix.O_RDWR | unix.O_CLOEXEC, 0o600}, Keep: unsafe.Pointer(path)},
		{Trap: unix.SYS_OPENAT, Args: [6]uintptr{at, p, unix.O_RDONLY | unix.O_CLOEXEC}},
		{Trap: unix.SYS_FTRUNCATE, Args: [6]uintptr{0, 12345}, OfMade: 1},
		{Trap: unix.SYS_UNLINKAT, Args: [6]uintptr{at, p, 0}},
	}
}

// TestARow: what is made is this process's, and its name is gone, whether another
// process could be had for it or not.
func TestARow(t *testing.T) {
	dir := t.TempDir()
	for range 100 {
		calls := made(t, filepath.Join(dir, "file"))
		unbroken.Do(calls)
		for i, c := range calls {
			if _, err := c.Result(); err != nil {
				t.Fatalf("call %d: %v", i, err)
			}
		}
		first, _ := calls[0].File("made")
		again, err := calls[1].File("again")
		if err != nil {
			t.Fatal(err)
		}
		if info, err := again.Stat(); err != nil || info.Size() != 12345 {
			t.Errorf("the file is not the one that was made: %v", err)
		}
		first.Close()
		again.Close()
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("it left %v", left)
	}
	if pid, err := unix.Wait4(-1, nil, unix.WNOHANG|unix.WALL, nil); err != unix.ECHILD {
		t.Errorf("a process was not waited for: %d, %v", pid, err)
	}
}

// TestWhatIsNotOursStays: where the first call fails, there is nothing to remove.
func TestWhatIsNotOursStays(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	calls := made(t, name)
	unbroken.Do(calls)
	if _, err := calls[0].Result(); err != unix.EEXIST {
		t.Errorf("made what there was: %v", err)
	}
	if _, err := calls[3].Result(); !errors.Is(err, unix.ECANCELED) {
		t.Errorf("the name of another was removed: %v", err)
	}
	if _, err := os.Stat(name); err != nil {
		t.Error(err)
	}
}

// TestWithoutAnotherProcess is all of it in a sandbox that allows threads only.
func TestWithoutAnotherProcess(t *testing.T) {
	if os.Getenv(underEnv) != "" {
		return
	}
	again := exec.Command("/proc/self/exe", "-test.v")
	again.Env = append(os.Environ(), underEnv+"=1")
	if out, err := again.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

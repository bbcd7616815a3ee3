package memory

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// inNamespace runs the test that calls it once more, as a process in namespaces
// of its own, and says whether this is that process. What it mounts and sets
// there is gone with it.
func inNamespace(t *testing.T, flags uintptr) bool {
	t.Helper()
	const env = "TRANSPORTS_NAMESPACE"
	if os.Getenv(env) != "" {
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
			t.Fatal(err)
		}
		return true
	}
	cmd := exec.Command("/proc/self/exe", "-test.v", "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), env+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags | unix.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) {
		t.Skip("namespaces need root")
	}
	if strings.Contains(string(out), "--- SKIP") {
		t.Skipf("%s", out)
	}
	if err != nil {
		t.Errorf("in namespaces of its own: %v\n%s", err, out)
	}
	return false
}

func mountAt(t *testing.T, dir, fstype, options string) {
	t.Helper()
	if err := unix.Mount(fstype, dir, fstype, 0, options); err != nil {
		t.Skipf("mount a %s: %v", fstype, err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

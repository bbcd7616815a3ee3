package seccomp_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"ipcbench/internal/seccomp"
)

const triesEnv = "IPCBENCH_TEST_TRIES"

func TestMain(m *testing.M) {
	seccomp.Launch()
	if os.Getenv(triesEnv) != "" {
		tries()
		return
	}
	os.Exit(m.Run())
}

// tries prints how some calls went.
func tries() {
	fd, err := unix.MemfdCreate("seccomp", 0)
	fmt.Println("memfd:", err)
	_, err = unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ, unix.MAP_ANON|unix.MAP_SHARED)
	fmt.Println("shared:", err)
	_, err = unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ, unix.MAP_ANON|unix.MAP_PRIVATE)
	fmt.Println("private:", err)
	unix.Close(fd)
}

func under(t *testing.T, filters ...seccomp.Filter) (string, error) {
	t.Helper()
	c := seccomp.Command(filters, "/proc/self/exe")
	c.Env = append(c.Env, triesEnv+"=1")
	out, err := c.Output()
	return string(out), err
}

// TestWhatIsRefused: the calls fail as the filters say, where their conditions
// hold, and all others succeed.
func TestWhatIsRefused(t *testing.T) {
	if runtime.GOARCH == "s390x" {
		t.Skip("mmap has its arguments in memory there, where no filter looks")
	}
	const shared = unix.MAP_SHARED
	for _, c := range []struct {
		filters []seccomp.Filter
		want    string
	}{
		{nil, "memfd: <nil>\nshared: <nil>\nprivate: <nil>\n"},
		{[]seccomp.Filter{{Calls: []uintptr{unix.SYS_IO_URING_SETUP, unix.SYS_MEMFD_CREATE}, Errno: unix.EPERM}},
			"memfd: operation not permitted\nshared: <nil>\nprivate: <nil>\n"},
		{[]seccomp.Filter{
			{Calls: []uintptr{unix.SYS_MMAP}, Where: []seccomp.Argument{{Index: 3, Mask: shared, Value: shared}}, Errno: unix.ENOMEM},
			{Calls: []uintptr{unix.SYS_MEMFD_CREATE}, Errno: unix.ENOSYS},
		}, "memfd: function not implemented\nshared: cannot allocate memory\nprivate: <nil>\n"},
	} {
		if got, err := under(t, c.filters...); err != nil || got != c.want {
			t.Errorf("under %v: %q, %v instead of %q", c.filters, got, err, c.want)
		}
	}
}

func TestWhoIsKilled(t *testing.T) {
	_, err := under(t, seccomp.Filter{Calls: []uintptr{unix.SYS_MEMFD_CREATE}})
	exit, _ := err.(*exec.ExitError)
	if exit == nil || exit.Sys().(syscall.WaitStatus).Signal() != unix.SIGSYS {
		t.Errorf("a process that was to die of SIGSYS: %v", err)
	}
}

package remedy_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"ipcbench/internal/seccomp"
	"ipcbench/transports/internal/remedy"
)

// placeEnv has this process say what it would advise, in the place where it is.
const placeEnv = "REMEDY_PLACE"

func TestMain(m *testing.M) {
	seccomp.Launch()
	if os.Getenv(placeEnv) != "" {
		fmt.Println(remedy.Privilege(unix.CAP_SYS_ADMIN, "SYS_ADMIN"))
		fmt.Println(remedy.OnMachine("modprobe it"))
		fmt.Println(remedy.Kernel(unix.EPERM))
		fmt.Println(remedy.Kernel(unix.ENOSYS))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestAdviceByPlace: what is to be done is told in real places: to another user, in
// namespaces as of a container, in a sandbox.
func TestAdviceByPlace(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("other users and namespaces need root")
	}
	nobody := &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	inside := &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID, Credential: nobody.Credential}
	filter := []seccomp.Filter{{Calls: []uintptr{unix.SYS_MEMFD_CREATE}, Errno: unix.EPERM}}
	for _, place := range []struct {
		name string
		attr *syscall.SysProcAttr
		in   []seccomp.Filter
		want []string // in each line, and after "!" what is not
	}{
		{"another user", nobody, nil, []string{"run as root", "!container", "security module", "!sandbox"}},
		{"a container", inside, nil, []string{"--cap-add SYS_ADMIN", "outside of this container: modprobe it", "security module", "!sandbox"}},
		{"a sandbox", nobody, filter, []string{"run as root", "!container", "sandbox", "a sandbox (seccomp) that allows it"}},
		{"root's sandbox", nil, filter, []string{"sandbox", "!container", "sandbox", "a sandbox (seccomp) that allows it"}},
	} {
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = os.Environ()
		if place.in != nil {
			cmd = seccomp.Command(place.in, "/proc/self/exe")
		}
		cmd.Env = append(cmd.Env, placeEnv+"=1")
		cmd.SysProcAttr = place.attr
		out, err := cmd.Output()
		lines := strings.Split(string(out), "\n")
		if err != nil || len(lines) <= len(place.want) {
			t.Errorf("%s: %v, %q", place.name, err, out)
			continue
		}
		for i, want := range place.want {
			word, not := strings.CutPrefix(want, "!")
			if strings.Contains(lines[i], word) == not {
				t.Errorf("%s is advised %q, want %q", place.name, lines[i], want)
			}
		}
	}
}

// TestAdviceByDirectory: a temporary directory that is not there is one that
// TMPDIR can change, and no space is not no directory.
func TestAdviceByDirectory(t *testing.T) {
	t.Setenv("TMPDIR", "/nowhere/at/all")
	_, missing := os.Open("/nowhere/at/all")
	for _, c := range []struct {
		err  error
		dir  string
		want string
	}{
		{missing, "/nowhere/at/all", "make it, or choose another --dir, or set TMPDIR"},
		{missing, "/nowhere", "make it, or choose another --dir"},
		{unix.ENOSPC, "/nowhere", "free some space or choose another --dir"},
		{unix.EACCES, "/nowhere/at/all/", "choose another --dir, or set TMPDIR"},
		{unix.EMFILE, "/nowhere", "ulimit -n"},
	} {
		if got := remedy.File(c.err, c.dir); !strings.Contains(got, c.want) || strings.Contains(got, "TMPDIR") != strings.Contains(c.want, "TMPDIR") {
			t.Errorf("%v in %s: %q, want %q", c.err, c.dir, got, c.want)
		}
	}
}

// TestALimitIsNoLack: what may be better in a moment is not unsupported.
func TestALimitIsNoLack(t *testing.T) {
	for err, lacks := range map[error]bool{unix.EMFILE: false, unix.ENOMEM: false, unix.EPERM: true, unix.ENOSYS: true, unix.EINVAL: true} {
		refused := remedy.Refused("try something", err, "use another kernel")
		if errors.Is(refused, errors.ErrUnsupported) != lacks || !strings.Contains(refused.Error(), err.Error()) {
			t.Errorf("%v: %v", err, refused)
		}
	}
}

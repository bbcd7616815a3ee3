package facts

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What the test binary does in the place of tests.
const (
	tellEnv   = "FACTS_TELL"   // prints the facts of its process
	filterEnv = "FACTS_FILTER" // puts a seccomp filter on itself and then is started anew
	groupEnv  = "FACTS_GROUP"  // joins that control group and then is started anew
)

func TestMain(m *testing.M) {
	again := func(without string) error {
		os.Unsetenv(without)
		return unix.Exec("/proc/self/exe", os.Args, os.Environ())
	}
	var err error
	switch {
	case os.Getenv(filterEnv) != "":
		if err = filter(); err == nil {
			err = again(filterEnv)
		}
	case os.Getenv(groupEnv) != "":
		if err = os.WriteFile(filepath.Join(os.Getenv(groupEnv), "cgroup.procs"), []byte("0"), 0); err == nil {
			err = again(groupEnv)
		}
	case os.Getenv(tellEnv) != "":
		err = json.NewEncoder(os.Stdout).Encode(Read())
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// filter puts a filter on this thread, which then executes a program, that allows
// every system call.
func filter() error {
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	allow := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW}}
	program := unix.SockFprog{Len: uint16(len(allow)), Filter: &allow[0]}
	return unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0)
}

// told returns the facts of a process that is started by the words, of which the
// last is this program, with this in its environment.
func told(t *testing.T, env string, words ...string) map[string]string {
	t.Helper()
	child := exec.Command("/proc/self/exe")
	if len(words) > 0 {
		path, err := exec.LookPath(words[0])
		if err != nil {
			t.Skip(err, ": install it")
		}
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		child = exec.Command(path, append(words[1:], self)...)
	}
	var wrong strings.Builder
	child.Env, child.Stderr = append(os.Environ(), tellEnv+"=1", env), &wrong
	out, err := child.Output()
	if err != nil {
		t.Skipf("%v: %v: %s", words, err, wrong.String())
	}
	var facts map[string]string
	if err := json.Unmarshal(out, &facts); err != nil {
		t.Fatal(err)
	}
	return facts
}

// differing names the facts of which two processes do not say the same; those of
// a moment left out.
func differing(a, b map[string]string) string {
	var names []string
	for _, fact := range All {
		if !fact.Volatile && a[fact.Name] != b[fact.Name] {
			names = append(names, fmt.Sprintf("%s %s → %s", fact.Name, a[fact.Name], b[fact.Name]))
		}
	}
	return strings.Join(names, "; ")
}

// A comparison once said that nothing was known to differ, of each of these.
func TestWhatAProcessIsStartedUnderIsAFact(t *testing.T) {
	plain := told(t, "")
	for _, c := range []struct {
		name, env string
		words     []string
		want      []string
	}{
		{"a seccomp filter", filterEnv + "=1", nil, []string{"seccomp " + plain["seccomp"] + " → ", "no-new-privs " + plain["no-new-privs"] + " → 1"}},
		{"real-time priority", "", []string{"chrt", "-f", "10"}, []string{"sched-policy " + plain["sched-policy"] + " → fifo", "sched-priority 0 → 10"}},
		{"batch", "", []string{"chrt", "-b", "0"}, []string{"sched-policy " + plain["sched-policy"] + " → batch"}},
		{"a nice value", "", []string{"nice", "-n", "3"}, []string{"nice " + plain["nice"] + " → "}},
		{"one CPU", "", []string{"taskset", "-c", strings.FieldsFunc(plain["cpus-allowed"], func(r rune) bool { return r == ',' || r == '-' })[0]}, nil},
		{"no address randomization", "", []string{"setarch", "-R"}, []string{"personality "}},
	} {
		t.Run(c.name, func(t *testing.T) {
			differs := differing(plain, told(t, c.env, c.words...))
			for _, want := range c.want {
				if !strings.Contains(differs, want) {
					t.Errorf("it differs in %q, want %q", differs, want)
				}
			}
		})
	}
}

func TestALimitOfTheControlGroupIsAFact(t *testing.T) {
	for _, c := range []struct {
		controller string
		limits     map[string]string // by file, of version 1 and 2
		want       map[string]string
	}{
		{"cpu", map[string]string{"cpu.max": "50000 100000", "cpu.weight": "20", "cpu.cfs_quota_us": "50000", "cpu.shares": "200"},
			map[string]string{"cgroup-cpu-max": "50000 100000", "cgroup-cpu-weight": "/20"}},
		{"memory", map[string]string{"memory.max": "1073741824", "memory.limit_in_bytes": "1073741824"},
			map[string]string{"cgroup-memory-max": "1073741824"}},
	} {
		t.Run(c.controller, func(t *testing.T) {
			var dir string
			for _, around := range groups("/", c.controller) {
				if made, err := os.MkdirTemp(around, "facts-test"); err == nil {
					dir = made
					break
				}
			}
			if dir == "" {
				t.Skip("no control group can be made: run as root where they are mounted writable")
			}
			defer os.Remove(dir)
			set := 0
			for name, value := range c.limits {
				path := filepath.Join(dir, name)
				if _, err := os.Stat(path); err == nil && os.WriteFile(path, []byte(value), 0) == nil {
					set++
				}
			}
			if set == 0 {
				t.Skip("this group does not control ", c.controller, ": delegate it by cgroup.subtree_control")
			}
			facts := told(t, groupEnv+"="+dir)
			for name, want := range c.want {
				if !strings.Contains(facts[name], want) {
					t.Errorf("%s is %q, want %q", name, facts[name], want)
				}
			}
		})
	}
}

package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// harmless is a knob that changes how often the kernel adds up its own statistics, in
// seconds.
const harmless = "/proc/sys/vm/stat_interval"

// other is a value for it that it has not now.
func other(t *testing.T) (k Knob, now string) {
	t.Helper()
	needsRoot(t)
	k = Knob{Path: harmless, Value: "7"}
	if err := k.Missing(); err != nil {
		t.Skip(err)
	}
	now, err := k.Read()
	if err != nil {
		t.Fatal(err)
	}
	if now == k.Value {
		k.Value = "8"
	}
	return k, now
}

func reads(t *testing.T, path, want string) {
	t.Helper()
	if got, err := (Knob{Path: path}).Read(); err != nil || got != want {
		t.Errorf("%s is %q, %v, and not %q", path, got, err, want)
	}
}

func TestNamesOfKnobs(t *testing.T) {
	for name, want := range map[string]string{
		"vm.stat_interval":             harmless,
		"net.ipv4.conf.eth0/1.forward": "/proc/sys/net/ipv4/conf/eth0.1/forward",
		"/sys/kernel/mm/ksm/run":       "/sys/kernel/mm/ksm/run",
		"/proc/sys/kernel/ostyp[e]":    "/proc/sys/kernel/ostype",
	} {
		if knobs, err := Knobs(name, "1"); err != nil || !slices.Equal(knobs, []Knob{{want, "1"}}) {
			t.Errorf("%s is %v, %v", name, knobs, err)
		}
	}
	for name, want := range map[string]string{
		"/etc/passwd":                 "name a sysctl",
		"/sys/../etc/passwd":          "name a sysctl",
		"////proc/sys/../../etc/fsta": "name a sysctl",
		"/sys/nothing/cpu*/here":      "this kernel or machine has none",
	} {
		if knobs, err := Knobs(name, "1"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is %v, %v", name, knobs, err)
		}
	}
	if knobs, err := Knobs("vm.stat_interval", " "); err == nil {
		t.Errorf("no value is %v", knobs)
	}
}

// TestAChoiceIsUnderstood of which the kernel writes all, and brackets around one.
func TestAChoiceIsUnderstood(t *testing.T) {
	needsRoot(t)
	k := Knob{Path: "/sys/kernel/mm/transparent_hugepage/shmem_enabled"}
	now, err := k.Read()
	if err != nil {
		t.Skip(err)
	}
	if now == "" || strings.ContainsAny(now, " []") {
		t.Errorf("it is %q", now)
	}
	k.Value = "sometimes"
	if err := k.Missing(); err == nil || !containsAll(err.Error(), []string{`cannot be "sometimes"`, "choose among", "within_size", now}) {
		t.Errorf("%s: %v", k.Value, err)
	}
	k.Value = now
	if err := k.Missing(); err != nil {
		t.Skip(err)
	}
	if err := k.Set(); err != nil {
		t.Error(err)
	}
}

// TestAKnobThatCannotBeSet says why, and what to do.
func TestAKnobThatCannotBeSet(t *testing.T) {
	if !inPrivate(t) {
		return
	}
	for path, want := range map[string]string{
		"/proc/sys/kernel/ostype":  "read-only in this kernel",
		"/proc/sys/kernel/nothing": "this kernel has no such knob",
		"/proc/sys/kernel":         "name a file in it",
	} {
		if err := (Knob{path, "1"}).Missing(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if err := unix.Mount("/proc/sys", "/proc/sys", "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("", "/proc/sys", "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	if err := (Knob{harmless, "1"}).Missing(); err == nil || !strings.Contains(err.Error(), "run outside of it") {
		t.Errorf("in a container: %v", err)
	}
}

// TestAValueThatReadsBackOtherwise is an error, as is one that is refused, and both
// are put back.
func TestAValueThatReadsBackOtherwise(t *testing.T) {
	k, now := other(t)
	j, err := OpenJournal(filepath.Join(t.TempDir(), "journal"))
	if err != nil {
		t.Fatal(err)
	}
	k.Value = "010" // to the kernel this is 8
	if err := j.Set(k); err == nil || !strings.Contains(err.Error(), `wrote "010", and it reads back as "8"`) {
		t.Errorf("%s: %v", k.Value, err)
	}
	k.Value = "often"
	if err := j.Set(k); err == nil || !strings.Contains(err.Error(), "give a value that it takes") {
		t.Errorf("%s: %v", k.Value, err)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
	reads(t, k.Path, now)
}

// TestTwinsArePutBack: setting one zeroes the other, and zero cannot be written.
func TestTwinsArePutBack(t *testing.T) {
	needsRoot(t)
	k := Knob{"/proc/sys/vm/dirty_background_bytes", "268435456"}
	if err := k.Missing(); err != nil {
		t.Skip(err)
	}
	ratio := Knob{Path: twins[k.Path]}
	was, err := k.Read()
	if err != nil {
		t.Fatal(err)
	}
	wasRatio, err := ratio.Read()
	if err != nil {
		t.Fatal(err)
	}
	j, err := OpenJournal(filepath.Join(t.TempDir(), "journal"))
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Set(k); err != nil {
		t.Error(err)
	}
	if err := j.Set(k, Knob{ratio.Path, "11"}); err == nil || !strings.Contains(err.Error(), `reads back as "0"`) {
		t.Errorf("both: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
	reads(t, k.Path, was)
	reads(t, ratio.Path, wasRatio)
}

func init() {
	// It says what it misses.
	roles["miss"] = func(dir string) error {
		_, err := OpenJournal(JournalDir)
		fmt.Println("begun")
		fmt.Println((Filesystem{Type: "tmpfs"}).Missing())
		fmt.Println(Knob{harmless, "7"}.Missing())
		fmt.Println(Cgroup{CPU: 0.5}.Missing())
		fmt.Println(Child{Nice: -1}.Missing())
		fmt.Println(Run(Private(context.Background())))
		fmt.Println(err)
		return nil
	}
}

// TestNotRoot is told to be root, whatever it wants.
func TestNotRoot(t *testing.T) {
	needsRoot(t)
	const nobody = 65534
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Env = append(os.Environ(), roleEnv+"=miss")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.Output()
	if errors.Is(err, unix.EACCES) {
		t.Skip("nobody may not execute this test")
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if err != nil || len(lines) != 7 {
		t.Fatalf("%v: %s", err, out)
	}
	for _, line := range lines[1:] {
		if !strings.Contains(line, "be root") {
			t.Error(line)
		}
	}
}

func TestAStepSaysWhatItWrites(t *testing.T) {
	now, err := (Knob{Path: harmless}).Read()
	if err != nil {
		t.Skip(err)
	}
	if said, want := (Knob{harmless, "7"}).String(), "write 7 to "+harmless+", now "+now; said != want {
		t.Errorf("%q, and not %q", said, want)
	}
	if said := (Knob{"/proc/sys/nothing", "7"}).String(); said != "write 7 to /proc/sys/nothing" {
		t.Error(said)
	}
	if _, err := os.Stat("/proc/sys/nothing"); err == nil {
		t.Error("a knob was made")
	}
}
